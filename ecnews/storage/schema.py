"""The tables, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect


class UTCDateTime(TypeDecorator[datetime]):
    """A point in time, aware on the Python side: stored in UTC, with zone on PostgreSQL."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_Json = JSON().with_variant(JSONB(), "postgresql")
_Id = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by INTEGER alone


def _moment(name: str, comment: str, nullable: bool = False) -> Column[Any]:
    return Column(name, UTCDateTime, nullable=nullable, comment=comment)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

articles = Table(
    "articles",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("number", BigInteger, nullable=False, index=True, comment="the site's article number"),
    Column("url", Text, nullable=False, unique=True, comment="canonical address"),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False, comment="paragraphs joined by one empty line"),
    Column("section", Text, index=True, comment="as the breadcrumb names it"),
    Column("source", Text, comment="where the publisher has it from"),
    Column("author", Text),
    Column("keywords", _Json, nullable=False, comment="list of strings"),
    Column("images", _Json, nullable=False, comment="list of addresses"),
    Column("published_at", UTCDateTime, index=True, comment="UTC"),
    _moment("first_seen_at", "when a crawl first met the article, UTC"),
    _moment("updated_at", "when the row last changed, UTC"),
    Column("content_hash", String(64), nullable=False, comment="SHA-256 of title and body"),
    comment="one row an article",
)

sightings = Table(
    "sightings",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("url", Text, nullable=False, unique=True, comment="as fetched"),
    Column(
        "article_id", _Id, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("host", Text, nullable=False),
    _moment("first_seen_at", "UTC"),
    _moment("last_seen_at", "UTC"),
    comment="every address under which an article was met",
)

removed_blocks = Table(
    "removed_blocks",
    metadata,
    Column("id", _Id, primary_key=True),
    Column(
        "article_id", _Id, ForeignKey("articles.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("kind", Text, nullable=False, comment="blurb, notice, widget, caption"),
    Column("rule", Text, nullable=False, comment="the rule that found it"),
    Column("text", Text, nullable=False),
    comment="what cleaning took out of an article, as of its newest text",
)

kept = Table(
    "kept",
    metadata,
    Column("name", Text, primary_key=True, comment="what is kept: its kind and its subject"),
    Column("value", _Json, nullable=False, comment="as the crawler needs it"),
    _moment("kept_at", "when it was learnt, UTC"),
    comment="what a run learns for the next: robots.txt, cookies, how far a list is read",
)
