"""What the two engines write differently, in one place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnClause,
    ColumnElement,
    Connection,
    Row,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from ecnews.storage.schema import UTCDateTime

_INSERT: dict[str, Callable[[Table], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


_WRITING = 0x65636E657774  # names the lock; any number, the same for all


def lock(connection: Connection) -> None:
    """Keeps other writers out until the transaction ends, as SQLite does by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITING})


def write_many(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Executes an insert, which must be the same object each time, for all rows; they have the
    same columns, all of the statement's table. As `connection.execute` does, at a third of its
    price in Python."""
    if rows:
        sql, columns, positional = _compiled(statement, connection.dialect, tuple(rows[0]))
        values = [
            [row[name] if process is None else process(row[name]) for name, process in columns]
            for row in rows
        ]
        if positional:
            connection.exec_driver_sql(sql, [tuple(each) for each in values])
        else:
            names = [name for name, _ in columns]
            connection.exec_driver_sql(sql, [dict(zip(names, v, strict=True)) for v in values])


@lru_cache(maxsize=64)
def _compiled(
    statement: Any, dialect: Dialect, names: tuple[str, ...]
) -> tuple[str, list[tuple[str, Any]], bool]:
    """The SQL, the columns in its order with what turns their values into the driver's, and
    whether it wants them by position."""
    compiled = statement.compile(dialect=dialect, column_keys=names)
    types = {column.name: column.type.dialect_impl(dialect) for column in statement.table.c}
    order = compiled.positiontup if compiled.positional else names
    columns = [(name, _processor(types[name], dialect)) for name in order]
    return str(compiled), columns, compiled.positional


def _processor(kind: TypeEngine[Any], dialect: Dialect) -> Any:
    return _of_times(dialect) if isinstance(kind, UTCDateTime) else kind.bind_processor(dialect)


@lru_cache(maxsize=8)
def _of_times(dialect: Dialect) -> Any:
    """One for all columns of times: when an article was seen stands in four of them."""
    process: Any = UTCDateTime().dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(maxsize=1024)(process)


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
    return among_listed(dialect, wanted, literal(listed(dialect, values), _list(dialect, wanted)))


def among_listed(dialect: str, wanted: ColumnClause[Any], values: Any) -> ColumnElement[bool]:
    """The same for a parameter, which will be given what `listed` makes of the values."""
    if dialect == "postgresql":
        return wanted == any_(cast(values, _list(dialect, wanted)))
    each = func.json_each(values).table_valued(column("value", wanted.type))
    return wanted.in_(select(each.c.value))


def rows_among(
    connection: Connection, wanted: Column[Any], values: Sequence[Any], *names: str
) -> Sequence[Row[Any]]:
    """Of a column's table the rows in which it holds one of the values, with the columns named."""
    dialect = connection.dialect.name
    given = {"values": listed(dialect, values)}
    return connection.execute(_rows_among(dialect, wanted, names), given).all()


@cache  # making a statement takes longer than asking
def _rows_among(dialect: str, wanted: Column[Any], names: tuple[str, ...]) -> Any:
    columns = [wanted.table.c[name] for name in names]
    values: Any = bindparam("values")
    return select(*columns).where(among_listed(dialect, wanted, values))


def listed(dialect: str, values: Sequence[Any]) -> Any:
    return list(values) if dialect == "postgresql" else json.dumps(list(values))


def _list(dialect: str, wanted: ColumnClause[Any]) -> Any:
    return ARRAY(wanted.type) if dialect == "postgresql" else Text()
