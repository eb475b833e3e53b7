"""What a storm has left against what a perfect crawl leaves: each difference is named."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from ecnews.storage import database, search
from tests.conftest import ROOT
from tests.replica import Article, Corpus

FIELDS = ["number", "url", "section", "title", "body", "source", "published_at"]
WORDS = 40
SHOWN = 5  # of differences of one kind
# What belongs together: rows that no whole article has.
HALVES = {
    "articles without a sighting of their URL": """SELECT url FROM articles a WHERE NOT EXISTS
        (SELECT 1 FROM sightings s WHERE s.article_id = a.id AND s.url = a.url)""",
    "sightings of nothing": "SELECT url FROM sightings WHERE article_id NOT IN"
    " (SELECT id FROM articles)",
    "removed blocks of nothing": "SELECT rule FROM removed_blocks WHERE article_id NOT IN"
    " (SELECT id FROM articles)",
    "articles without a fingerprint": "SELECT url FROM articles WHERE id NOT IN"
    " (SELECT article_id FROM fingerprints)",
    "fingerprints without bands": "SELECT article_id FROM fingerprints WHERE shingles > 0"
    " AND article_id NOT IN (SELECT article_id FROM bands)",
    "bands of nothing": "SELECT article_id FROM bands WHERE article_id NOT IN"
    " (SELECT article_id FROM fingerprints)",
    "articles of no story": "SELECT url FROM articles WHERE story_id IS NULL",
    "stored and quarantined": "SELECT url FROM quarantine WHERE url IN (SELECT url FROM articles)",
    "changed, though no page has": "SELECT article_id FROM revisions",
    "removed twice": "SELECT article_id, rule, text FROM removed_blocks"
    " GROUP BY article_id, kind, rule, text HAVING count(*) > 1",
    "runs without a verdict": "SELECT id FROM runs WHERE verdict IS NULL",
}


def differences(url: str, corpus: Corpus, calm: str, dice: random.Random) -> Iterator[str]:
    """Between the database and the corpus, and between it and `calm`, that of a crawl which
    nothing befell."""
    engine, other = database.connect(url), database.connect(calm)
    with database.reading(engine) as connection, database.reading(other) as undisturbed:
        yield from _articles(connection, corpus)
        for what, query in HALVES.items():
            yield from _named(what, (str(tuple(row)) for row in connection.execute(text(query))))
        yield from _searches(connection, corpus, dice)
        if engine.dialect.name == "sqlite":
            for check in ("integrity_check", "foreign_key_check"):
                found = map(str, connection.execute(text(f"PRAGMA {check}")).scalars())
                yield from _named(f"damaged: {check}", (line for line in found if line != "ok"))
        for what, state in (("removed blocks", _removed), ("stories", _stories)):
            left, wanted = state(connection), state(undisturbed)
            yield from _named(f"{what} that a calm crawl does not have", map(str, left - wanted))
            yield from _named(f"{what} that only a calm crawl has", map(str, wanted - left))
    engine.dispose()
    other.dispose()


def refused(url: str) -> Iterator[str]:
    """What `scrapy db check` has against the database."""
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "db", "check"],
        cwd=ROOT,
        env=os.environ | {"ECNEWS_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        yield f"scrapy db check: {done.stderr.strip()}"


def left_in_spools(folder: Path) -> Iterator[str]:
    files = (path for path in folder.rglob("*.spool*") if path.is_file())
    yield from _named("files that wait to be taken in", map(str, files))


def _articles(connection: Connection, corpus: Corpus) -> Iterator[str]:
    query = text(f"SELECT {', '.join(FIELDS)} FROM articles")
    rows = [dict(row._mapping) for row in connection.execute(query)]
    count = Counter(row["number"] for row in rows)
    wanted = {article.number: article for article in corpus}
    yield from _named("stored twice", (str(number) for number, n in count.items() if n > 1))
    yield from _named("lost", (article.url for n, article in wanted.items() if n not in count))
    yield from _named("never published", (str(n) for n in count if n not in wanted))
    for row in rows:
        if article := wanted.get(row["number"]):
            for name, was in _fields(article).items():
                if (found := _comparable(row[name])) != was:
                    yield f"{article.url}: {name} is {_start(found)}, not {_start(was)}"


def _fields(article: Article) -> dict[str, Any]:
    return {name: _comparable(getattr(article, name)) for name in FIELDS}


def _comparable(value: Any) -> Any:
    """A moment, as either driver gives it, in UTC."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?", value):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _searches(connection: Connection, corpus: Corpus, dice: random.Random) -> Iterator[str]:
    """The index against LIKE, for words from the articles' own texts."""
    runs = re.compile(r"[一-龥]{2,}")
    for _ in range(WORDS):
        article = corpus[dice.randrange(len(corpus))]
        run = dice.choice(runs.findall(article.body))
        start = dice.randrange(len(run) - 1)
        word = run[start : start + dice.randint(2, 4)]
        found = set(search.find(connection, search.parse(word), None))
        query = text("SELECT id FROM articles WHERE title LIKE :like OR body LIKE :like")
        held = set(connection.execute(query, {"like": f"%{word}%"}).scalars())
        if found != held:
            yield f"search {word}: {len(found - held)} too many, {len(held - found)} too few"


def _removed(connection: Connection) -> set[Any]:
    query = "SELECT a.number, r.kind, r.rule, r.text FROM removed_blocks r JOIN articles a"
    return set(map(tuple, connection.execute(text(f"{query} ON a.id = r.article_id"))))


def _stories(connection: Connection) -> set[Any]:
    """The numbers of the articles that tell one story."""
    told: dict[int, set[int]] = {}
    for number, story in connection.execute(text("SELECT number, story_id FROM articles")):
        told.setdefault(story, set()).add(number)
    return {tuple(sorted(numbers)) for numbers in told.values() if len(numbers) > 1}


def _named(what: str, found: Iterable[str]) -> Iterator[str]:
    """One line for differences of a kind, the first of them by name."""
    names = list(found)
    if names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"{what}: {len(names)}: {'; '.join(map(_start, names[:SHOWN]))}{more}"


def _start(value: Any) -> str:
    said = repr(value) if not isinstance(value, str) else value
    return said if len(said) < 100 else said[:100] + "…"
