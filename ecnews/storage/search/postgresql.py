"""The index on PostgreSQL: signatures of articles, and a function that reads them.

An article whose signature (`signature.py`) lacks a bit of a word cannot have the word; of those
that have them all, most do, and are looked at, newest first, until there are enough. For 1,024
articles together, a block, the signatures lie on their side: a row a bucket, so that a word reads
some ten rows a block. What is not yet a block, the tail, is compared signature by signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from ecnews.storage.search.entry import Entry
from ecnews.storage.search.query import Query
from ecnews.storage.search.signature import on_their_side, signatures
from ecnews.storage.statements import lock

PART = 256  # articles that are looked through together
_PARTS = 4
BLOCK = _PARTS * PART

_BEGIN, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


def add(connection: Connection, entries: Iterable[Entry]) -> None:
    """Appends to the tail."""
    if found := list(entries):
        bits = np.packbits(signatures(found), axis=1)
        columns = {
            "article_id": np.array([entry.id for entry in found], np.int64),
            "moment": np.array([entry.moment for entry in found], np.int64),
        }
        _copy(connection, "search_tail", bits, columns, "signature")


def append(connection: Connection, ids: Sequence[int], moments: Sequence[int]) -> None:
    """Appends to the tail without signatures: these articles are looked at in every search."""
    statement = (
        "INSERT INTO search_tail (article_id, moment)"
        " SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:moments AS bigint[]))"
    )
    connection.execute(text(statement), {"ids": list(ids), "moments": list(moments)})


def remove(connection: Connection, entries: Iterable[Entry]) -> None:
    """Empties the places of articles; their bits stay, and no longer stand for anything."""
    if ids := [entry.id for entry in entries]:
        statement = (
            "UPDATE search_parts SET articles = ARRAY("
            " SELECT CASE WHEN id = ANY(:ids) THEN 0 ELSE id END"
            " FROM unnest(articles) WITH ORDINALITY AS place(id, n) ORDER BY n)"
            " WHERE articles && CAST(:ids AS bigint[])"
        )
        connection.execute(text(statement), {"ids": ids})


def rebuild(connection: Connection) -> None:
    connection.execute(text("TRUNCATE search_parts, search_slices, search_tail"))
    connection.execute(
        text(
            "INSERT INTO search_tail (article_id, moment)"
            " SELECT id, coalesce(CAST(extract(epoch FROM published_at) AS bigint), 0)"
            " FROM articles"
        )
    )
    while _seal(connection):
        pass
    # What is left has no signatures yet.
    left = _oldest(connection)
    connection.execute(text("DELETE FROM search_tail"))
    add(connection, left)


def settle(engine: Engine) -> None:
    """Makes a block of the tail if there are enough articles, and makes room where they were."""
    with engine.begin() as connection:
        lock(connection)
        sealed = _seal(connection)
    if sealed:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM search_tail"))


def find(connection: Connection, query: Query, limit: int | None) -> list[tuple[int, int]]:
    """Moment and id of the newest articles that the query finds, the tail included."""
    statement = (
        "SELECT moment, article_id FROM search(:words, :without, :most, :since, :until, :section)"
    )
    values: dict[str, Any] = {
        "words": list(query.words),
        "without": list(query.without),
        "most": limit,
        "since": query.since,
        "until": query.until,
        "section": query.section,
    }
    return [(row.moment, row.article_id) for row in connection.execute(text(statement), values)]


def _seal(connection: Connection) -> bool:
    """Makes a block of the oldest articles in the tail; False if there are not enough."""
    count = connection.execute(text("SELECT count(*) FROM search_tail")).scalar_one()
    if count < BLOCK:
        return False
    entries = _oldest(connection)
    statement = text("SELECT coalesce(max(part) / :parts, 0) + 1 FROM search_parts")
    block = connection.execute(statement, {"parts": _PARTS}).scalar_one()
    connection.execute(
        text("INSERT INTO search_parts VALUES (:part, :newest, :articles, :moments)"),
        [
            {
                "part": block * _PARTS + start // PART,
                "newest": max(entry.moment for entry in entries[start : start + PART]),
                "articles": [entry.id for entry in entries[start : start + PART]],
                "moments": [entry.moment for entry in entries[start : start + PART]],
            }
            for start in range(0, BLOCK, PART)
        ],
    )
    slices = on_their_side(signatures(entries))
    filled = np.flatnonzero(slices.any(axis=1))
    columns = {"bucket": filled.astype(np.int32), "block": np.full(len(filled), block, np.int32)}
    _copy(connection, "search_slices", slices[filled], columns, "slots")
    connection.execute(
        text("DELETE FROM search_tail WHERE article_id = ANY(:ids)"),
        {"ids": [entry.id for entry in entries]},
    )
    return True


def _oldest(connection: Connection) -> list[Entry]:
    """As many articles of the tail as a block has."""
    statement = (
        "SELECT id, title, body, published_at FROM search_tail JOIN articles ON id = article_id"
        " ORDER BY published_at NULLS FIRST, id LIMIT :most"
    )
    rows = connection.execute(text(statement), {"most": BLOCK}).mappings()
    return [Entry.of(row) for row in rows]


def _copy(
    connection: Connection,
    table: str,
    bits: npt.NDArray[np.uint8],
    columns: Mapping[str, npt.NDArray[Any]],
    of_bits: str,
) -> None:
    """Copies rows into a table: columns of integers, and one of bits, eight of them a number. In
    COPY's binary form each value stands behind its length in bytes."""
    width = bits.shape[1]
    fields: list[Any] = [("count", ">i2")]
    for name, values in columns.items():
        fields += [(f"{name}_bytes", ">i4"), (name, values.dtype.newbyteorder(">"))]
    fields += [("bits_bytes", ">i4"), ("bits_count", ">i4"), ("bits", "u1", (width,))]
    rows = np.zeros(len(bits), fields)
    rows["count"] = len(columns) + 1
    for name, values in columns.items():
        rows[f"{name}_bytes"], rows[name] = values.itemsize, values
    rows["bits_bytes"], rows["bits_count"], rows["bits"] = 4 + width, 8 * width, bits
    driver: Any = connection.connection.driver_connection
    target = f"{table} ({', '.join(columns)}, {of_bits})"
    statement = f"COPY {target} FROM STDIN (FORMAT binary)"
    errors: Any = connection.dialect.dbapi
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as to:
            to.write(_BEGIN + rows.tobytes() + _END)
    except errors.Error as error:  # as SQLAlchemy does it for its own statements
        raise DBAPIError.instance(
            statement, None, error, errors.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
