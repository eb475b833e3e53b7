"""What finding copies costs where articles are stored, on both engines, and in a whole crawl."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import URL, create_engine, text

from ecnews.items import Article
from ecnews.storage import database, stories
from ecnews.storage.writer import Writer
from tests.bench import crawl
from tests.bench.measure import Figure, Row
from tests.conftest import postgres
from tests.replica import Corpus

ARTICLES = 2000
ROUNDS = 3


def rows() -> Iterator[Row]:
    corpus = Corpus(ARTICLES, seed=6)
    articles = [
        Article(
            url=article.url,
            number=article.number,
            title=article.title,
            body=article.body,
            section=article.section,
            published_at=article.published_at.isoformat(),
        )
        for article in corpus
    ]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        started = postgres.__wrapped__()  # type: ignore[attr-defined]
        server = database.parse_url(next(started))
        stack.callback(lambda: list(started))
        for engine in ("sqlite", "postgresql"):
            rates: dict[bool, list[float]] = {True: [], False: []}
            for turn in range(ROUNDS):
                for tells in rates:
                    name = f"bench_{turn}_{tells}".lower()
                    url = f"sqlite:///{folder}/{name}.db"
                    if engine == "postgresql":
                        url = _created(server, name)
                    rates[tells].append(_rate(url, articles, tells))
            yield Row(
                f"stored on {engine} with stories : without",
                Figure(tuple(rates[True])),
                Figure(tuple(rates[False])),
                "art./s",
                floor=0.25,
            )
    yield crawl.dedupe_row()


def _rate(url: str, articles: list[Article], tells: bool) -> float:
    """Articles stored per second by the clock."""
    engine = database.connect(url)
    writer = Writer(engine)
    with ExitStack() as stack:
        if not tells:
            stack.enter_context(mock.patch.object(stories, "tell", _nothing))
        begin = time.perf_counter()
        for article in articles:
            writer.add(article)
        writer.flush()
        taken = time.perf_counter() - begin
    engine.dispose()
    return len(articles) / taken


def _nothing(*_: Any) -> None:
    pass


def _created(server: URL, name: str) -> str:
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return server.set(database=name).render_as_string(hide_password=False)
