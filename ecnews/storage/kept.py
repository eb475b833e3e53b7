"""What a run learns of the site for the next one: robots.txt, cookies, how far a list is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from ecnews.storage import database
from ecnews.storage.schema import kept
from ecnews.storage.statements import upsert


@dataclass(frozen=True, slots=True)
class Kept:
    """A value, which JSON can hold, and when it was learnt."""

    value: Any
    kept_at: datetime

    def younger(self, age: timedelta, now: datetime | None = None) -> bool:
        return (now or datetime.now(UTC)) - self.kept_at < age


def read(engine: Engine, name: str) -> Kept | None:
    """What is kept under the name. Raises DatabaseError."""
    query = select(kept.c.value, kept.c.kept_at).where(kept.c.name == name)
    with database.asking(engine) as connection:
        row = connection.execute(query).first()
    return Kept(row.value, row.kept_at) if row else None


def write(engine: Engine, name: str, value: Any, now: datetime | None = None) -> None:
    """Keeps the value under the name, in the place of what was there. Raises DatabaseError."""
    row = {"name": name, "value": value, "kept_at": now or datetime.now(UTC)}
    statement = upsert(
        engine.dialect.name,
        kept,
        kept.c.name,
        lambda new: {"value": new.value, "kept_at": new.kept_at},
    )
    with database.transaction(engine) as connection:
        connection.execute(statement, row)
