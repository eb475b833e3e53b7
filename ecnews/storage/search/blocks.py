"""Which articles may have a word, on SQLite: signatures of some thousand articles on their side.

FTS5 takes long to tell that characters which are in most of the articles stand together in few of
them, and the longer the word the longer. Of the pairs of a word (`signature.py`) hardly an article
has all that has not the word itself; which those are, a row a pair tells for a block of articles.
They are looked at, newest first, until there are enough.

A place in a block is never emptied: what was changed since has another place besides, and the text
as it is now decides. What is not yet a block lies in batches, as the writer brought it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from ecnews.storage.search.entry import ID_BITS, IDS, Entry
from ecnews.storage.search.fold import codes
from ecnews.storage.search.query import Query
from ecnews.storage.search.signature import PAIRS, buckets_of_pairs, on_their_side, signatures

BLOCK = 1024  # articles
_BUCKET_BITS = PAIRS.bit_length() - 1
_MOST = 8  # buckets of a word that are asked for: more of them exclude nothing more
_STEP = 4  # times as many blocks are read each time there was not enough
_TEXTS, _MOST_TEXTS = 32, 256  # looked at together
_DOUBTFUL, _SHARE = 1000, 50  # texts, after which one of fifty must have had the words
_NOWHERE = -(1 << 62)

_ADD = "INSERT INTO search_batches (keys, bits) VALUES (?, ?)"
_FRESH = "SELECT keys, bits FROM search_batches"
_SLOTS = """
SELECT slice >> ?, slots FROM json_each(?) CROSS JOIN search_slices ON slice = value
"""
_KEYS = "SELECT block, keys FROM search_blocks WHERE block IN (SELECT value FROM json_each(?))"
_TEXT = f"""
SELECT coalesce(unixepoch(published_at), 0) << {ID_BITS} | id, title, body
FROM articles WHERE id IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR section = ?2)
"""

Keys = npt.NDArray[np.int64]


def add(connection: Connection, entries: Sequence[Entry]) -> None:
    keys = np.array([entry.key for entry in entries], np.int64)
    bits = np.packbits(signatures(entries)[:, :PAIRS], axis=1)
    connection.exec_driver_sql(_ADD, (keys.tobytes(), bits.tobytes()))
    waiting = connection.exec_driver_sql("SELECT sum(length(keys)) / 8 FROM search_batches")
    if waiting.scalar_one() >= BLOCK:
        _seal(connection)


def clear(connection: Connection) -> None:
    for table in ("search_batches", "search_blocks", "search_slices"):
        connection.exec_driver_sql(f"DELETE FROM {table}")


def buckets(words: Sequence[str]) -> list[int]:
    """Where an article with these words has bits: some of these places, if a word has many."""
    found = [np.unique(buckets_of_pairs(codes(word)))[:_MOST] for word in words]
    return [int(bucket) for bucket in np.unique(np.concatenate(found))]


def find(
    connection: Connection, query: Query, limit: int, first: int, end: int
) -> list[int] | None:
    """Keys of the newest articles from `first` on and before `end` that the query finds; None if
    that would be to look at too many texts without the words."""
    hits: list[int] = []
    seen = 0
    for keys, older in _steps(connection, buckets(query.words), first):
        within = np.unique(keys[(keys >= first) & (keys < end)])[::-1]
        place, count = 0, _TEXTS
        while place < len(within) and not (len(hits) == limit and within[place] <= hits[-1]):
            texts = within[place : place + count]
            hits = sorted({*hits, *_having(connection, query, texts)}, reverse=True)[:limit]
            place, count = place + count, min(2 * count, _MOST_TEXTS)
            seen += len(texts)
            if seen > _DOUBTFUL and len(hits) * _SHARE < seen:
                return None
        if len(hits) == limit and hits[-1] > older:
            break
    return hits


def _steps(connection: Connection, wanted: Sequence[int], first: int) -> Iterator[tuple[Keys, int]]:
    """The articles with all these bits, and how new those may be that come later."""
    statement = "SELECT block, newest FROM search_blocks WHERE newest >= ? ORDER BY newest DESC"
    blocks = connection.exec_driver_sql(statement, (first,)).all()
    newest = [*(row.newest for row in blocks), _NOWHERE]
    yield _in_batches(connection, wanted), newest[0]
    start, stop = 0, 1
    while start < len(blocks):
        part = [row.block for row in blocks[start:stop]]
        yield _in_blocks(connection, wanted, part), newest[min(stop, len(blocks))]
        start, stop = stop, stop + _STEP * len(part)


def _in_batches(connection: Connection, wanted: Sequence[int]) -> Keys:
    keys, bits = _fresh(connection)
    places = np.array(wanted)
    has = bits[:, places >> 3] >> (7 - (places & 7)) & 1
    return keys[has.all(axis=1)]


def _in_blocks(connection: Connection, wanted: Sequence[int], blocks: Sequence[int]) -> Keys:
    slices = [block << _BUCKET_BITS | bucket for block in blocks for bucket in wanted]
    rows = connection.exec_driver_sql(_SLOTS, (_BUCKET_BITS, json.dumps(slices))).all()
    common: dict[int, int] = {}
    for block, slots in rows:
        common[block] = common.get(block, -1) & int.from_bytes(slots)
    left = [block for block, slots in common.items() if slots]
    found = [np.empty(0, np.int64)]
    for block, blob in connection.exec_driver_sql(_KEYS, (json.dumps(left),)):
        keys = np.frombuffer(blob, np.int64)
        slots = np.frombuffer(common[block].to_bytes(-(-len(keys) // 8)), np.uint8)
        found.append(keys[np.flatnonzero(np.unpackbits(slots))])
    return np.concatenate(found)


def _having(connection: Connection, query: Query, keys: Keys) -> list[int]:
    """Those of the articles that the query finds as they are now."""
    wanted = set(keys.tolist())
    ids = json.dumps([key & IDS for key in wanted])
    rows = connection.exec_driver_sql(_TEXT, (ids, query.section))
    return [key for key, title, body in rows if key in wanted and query.matches(title, body)]


def _seal(connection: Connection) -> None:
    """Makes a block of all batches."""
    keys, bits = _fresh(connection)
    statement = "INSERT INTO search_blocks (newest, keys) VALUES (?, ?) RETURNING block"
    values = (int(keys.max()), keys.tobytes())
    block = connection.exec_driver_sql(statement, values).scalar_one()
    slices = on_their_side(np.unpackbits(bits, axis=1))
    slots = slices.view(f"V{slices.shape[1]}")[:, 0].tolist()
    rows = list(enumerate(slots, block << _BUCKET_BITS))
    connection.exec_driver_sql("INSERT INTO search_slices (slice, slots) VALUES (?, ?)", rows)
    connection.exec_driver_sql("DELETE FROM search_batches")


def _fresh(connection: Connection) -> tuple[Keys, npt.NDArray[np.uint8]]:
    """Keys and signatures of all that is in no block."""
    rows = connection.exec_driver_sql(_FRESH).all()
    keys = np.frombuffer(b"".join(row.keys for row in rows), np.int64)
    return keys, np.frombuffer(b"".join(row.bits for row in rows), np.uint8).reshape(-1, PAIRS // 8)
