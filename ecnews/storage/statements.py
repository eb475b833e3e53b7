"""What the two engines write differently, in one place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnClause,
    ColumnElement,
    Connection,
    Table,
    any_,
    column,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

_INSERT: dict[str, Callable[[Table], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


_WRITING = 0x65636E657774  # names the lock; any number, the same for all


def lock(connection: Connection) -> None:
    """Keeps other writers out until the transaction ends, as SQLite does by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITING})


def upsert(
    dialect: str,
    table: Table,
    key: Column[Any],
    changes: Callable[[Any], Mapping[str, Any]],
) -> Any:
    """An insert that on a known `key` makes `changes` instead, which are given the new row."""
    statement = _INSERT[dialect](table)
    return statement.on_conflict_do_update(index_elements=[key], set_=changes(statement.excluded))


def among(dialect: str, wanted: ColumnClause[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Whether a column holds one of any number of values: one parameter for all of them."""
    if dialect == "postgresql":
        return wanted == any_(literal(list(values), ARRAY(wanted.type)))
    each = func.json_each(json.dumps(list(values))).table_valued(column("value", wanted.type))
    return wanted.in_(select(each.c.value))
