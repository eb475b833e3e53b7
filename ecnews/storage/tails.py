"""What articles end in: the same words behind many of them are no part of any."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from ecnews.storage import database
from ecnews.storage.schema import articles

_CHUNK = 1000  # rows fetched at a time


@dataclass(frozen=True, slots=True)
class Tail:
    """A block that stands verbatim among the last ones of `count` articles; `urls` are of the
    newest few."""

    text: str
    count: int
    first_day: str | None
    last_day: str | None
    urls: tuple[str, ...]


def repeated(
    engine: Engine, last: int = 3, least: int = 5, examples: int = 3, shortest: int = 2
) -> list[Tail]:
    """The blocks among the `last` ones of a body that at least `least` articles share, the most
    frequent first. Raises DatabaseError."""
    urls: dict[str, list[str]] = defaultdict(list)
    days: dict[str, list[str]] = defaultdict(list)
    counts: Counter[str] = Counter()
    for url, body, day in _bodies(engine):
        for text in dict.fromkeys(body.split("\n\n")[1:][-last:]):
            if len(text) < shortest:
                continue
            counts[text] += 1
            if len(urls[text]) < examples:
                urls[text].append(url)
            if day:
                days[text] = [day, *days[text][-1:]]  # the oldest so far, and the newest
    return [
        Tail(
            text,
            count,
            first_day=min(days[text], default=None),
            last_day=max(days[text], default=None),
            urls=tuple(urls[text]),
        )
        for text, count in counts.most_common()
        if count >= least
    ]


def _bodies(engine: Engine) -> Iterator[tuple[str, str, str | None]]:
    """URL, body and day of every article, the newest first."""
    query = select(articles.c.url, articles.c.body, articles.c.published_at).order_by(
        articles.c.published_at.desc(), articles.c.id.desc()
    )
    try:
        with engine.connect() as connection:
            streaming = connection.execution_options(yield_per=_CHUNK)
            for url, body, moment in streaming.execute(query):
                yield url, body, moment and moment.date().isoformat()
    except SQLAlchemyError as error:
        raise database.explained(error, engine.url) from error
