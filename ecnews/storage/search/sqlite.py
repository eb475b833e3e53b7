"""The index on SQLite: FTS5, one token a character, so that a phrase of characters is a word.

A row's number is the second in which the article was published, and its id: so the newest hits
come first by themselves, and a search for twenty of them stops there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
_FEW = 100  # hits for which single texts are looked at
_WINDOW = 3  # characters of a word that are looked for
_SAMPLE = 48  # articles that tell how rare a character is
_DOUBTFUL, _SHARE = 50, 5  # texts, after which one of five must have had the words
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
    connection.exec_driver_sql("INSERT INTO search (search) VALUES ('optimize')")


def find(connection: Connection, query: Query, limit: int | None) -> list[tuple[int, int]]:
    """Moment and id of the newest articles in the index that the query finds."""
    if not query.words:
        keys = _lacking(connection, query, limit)
    elif limit is None or limit > _FEW or max(map(len, query.words)) <= _WINDOW:
        keys = _having(connection, query, limit)
    else:
        keys = _narrowed(connection, query, limit)
    return [(key >> ID_BITS, key & _IDS) for key in keys]


def _having(
    connection: Connection, query: Query, limit: int | None, end: int | None = None
) -> list[int]:
    """The newest that have the words, of those before `end`."""
    values = _values(query, query.words) | {"most": -1 if limit is None else limit}
    if end is not None:
        values["end"] = end
    statement = f"SELECT s.rowid {_of_words(query)} LIMIT :most"
    return list(connection.execute(text(statement), values).scalars())


def _narrowed(connection: Connection, query: Query, limit: int) -> list[int]:
    """The same, by looking for the rarest characters of each word alone, and at the texts that have
    them: FTS5 takes long over the many articles that have all the characters of a word somewhere.
    Where few of these texts have the words, the index is asked for the whole words after all."""
    statement = f"SELECT s.rowid, a.title, a.body {_of_words(query)}"
    values = _values(query, _rarest(connection, query.words))
    keys: list[int] = []
    seen = 0
    with connection.execute(text(statement), values) as rows:
        while row := rows.fetchone():  # not one more than is needed
            seen += 1
            if query.matches(row.title, row.body):
                keys.append(row.rowid)
                if len(keys) == limit:
                    return keys
            elif seen > _DOUBTFUL and len(keys) * _SHARE < seen:
                break
        else:
            return keys
    return keys + _having(connection, query, limit - len(keys), end=row.rowid)


def _rarest(connection: Connection, words: Sequence[str]) -> list[str]:
    """Of each word the piece whose characters are in the fewest of the latest articles."""
    latest = select(articles.c.body).order_by(articles.c.published_at.desc()).limit(_SAMPLE)
    bodies = connection.execute(latest).scalars().all()
    found = []
    for word in words:
        times = [sum(letter in body for body in bodies) for letter in word]
        starts = range(max(1, len(word) - _WINDOW + 1))
        start = min(starts, key=lambda start: sum(times[start : start + _WINDOW]))
        found.append(word[start : start + _WINDOW])
    return found


def _lacking(connection: Connection, query: Query, limit: int | None) -> list[int]:
    """The newest that lack words, where none is wanted."""
    key = f"(coalesce(unixepoch(a.published_at), 0) << {ID_BITS} | a.id)"
    statement = (
        f"SELECT {key} FROM articles a WHERE {key} >= :first AND {key} < :end {_section(query)}"
        f" AND a.id NOT IN (SELECT rowid & {_IDS} FROM search WHERE search MATCH :match)"
        " AND a.id NOT IN (SELECT article_id FROM search_tail)"
        " ORDER BY a.published_at DESC, a.id DESC LIMIT :most"
    )
    values = _values(query, ()) | {
        "match": " OR ".join(map(_phrase, query.without)),
        "most": -1 if limit is None else limit,
    }
    return list(connection.execute(text(statement), values).scalars())


def _of_words(query: Query) -> str:
    # The join drops articles that were deleted by hand.
    return (
        f"FROM search s CROSS JOIN articles a ON a.id = s.rowid & {_IDS}"
        " WHERE s.search MATCH :match AND s.rowid >= :first AND s.rowid < :end"
        f" {_section(query)} ORDER BY s.rowid DESC"
    )


def _section(query: Query) -> str:
    return "AND a.section = :section" if query.section is not None else ""


def _values(query: Query, words: Sequence[str]) -> dict[str, Any]:
    without = "".join(f" NOT {_phrase(word)}" for word in query.without)
    return {
        "match": f"({' AND '.join(map(_phrase, words))}){without}",
        "first": _first(query.since, -_END),
        "end": _first(query.until, _END),
        "section": query.section,
    }


def _row(entry: Entry) -> tuple[int, str, str]:
    return entry.moment << ID_BITS | entry.id, tokens(entry.title), tokens(entry.body)


def _first(moment: datetime | None, default: int) -> int:
    return default if moment is None else int(moment.timestamp()) << ID_BITS


def _phrase(word: str) -> str:
    return f'"{tokens(word).strip()}"'
