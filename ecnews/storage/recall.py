"""What a crawl asks of its memory: which articles it need not fetch, which it owes another try."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, select

from ecnews.storage.schema import articles, fetches, fingerprints, sightings
from ecnews.storage.statements import among, among_listed, listed

# How `fetches.detail` names the section of an article that was skipped for it.
SECTION = "section "
_GONE = timedelta(days=30)  # a number that had no page
_AGAIN = ("failed", "quarantined")  # owed another try: the site, or its copy, may have recovered
_PROMPT = 3  # such ends in a row after which the next try waits
_BACKOFF = timedelta(hours=1)  # doubled with each from then on
_LONGEST = 7  # doublings


def settled(
    connection: Connection,
    numbers: Collection[int],
    section: str | None,
    now: datetime,
    refresh: timedelta | None = None,
    ruled: datetime | None = None,
) -> set[int]:
    """Those of the numbers that need not be fetched: stored (with `refresh` only if fetched so
    recently), gone, of another section than the one wanted, or in vain too often. What was
    quarantined before `ruled`, by other rules than today's, is worth a try at once."""
    if not numbers:
        return set()
    dialect = connection.dialect.name
    values = {"numbers": listed(dialect, list(numbers))}
    stored, others = _among_numbers(dialect)
    if refresh is not None:
        recent = sightings.c.last_seen_at > now - refresh
        stored = stored.join(sightings, sightings.c.article_id == articles.c.id).where(recent)
    found = set(connection.execute(stored, values).scalars())
    for row in connection.execute(others, values):
        if row.outcome == "gone":
            holds = now - row.fetched_at < _GONE
        elif row.outcome in _AGAIN:
            holds = not _is_due(row, now, ruled)
        else:
            holds = section is not None and row.detail != SECTION + section
        if holds:
            found.add(row.number)
    return found


@cache  # making them takes longer than asking
def _among_numbers(dialect: str) -> tuple[Select[int], Select[Any]]:
    """Of some `numbers`, those stored, and what became of the others."""
    numbers: Any = bindparam("numbers")
    stored = _own().where(among_listed(dialect, articles.c.number, numbers))
    columns = [fetches.c[name] for name in ("number", "outcome", "detail", "fetched_at", "times")]
    among_them = among_listed(dialect, fetches.c.number, numbers)
    return stored, select(*columns).where(among_them, fetches.c.outcome != "stored")


def owed(
    connection: Connection, now: datetime, most: int, ruled: datetime | None = None
) -> list[int]:
    """Numbers fetched in vain and due for another try, newest first; `ruled` as in `settled`."""
    has = _own().where(articles.c.number == fetches.c.number).correlate(fetches).exists()
    query = (
        select(fetches.c.number, fetches.c.outcome, fetches.c.times, fetches.c.fetched_at)
        .where(fetches.c.outcome.in_(_AGAIN), fetches.c.number.is_not(None), ~has)
        .order_by(fetches.c.number.desc())
    )
    due = (row.number for row in connection.execute(query) if _is_due(row, now, ruled))
    return list(islice(due, most))


def days(connection: Connection, numbers: Collection[int]) -> dict[int, datetime]:
    """When those of the numbers that are stored were published, where that is known."""
    query = select(articles.c.number, articles.c.published_at).where(
        among(connection.dialect.name, articles.c.number, list(numbers)),
        articles.c.published_at.is_not(None),
    )
    return {row.number: row.published_at for row in connection.execute(query)}


def _own() -> Select[int]:
    """The numbers of what is stored from the site itself; a copy elsewhere has that host's."""
    elsewhere = fingerprints.c.article_id == articles.c.id, ~fingerprints.c.own
    return select(articles.c.number).where(~exists().where(*elsewhere))


def _is_due(row: Any, now: datetime, ruled: datetime | None) -> bool:
    if ruled and row.outcome == "quarantined" and row.fetched_at < ruled:
        return True
    waits = _BACKOFF * 2 ** min(max(0, row.times - _PROMPT), _LONGEST)
    return bool(row.times < _PROMPT or now - row.fetched_at > waits)
