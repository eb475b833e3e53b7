"""Search for characters, words and phrases in titles and bodies: exact, and without extensions.

A hit is what LIKE finds on folded text (`fold.py`). Every article is in the index or in the
tail, `search_tail`, which is looked at article by article: so the hits are the same always.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType

from sqlalchemy import BigInteger, Connection, Engine, column, delete, select, table, text

from ecnews.storage.schema import articles
from ecnews.storage.search import hits, postgresql, sqlite
from ecnews.storage.search.entry import Entry
from ecnews.storage.search.hits import Hit
from ecnews.storage.search.query import Query, parse
from ecnews.storage.statements import among, lock

logger = logging.getLogger(__name__)

__all__ = [
    "Entry",
    "Hit",
    "Query",
    "find",
    "keep",
    "parse",
    "reindex",
    "reindex_if_waiting",
    "settle",
    "show",
]

_search_tail = table("search_tail", column("article_id", BigInteger), column("moment"))
_TO_TAIL = "INSERT INTO search_tail (article_id, moment) VALUES (?, ?)"
_RANKED = 1000  # hits of which the most relevant are shown
_AT_ONCE = 1000  # articles of the tail read at a time


def find(connection: Connection, query: Query, limit: int | None = 20) -> list[int]:
    """Ids of the articles that the query finds, newest first; None for all of them."""
    found = _index(connection).find(connection, query, limit)
    if connection.dialect.name == "sqlite":
        # A set: what was in the index before it was changed without it is in both.
        found = sorted({*found, *_in_tail(connection, query)}, reverse=True)
    return [id_ for _, id_ in found][:limit]


def show(
    connection: Connection, query: Query, limit: int | None = 20, by_relevance: bool = False
) -> list[Hit]:
    """The articles that the query finds, newest first, with the words marked in a snippet.

    By relevance: of the newest thousand, those first whose titles have most of the words, then
    those in which they stand most densely.
    """
    if not by_relevance:
        return hits.read(connection, query, find(connection, query, limit))
    ids = hits.by_relevance(connection, query, find(connection, query, _RANKED))
    return hits.read(connection, query, ids[:limit])


def keep(
    connection: Connection, new: Iterable[Entry], former: Iterable[Entry], indexed: bool = True
) -> None:
    """Brings the index up to date in the transaction that writes articles: `new` are the entries
    as they are now, `former` what those among them were that have changed.

    `indexed=False` puts them into the tail only.
    """
    index, now = _index(connection), {entry.id: entry for entry in new}
    before = {entry.id: entry for entry in former}
    gone = [entry for entry in before.values() if entry != now[entry.id]]
    same = {id_ for id_, entry in before.items() if entry == now[id_]}
    waiting = _leave_tail(connection, [entry.id for entry in gone])
    index.remove(connection, [entry for entry in gone if entry.id not in waiting])
    fresh = [entry for entry in now.values() if entry.id not in same]
    if indexed:
        index.add(connection, fresh)
    else:
        _to_tail(connection, fresh)


def settle(engine: Engine) -> None:
    """Packs the index where there is enough to pack; to be called now and then, between the
    transactions of a writer."""
    if engine.dialect.name == "postgresql":
        postgresql.settle(engine)


def reindex(connection: Connection) -> int:
    """Builds the index anew, in one transaction, which keeps writers out; how many articles it
    has."""
    lock(connection)
    _index(connection).rebuild(connection)
    return int(connection.execute(text("SELECT count(*) FROM articles")).scalar_one())


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


def _leave_tail(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Takes articles out of the tail; those that were in it."""
    if not ids:
        return set()
    leaving = among(connection.dialect.name, _search_tail.c.article_id, ids)
    statement = delete(_search_tail).where(leaving).returning(_search_tail.c.article_id)
    return set(connection.execute(statement).scalars())


def _to_tail(connection: Connection, entries: Iterable[Entry]) -> None:
    if rows := [[entry.id, entry.moment] for entry in entries]:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(_TO_TAIL, [tuple(row) for row in rows])
        else:
            postgresql.append(connection, *zip(*rows, strict=True))


def _in_tail(connection: Connection, query: Query) -> Iterator[tuple[int, int]]:
    """Moment and id of the articles in the tail that the query finds: on SQLite, whose tail is
    empty but for what was written without the index."""
    ids = connection.execute(text("SELECT article_id FROM search_tail")).scalars().all()
    for start in range(0, len(ids), _AT_ONCE):
        for entry in _entries(connection, ids[start : start + _AT_ONCE], query.section):
            if query.covers(entry.moment) and query.matches(entry.title, entry.body):
                yield entry.moment, entry.id
