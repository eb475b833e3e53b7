"""What became of each page when it was last fetched, and hence what need not be fetched again.

The functions take a connection inside a transaction of the caller (`engine.begin()`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Column, Connection, and_, case, false, or_, select, union

from ecnews.storage.schema import articles, fetches
from ecnews.storage.statements import among, upsert

Outcome = Literal["stored", "gone", "quarantined", "failed", "skipped"]
Key = int | str  # an article's number, or the URL of a page that has none
_KEYS: tuple[tuple[Column[Any], type[Key]], ...] = ((fetches.c.number, int), (fetches.c.url, str))


@dataclass(frozen=True, slots=True)
class Fetch:
    """One page fetched: `detail` says more of the outcome (`skipped`: the section it is of)."""

    key: Key
    outcome: Outcome
    detail: str | None = None


def remember(connection: Connection, batch: Iterable[Fetch], now: datetime) -> None:
    """Keeps the last outcome of each page; of one that is in the batch twice, the later."""
    last = {fetch.key: fetch for fetch in batch}
    for column, kind in _KEYS:
        rows: list[dict[str, Any]] = [
            {"number": None, "url": None, column.name: fetch.key}
            | {"outcome": fetch.outcome, "detail": fetch.detail, "fetched_at": now, "times": 1}
            for fetch in last.values()
            if isinstance(fetch.key, kind)
        ]
        if rows:
            connection.execute(_remembering(connection.dialect.name, column), rows)


def fresh(
    connection: Connection,
    keys: Iterable[Key],
    now: datetime,
    within: Mapping[Outcome, timedelta | None],
) -> set[Key]:
    """Those of the pages that need not be fetched again: in one query for numbers, one for URLs.

    `within` says for how long an outcome holds, None for ever; one that it does not name never
    does. If `stored` holds for ever, every number that `articles` has counts as well.
    """
    wanted = list(keys)
    found: set[Key] = set()
    for column, kind in _KEYS:
        if values := [key for key in wanted if isinstance(key, kind)]:
            query = _fresh(connection.dialect.name, column, values, now, within)
            found.update(connection.execute(query).scalars())
    return found


def _remembering(dialect: str, column: Column[Any]) -> Any:
    def changes(new: Any) -> dict[str, Any]:
        again = fetches.c.outcome == new.outcome
        return {
            "outcome": new.outcome,
            "detail": new.detail,
            "fetched_at": new.fetched_at,
            "times": case((again, fetches.c.times + 1), else_=1),
        }

    return upsert(dialect, fetches, column, changes)


def _fresh(
    dialect: str,
    column: Column[Any],
    values: list[Any],
    now: datetime,
    within: Mapping[Outcome, timedelta | None],
) -> Any:
    holds = (
        fetches.c.outcome == outcome
        if age is None
        else and_(fetches.c.outcome == outcome, fetches.c.fetched_at > now - age)
        for outcome, age in within.items()
    )
    remembered = select(column).where(among(dialect, column, values), or_(false(), *holds))
    if column is fetches.c.url or "stored" not in within or within["stored"] is not None:
        return remembered
    return union(
        remembered, select(articles.c.number).where(among(dialect, articles.c.number, values))
    )
