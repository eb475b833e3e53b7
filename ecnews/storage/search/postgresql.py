"""The index on PostgreSQL: signatures of blocks of articles, and a function that reads them.

A block is 512 articles. For each of the buckets that characters and pairs of characters fall
into, one row has 512 bits: which articles of the block have something in that bucket. The bits of
all buckets of a word, taken together, leave few articles but those that have it; these are looked
at, newest first, until there are enough. What is not yet a block, the tail, is looked at in whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, text

from ecnews.storage.search.entry import Entry
from ecnews.storage.search.fold import Codes, codes
from ecnews.storage.search.query import Query

BLOCK = 512
_AT_ONCE = 4  # blocks that a batch may have to pay for
# The same figures stand in the function search_buckets of the database (migration 0003).
_PAIR_BITS, _SINGLE_BITS = 14, 12
_PAIRS = 1 << _PAIR_BITS
BUCKETS = _PAIRS + (1 << _SINGLE_BITS)
_SPREAD, _SECOND = np.uint32(1540483477), np.uint32(40503)

# A row of search_slices as COPY takes it: each value behind its length in bytes.
_SLICE = np.dtype(
    [
        *(("columns", ">i2"), ("bucket_bytes", ">i4"), ("bucket", ">i4")),
        *(("block_bytes", ">i4"), ("block", ">i4")),
        *(("slots_bytes", ">i4"), ("bits", ">i4"), ("slots", "u1", (BLOCK // 8,))),
    ]
)
_BEGIN, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


def add(connection: Connection, entries: Iterable[Entry]) -> None:
    """Appends to the tail."""
    if ids := [entry.id for entry in entries]:
        statement = "INSERT INTO search_tail SELECT unnest(CAST(:ids AS bigint[]))"
        connection.execute(text(f"{statement} ON CONFLICT DO NOTHING"), {"ids": ids})


def remove(connection: Connection, entries: Iterable[Entry]) -> None:
    """Empties the places of articles; their bits stay, and no longer stand for anything."""
    if ids := [entry.id for entry in entries]:
        statement = (
            "UPDATE search_blocks SET articles = ARRAY("
            " SELECT CASE WHEN id = ANY(:ids) THEN 0 ELSE id END"
            " FROM unnest(articles) WITH ORDINALITY AS place(id, n) ORDER BY n)"
            " WHERE articles && CAST(:ids AS bigint[])"
        )
        connection.execute(text(statement), {"ids": ids})


def clear(connection: Connection) -> None:
    connection.execute(text("TRUNCATE search_blocks, search_slices"))


def settle(connection: Connection) -> None:
    """Makes blocks of the tail, as far as there are enough articles."""
    count = connection.execute(text("SELECT count(*) FROM search_tail")).scalar_one()
    if count < BLOCK:
        return
    statement = (
        "SELECT id, title, body, published_at FROM search_tail JOIN articles ON id = article_id"
        " ORDER BY published_at NULLS FIRST, id LIMIT :most"
    )
    most = min(count // BLOCK, _AT_ONCE) * BLOCK
    rows = connection.execute(text(statement), {"most": most}).mappings()
    entries = [Entry.of(row) for row in rows]
    for start in range(0, len(entries), BLOCK):
        _seal(connection, entries[start : start + BLOCK])
    connection.execute(
        text("DELETE FROM search_tail WHERE article_id = ANY(:ids)"),
        {"ids": [entry.id for entry in entries]},
    )


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


def _seal(connection: Connection, entries: list[Entry]) -> None:
    statement = (
        "INSERT INTO search_blocks (block, newest, articles, moments)"
        " SELECT coalesce(max(block), 0) + 1, :newest, :articles, :moments FROM search_blocks"
        " RETURNING block"
    )
    values = {
        "newest": max(entry.moment for entry in entries),
        "articles": [entry.id for entry in entries],
        "moments": [entry.moment for entry in entries],
    }
    block = connection.execute(text(statement), values).scalar_one()
    bits = np.zeros((BLOCK, BUCKETS), np.bool_)
    for slot, entry in enumerate(entries):
        # A NUL between them: no word has one.
        bits[slot, buckets(codes(f"{entry.title}\0{entry.body}"))] = True
    _copy_slices(connection, block, np.packbits(bits.T, axis=1))


def buckets(found: Codes) -> npt.NDArray[np.uint32]:
    """Where the characters of a text and their pairs fall: each of them into one bucket, and each
    pair into two."""
    pairs = (found[:-1] * _SECOND + found[1:]) * _SPREAD
    singles = (found * _SPREAD) >> np.uint32(32 - _SINGLE_BITS)
    low = (pairs >> np.uint32(4)) & np.uint32(_PAIRS - 1)
    return np.concatenate([pairs >> np.uint32(32 - _PAIR_BITS), low, singles + np.uint32(_PAIRS)])


def _copy_slices(connection: Connection, block: int, slices: npt.NDArray[np.uint8]) -> None:
    filled = np.flatnonzero(slices.any(axis=1))
    rows = np.zeros(len(filled), _SLICE)
    rows["columns"], rows["bucket_bytes"], rows["block_bytes"] = 3, 4, 4
    rows["slots_bytes"], rows["bits"] = 4 + BLOCK // 8, BLOCK
    rows["bucket"], rows["block"], rows["slots"] = filled, block, slices[filled]
    driver: Any = connection.connection.driver_connection
    statement = "COPY search_slices (bucket, block, slots) FROM STDIN (FORMAT binary)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_BEGIN + rows.tobytes() + _END)
