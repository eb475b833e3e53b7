"""Writes articles in batches, each in one transaction; what has not changed is not written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, Table, bindparam, delete, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from ecnews.items import Article
from ecnews.storage import database, stories
from ecnews.storage.schema import articles, removed_blocks, sightings
from ecnews.text.fingerprint import content_hash

_INSERT: dict[str, Callable[[Table], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
# Set once, or set with every change: no difference in them is a change.
_NOT_CONTENT = {"id", "story_id", "url", "first_seen_at", "updated_at"}


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch, in articles."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


class Writer:
    """Collects articles and writes them `batch_size` at a time; the last one of a URL counts."""

    def __init__(
        self,
        engine: Engine,
        batch_size: int = 100,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.engine = engine
        self.batch_size = batch_size
        self.now = now
        self.pending: dict[str, Article] = {}
        self._upsert_articles = _upsert_articles(engine.dialect.name)
        self._upsert_sightings = _upsert_sightings(engine.dialect.name)

    def add(self, article: Article) -> Written:
        """Takes an article with a URL; writes once a batch is full."""
        if article.url is None:
            raise ValueError("an article without a URL cannot be stored")
        self.pending[article.url] = article
        return self.flush() if len(self.pending) >= self.batch_size else Written()

    def flush(self) -> Written:
        """Writes what is pending, all of it or nothing.

        Raises DatabaseError; the articles then stay pending.
        """
        if not self.pending:
            return Written()
        now = self.now()
        try:
            with self.engine.begin() as connection:
                written = self._write(connection, list(self.pending.values()), now)
        except SQLAlchemyError as error:
            raise database.explained(error, self.engine.url) from error
        self.pending.clear()
        return written

    def _write(self, connection: Connection, batch: list[Article], now: datetime) -> Written:
        touched = connection.execute(
            self._upsert_articles, [_article_row(article, now) for article in batch]
        ).all()
        urls = [article.url for article in batch]
        known = select(articles.c.url, articles.c.id).where(articles.c.url.in_(urls))
        ids = {row.url: row.id for row in connection.execute(known)}
        connection.execute(self._upsert_sightings, list(_sighting_rows(batch, ids, now)))
        _replace_removed(connection, batch, ids, {row.id for row in touched})
        touched_ids = {row.id for row in touched}
        rows = [_article_row(article, now) | {"id": ids[article.url or ""]} for article in batch]
        stories.tell(
            connection,
            [row for row in rows if row["id"] in touched_ids],
            {ids[article.url or ""]: sum(article.recovered.values()) for article in batch},
        )
        new = sum(row.first_seen_at == now for row in touched)
        return Written(new, len(touched) - new, len(batch) - len(touched))


def _upsert_articles(dialect: str) -> Any:
    """Inserts; on a known URL updates what differs; returns the rows that it touched."""
    statement = _INSERT[dialect](articles)
    content = [column for column in articles.c if column.name not in _NOT_CONTENT]
    return statement.on_conflict_do_update(
        index_elements=[articles.c.url],
        set_={c.name: statement.excluded[c.name] for c in (*content, articles.c.updated_at)},
        where=or_(*(c.is_distinct_from(statement.excluded[c.name]) for c in content)),
    ).returning(articles.c.id, articles.c.first_seen_at)


def _upsert_sightings(dialect: str) -> Any:
    statement = _INSERT[dialect](sightings)
    return statement.on_conflict_do_update(
        index_elements=[sightings.c.url],
        set_={name: statement.excluded[name] for name in ("article_id", "last_seen_at")},
    )


def _article_row(article: Article, now: datetime) -> dict[str, Any]:
    return {
        "number": article.number,
        "url": article.url,
        "title": article.title,
        "body": article.body,
        "section": article.section,
        "source": article.source,
        "author": article.author,
        "keywords": article.keywords,
        "images": article.images,
        "published_at": article.published_at and datetime.fromisoformat(article.published_at),
        "first_seen_at": now,
        "updated_at": now,
        "content_hash": content_hash(article.title or "", article.body or ""),
    }


def _sighting_rows(
    batch: Iterable[Article], ids: dict[str, int], now: datetime
) -> Iterable[dict[str, Any]]:
    for article in batch:
        url = article.fetched_url or article.url
        yield {
            "url": url,
            "article_id": ids[article.url or ""],
            "host": urlsplit(url or "").netloc.lower(),
            "first_seen_at": now,
            "last_seen_at": now,
        }


def _replace_removed(
    connection: Connection, batch: Iterable[Article], ids: dict[str, int], touched: set[int]
) -> None:
    if not touched:
        return
    connection.execute(
        delete(removed_blocks).where(
            removed_blocks.c.article_id.in_(bindparam("ids", expanding=True))
        ),
        {"ids": sorted(touched)},
    )
    rows = [
        {"article_id": id_, "kind": block.kind, "rule": block.rule, "text": block.text}
        for article in batch
        if (id_ := ids[article.url or ""]) in touched
        for block in article.removed
    ]
    if rows:
        connection.execute(insert(removed_blocks), rows)
