"""What became of each page when it was last fetched; `recall` says what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import Column, Connection, case

from ecnews.storage.schema import fetches
from ecnews.storage.statements import upsert

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
    """Keeps the last outcome of each page; of one that is in the batch twice, the later. The
    connection is inside a transaction of the caller."""
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


@cache
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
