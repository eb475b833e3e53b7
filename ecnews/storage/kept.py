"""What a run learns of the site for the next one: robots.txt, cookies, how far a list is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from ecnews.storage import database
from ecnews.storage.schema import kept

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


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
    try:
        with engine.begin() as connection:
            row = connection.execute(query).first()
    except SQLAlchemyError as error:
        raise database.explained(error, engine.url) from error
    return Kept(row.value, row.kept_at) if row else None


def write(engine: Engine, name: str, value: Any, now: datetime | None = None) -> None:
    """Keeps the value under the name, in the place of what was there. Raises DatabaseError."""
    row = {"name": name, "value": value, "kept_at": now or datetime.now(UTC)}
    statement = _INSERT[engine.dialect.name](kept).values(row)
    changed = {key: statement.excluded[key] for key in ("value", "kept_at")}
    try:
        with engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=[kept.c.name], set_=changed)
            )
    except SQLAlchemyError as error:
        raise database.explained(error, engine.url) from error


def forget(engine: Engine, name: str) -> None:
    """Raises DatabaseError."""
    try:
        with engine.begin() as connection:
            connection.execute(delete(kept).where(kept.c.name == name))
    except SQLAlchemyError as error:
        raise database.explained(error, engine.url) from error
