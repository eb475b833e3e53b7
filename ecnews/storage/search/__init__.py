"""Search for characters, words and phrases in titles and bodies: exact, and without extensions.

A hit is what LIKE finds on folded text (`fold.py`). Every article is in the index or in the
tail, `search_tail`, which is looked at article by article: so the hits are the same always.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType

from sqlalchemy import Column, Connection, Integer, select, text

from ecnews.storage.schema import articles
from ecnews.storage.search import postgresql, sqlite
from ecnews.storage.search.entry import Entry
from ecnews.storage.search.query import Query, parse
from ecnews.storage.statements import among

logger = logging.getLogger(__name__)

__all__ = ["Entry", "Query", "find", "keep", "parse", "reindex", "reindex_if_waiting"]

_AT_ONCE = 1000  # articles read at a time while reindexing


def find(connection: Connection, query: Query, limit: int | None = 20) -> list[int]:
    """Ids of the articles that the query finds, newest first; None for all of them."""
    found = _index(connection).find(connection, query, limit)
    if connection.dialect.name == "sqlite":
        found = sorted([*found, *_in_tail(connection, query)], reverse=True)
    return [id_ for _, id_ in found][:limit]


def keep(
    connection: Connection, new: Iterable[Entry], former: Iterable[Entry], indexed: bool = True
) -> None:
    """Brings the index up to date in the transaction that writes articles: `new` are the entries
    as they are now, `former` what those among them were that have changed.

    `indexed=False` puts them into the tail only.
    """
    index, now = _index(connection), {entry.id: entry for entry in new}
    gone = [entry for entry in former if entry != now[entry.id]]
    same = {entry.id for entry in former} - {entry.id for entry in gone}
    waiting = _tail(connection, [entry.id for entry in gone])
    index.remove(connection, [entry for entry in gone if entry.id not in waiting])
    fresh = [e for e in now.values() if e.id not in same and e.id not in waiting]
    if indexed:
        index.add(connection, fresh)
        index.settle(connection)
    else:
        _to_tail(connection, fresh)


def reindex(connection: Connection) -> int:
    """Builds the index anew, in one transaction that no writer may run beside; how many articles
    it has."""
    index = _index(connection)
    index.clear(connection)
    connection.execute(text("DELETE FROM search_tail"))
    statement = text("SELECT id FROM articles ORDER BY published_at, id")
    ids = connection.execute(statement).scalars().all()
    for start in range(0, len(ids), _AT_ONCE):
        index.add(connection, _entries(connection, ids[start : start + _AT_ONCE]))
        index.settle(connection)
    return len(ids)


def reindex_if_waiting(connection: Connection) -> None:
    """Indexes a database that was laid before there was an index."""
    waiting = connection.execute(text("SELECT count(*) FROM search_tail")).scalar_one()
    if waiting:
        logger.info("indexing %d articles for the search", waiting)
        reindex(connection)


def _index(connection: Connection) -> ModuleType:
    return sqlite if connection.dialect.name == "sqlite" else postgresql


def _entries(connection: Connection, ids: Sequence[int], section: str | None = None) -> list[Entry]:
    columns = (articles.c.id, articles.c.title, articles.c.body, articles.c.published_at)
    query = select(*columns).where(among(connection.dialect.name, articles.c.id, ids))
    if section is not None:
        query = query.where(articles.c.section == section)
    return [Entry.of(row) for row in connection.execute(query).mappings()]


def _tail(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Those of the articles that are in the tail."""
    if not ids:
        return set()
    column: Column[int] = Column("article_id", Integer)
    waiting = among(connection.dialect.name, column, ids)
    query = select(column).select_from(text("search_tail")).where(waiting)
    return set(connection.execute(query).scalars())


def _to_tail(connection: Connection, entries: Iterable[Entry]) -> None:
    if rows := [{"id": entry.id} for entry in entries]:
        statement = "INSERT INTO search_tail (article_id) VALUES (:id) ON CONFLICT DO NOTHING"
        connection.execute(text(statement), rows)


def _in_tail(connection: Connection, query: Query) -> Iterator[tuple[int, int]]:
    """Moment and id of the articles in the tail that the query finds: on SQLite, whose tail is
    empty but for what was written without the index."""
    ids = connection.execute(text("SELECT article_id FROM search_tail")).scalars().all()
    for start in range(0, len(ids), _AT_ONCE):
        for entry in _entries(connection, ids[start : start + _AT_ONCE], query.section):
            if query.covers(entry.moment) and query.matches(entry.title, entry.body):
                yield entry.moment, entry.id
