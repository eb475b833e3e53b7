"""The index on SQLite: FTS5, one token a character, so that a phrase of characters is a word.

A row's number is the second in which the article was published, and its id: so the newest hits
come first by themselves, and a search for twenty of them stops there. Few hits for words of three
characters and more are found by `blocks.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, select, text

from ecnews.storage.schema import articles
from ecnews.storage.search import blocks
from ecnews.storage.search.entry import ID_BITS, IDS, Entry
from ecnews.storage.search.fold import codes
from ecnews.storage.search.query import Query

_END = 1 << 62
# A search reads some hundred pages all over the file: where the system has them, not copied first.
_MAP = f"PRAGMA mmap_size = {1 << 40}"
_FEW = 100  # hits for which single texts are looked at
_TOLD = 3  # places of a signature: one pair, which has two, is in too many articles' by chance
# FTS5's tokenizer takes ASCII punctuation and blanks for gaps between words. Here they count:
# punctuation as its full-width form, the rest as its picture (U+2400 and up).
_TOKEN = np.arange(0x110000, dtype=np.uint32)
_TOKEN[0x00:0x21] += 0x2400
_TOKEN[0x7F] = 0x2421
for _code in range(0x21, 0x7F):
    if not chr(_code).isalnum():
        _TOKEN[_code] += 0xFEE0

_ADD = "INSERT INTO search (rowid, title, body) VALUES (?, ?, ?)"
_REMOVE = "INSERT INTO search (search, rowid, title, body) VALUES ('delete', ?, ?, ?)"


def tokens(value: str) -> str:
    """The characters of a text, a blank behind each.

    >>> tokens("Ａ：双 11")
    'a ： 双 ␠ 1 1 '
    """
    found = _TOKEN[codes(value)]
    spaced = np.full(2 * len(found), ord(" "), np.uint32)
    spaced[::2] = found
    return spaced.tobytes().decode("utf-32-le")


def add(connection: Connection, entries: Iterable[Entry]) -> None:
    # In order: FTS5 begins a new segment at every step back.
    if ordered := sorted(entries, key=lambda entry: entry.key):
        connection.exec_driver_sql(_ADD, [_row(entry) for entry in ordered])
        blocks.add(connection, ordered)


def remove(connection: Connection, entries: Iterable[Entry]) -> None:
    """Takes out entries, which must be what was added; their signatures stay."""
    if rows := sorted(map(_row, entries)):
        connection.exec_driver_sql(_REMOVE, rows)


def rebuild(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO search (search) VALUES ('delete-all')")
    connection.exec_driver_sql("DELETE FROM search_tail")
    blocks.clear(connection)
    columns = (articles.c.id, articles.c.title, articles.c.body, articles.c.published_at)
    query = select(*columns).order_by(articles.c.published_at, articles.c.id)
    rows = connection.execution_options(yield_per=blocks.BLOCK).execute(query).mappings()
    for part in rows.partitions():
        add(connection, map(Entry.of, part))
    connection.exec_driver_sql("INSERT INTO search (search) VALUES ('optimize')")


def find(connection: Connection, query: Query, limit: int | None) -> list[tuple[int, int]]:
    """Moment and id of the newest articles in the index that the query finds."""
    keys = None
    connection.exec_driver_sql(_MAP)
    if not query.words:
        keys = _lacking(connection, query, limit)
    elif limit is not None and limit <= _FEW and len(blocks.buckets(query.words)) >= _TOLD:
        first, end = _between(query)
        keys = blocks.find(connection, query, limit, first, end)
    if keys is None:
        keys = _having(connection, query, limit)
    return [(key >> ID_BITS, key & IDS) for key in keys]


def _having(connection: Connection, query: Query, limit: int | None) -> list[int]:
    """The newest that have the words."""
    statement = (
        # The join drops articles that were deleted by hand.
        f"SELECT s.rowid FROM search s CROSS JOIN articles a ON a.id = s.rowid & {IDS}"
        " WHERE s.search MATCH :match AND s.rowid >= :first AND s.rowid < :end"
        f" {_section(query)} ORDER BY s.rowid DESC LIMIT :most"
    )
    without = "".join(f" NOT {_phrase(word)}" for word in query.without)
    match = f"({' AND '.join(map(_phrase, query.words))}){without}"
    values = _values(query, match, limit)
    return list(connection.execute(text(statement), values).scalars())


def _lacking(connection: Connection, query: Query, limit: int | None) -> list[int]:
    """The newest that lack words, where none is wanted."""
    key = f"(coalesce(unixepoch(a.published_at), 0) << {ID_BITS} | a.id)"
    statement = (
        f"SELECT {key} FROM articles a WHERE {key} >= :first AND {key} < :end {_section(query)}"
        f" AND a.id NOT IN (SELECT rowid & {IDS} FROM search WHERE search MATCH :match)"
        " AND a.id NOT IN (SELECT article_id FROM search_tail)"
        " ORDER BY a.published_at DESC, a.id DESC LIMIT :most"
    )
    values = _values(query, " OR ".join(map(_phrase, query.without)), limit)
    return list(connection.execute(text(statement), values).scalars())


def _section(query: Query) -> str:
    return "AND a.section = :section" if query.section is not None else ""


def _values(query: Query, match: str, limit: int | None) -> dict[str, Any]:
    first, end = _between(query)
    most = -1 if limit is None else limit
    return {"match": match, "first": first, "end": end, "section": query.section, "most": most}


def _between(query: Query) -> tuple[int, int]:
    """The first key that counts, and the first that does not."""
    return _first(query.since, -_END), _first(query.until, _END)


def _row(entry: Entry) -> tuple[int, str, str]:
    return entry.key, tokens(entry.title), tokens(entry.body)


def _first(moment: datetime | None, default: int) -> int:
    return default if moment is None else int(moment.timestamp()) << ID_BITS


def _phrase(word: str) -> str:
    return f'"{tokens(word).strip()}"'
