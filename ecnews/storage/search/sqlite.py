"""The index on SQLite: FTS5, one token a character, so that a phrase of characters is a word.

A row's number is the second in which the article was published, and its id: so the newest hits
come first by themselves, and a search for twenty of them stops there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, select, text

from ecnews.storage.schema import articles
from ecnews.storage.search.entry import Entry
from ecnews.storage.search.fold import codes
from ecnews.storage.search.query import Query

ID_BITS = 24
_IDS = (1 << ID_BITS) - 1
_END = 1 << 62
_AT_ONCE = 1000  # articles read at a time while reindexing
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
    if rows := sorted(map(_row, entries)):
        connection.exec_driver_sql(_ADD, rows)


def remove(connection: Connection, entries: Iterable[Entry]) -> None:
    """Takes out entries, which must be what was added."""
    if rows := sorted(map(_row, entries)):
        connection.exec_driver_sql(_REMOVE, rows)


def rebuild(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO search (search) VALUES ('delete-all')")
    connection.exec_driver_sql("DELETE FROM search_tail")
    columns = (articles.c.id, articles.c.title, articles.c.body, articles.c.published_at)
    query = select(*columns).order_by(articles.c.published_at, articles.c.id)
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(query).mappings()
    for part in rows.partitions():
        add(connection, map(Entry.of, part))


def find(connection: Connection, query: Query, limit: int | None) -> list[tuple[int, int]]:
    """Moment and id of the newest articles in the index that the query finds."""
    values: dict[str, Any] = {
        "first": _first(query.since, -_END),
        "end": _first(query.until, _END),
        "section": query.section,
        "most": -1 if limit is None else limit,
    }
    section = "AND a.section = :section" if query.section is not None else ""
    if query.words:
        values["match"] = _match(query.words) + "".join(
            f" NOT {_phrase(word)}" for word in query.without
        )
        # The join drops articles that were deleted by hand.
        statement = (
            f"SELECT s.rowid FROM search s CROSS JOIN articles a ON a.id = s.rowid & {_IDS}"
            " WHERE s.search MATCH :match AND s.rowid >= :first AND s.rowid < :end"
            f" {section} ORDER BY s.rowid DESC LIMIT :most"
        )
    else:
        values["match"] = " OR ".join(map(_phrase, query.without))
        key = f"(coalesce(unixepoch(a.published_at), 0) << {ID_BITS} | a.id)"
        statement = (
            f"SELECT {key} FROM articles a WHERE {key} >= :first AND {key} < :end {section}"
            f" AND a.id NOT IN (SELECT rowid & {_IDS} FROM search WHERE search MATCH :match)"
            " AND a.id NOT IN (SELECT article_id FROM search_tail)"
            " ORDER BY a.published_at DESC, a.id DESC LIMIT :most"
        )
    keys = connection.execute(text(statement), values).scalars()
    return [(key >> ID_BITS, key & _IDS) for key in keys]


def _row(entry: Entry) -> tuple[int, str, str]:
    return entry.moment << ID_BITS | entry.id, tokens(entry.title), tokens(entry.body)


def _first(moment: datetime | None, default: int) -> int:
    return default if moment is None else int(moment.timestamp()) << ID_BITS


def _match(words: Iterable[str]) -> str:
    return f"({' AND '.join(map(_phrase, words))})"


def _phrase(word: str) -> str:
    return f'"{tokens(word).strip()}"'
