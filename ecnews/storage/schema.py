"""The tables, the same on SQLite and PostgreSQL.

The migrations lay them (`migrations/`); what is changed here is changed there as well, and a test
compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine


class _Text(sqlite.DATETIME):
    """As the dialect writes it, "2026-01-21 06:57:28.000000", in a tenth of the time."""

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:
        def process(value: datetime | None) -> str | None:
            return (
                None if value is None else value.replace(tzinfo=None).isoformat(" ", "microseconds")
            )

        return process


class UTCDateTime(TypeDecorator[datetime]):
    """A point in time, aware on the Python side: stored in UTC, with zone on PostgreSQL."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(
            _Text() if dialect.name == "sqlite" else self.impl  # type: ignore[no-untyped-call]
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_Json = JSON().with_variant(JSONB(), "postgresql")
_Id = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by INTEGER alone


def _id() -> Column[Any]:
    return Column("id", _Id, primary_key=True, comment="row number")


def _moment(name: str, comment: str, nullable: bool = False) -> Column[Any]:
    return Column(name, UTCDateTime, nullable=nullable, comment=comment)


def _article_id() -> Column[Any]:
    return Column(
        "article_id",
        _Id,
        ForeignKey("articles.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
        comment="the row in articles",
    )


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

articles = Table(
    "articles",
    metadata,
    _id(),
    Column("number", BigInteger, nullable=False, index=True, comment="the site's article number"),
    Column("url", Text, nullable=False, unique=True, comment="canonical address"),
    Column("title", Text, nullable=False, comment="the article's own heading"),
    Column("body", Text, nullable=False, comment="paragraphs joined by one empty line"),
    Column("section", Text, index=True, comment="as the breadcrumb names it"),
    Column("source", Text, comment="where the publisher has it from"),
    Column("author", Text, comment="who wrote it"),
    Column("keywords", _Json, nullable=False, comment="list of strings"),
    Column("images", _Json, nullable=False, comment="list of addresses"),
    Column("published_at", UTCDateTime, index=True, comment="UTC"),
    _moment("first_seen_at", "when a crawl first met the article, UTC"),
    _moment("updated_at", "when the row last changed, UTC"),
    Column("content_hash", String(64), nullable=False, comment="SHA-256 of title and body"),
    Column(
        "story_id",
        _Id,
        ForeignKey("articles.id", ondelete="SET NULL"),
        index=True,
        comment="the article that the story of this one is named for; null where not yet decided",
    ),
    Column(
        "polluted",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="whether spam was taken out of the page, or its text restored",
    ),
    comment="one row an article",
)

sightings = Table(
    "sightings",
    metadata,
    _id(),
    Column("url", Text, nullable=False, unique=True, comment="as fetched"),
    _article_id(),
    Column("host", Text, nullable=False, comment="host of the address, with port if any"),
    _moment("first_seen_at", "UTC"),
    _moment("last_seen_at", "UTC"),
    comment="every address under which an article was met",
)

revisions = Table(
    "revisions",
    metadata,
    _id(),
    _article_id(),
    _moment("seen_at", "when the change was seen, UTC"),
    Column("changed", _Json, nullable=False, comment="list of the columns that changed"),
    Column("before", _Json, nullable=False, comment="what stood in these columns, by name"),
    comment="what an article was before each change; articles has what it is",
)

removed_blocks = Table(
    "removed_blocks",
    metadata,
    _id(),
    _article_id(),
    Column("kind", Text, nullable=False, comment="blurb, notice, widget, caption"),
    Column("rule", Text, nullable=False, comment="the rule that found it"),
    Column("text", Text, nullable=False, comment="the block"),
    comment="what cleaning took out of an article, as of its newest text",
)

quarantine = Table(
    "quarantine",
    metadata,
    _id(),
    Column("url", Text, nullable=False, unique=True, comment="canonical address, cut if too long"),
    Column("number", BigInteger, index=True, comment="the site's article number, where known"),
    Column("reason", Text, nullable=False, comment="short, for counting"),
    Column("detail", Text, nullable=False, comment="the whole sentence"),
    _moment("seen_at", "when it was last met, UTC"),
    Column("times", Integer, nullable=False, comment="how often it was met"),
    comment="pages that are not stored as articles, and why",
)

fetches = Table(
    "fetches",
    metadata,
    _id(),
    Column("number", BigInteger, unique=True, comment="the site's article number, or"),
    Column("url", Text, unique=True, comment="the address of a page that has none"),
    Column("outcome", Text, nullable=False, comment="stored, gone, quarantined, failed or skipped"),
    Column("detail", Text, comment="more of it: a section, an HTTP status"),
    _moment("fetched_at", "when it was last fetched, UTC"),
    Column("times", Integer, nullable=False, comment="how often in a row it ended like this"),
    CheckConstraint("(number IS NULL) <> (url IS NULL)", name="one_key"),
    comment="what became of each page when it was last fetched",
)

runs = Table(
    "runs",
    metadata,
    _id(),
    Column("spider", Text, nullable=False, comment="name of the spider"),
    Column("arguments", _Json, nullable=False, comment="what followed -a, by name"),
    Column("job", Text, comment="scrapyd's job, if it was one"),
    Column("host", Text, nullable=False, comment="the machine"),
    Column("pid", Integer, nullable=False, comment="the process"),
    Column("version", Text, nullable=False, comment="of ecnews"),
    Column("rules", Text, nullable=False, comment="fingerprint of the rules and the site file"),
    _moment("started_at", "UTC"),
    _moment("updated_at", "when the run was last known to be alive, UTC"),
    _moment("finished_at", "UTC; null while it runs, and for a run that was killed", nullable=True),
    Column("verdict", Text, comment="null while it runs; killed if it ended without a word"),
    Column("sentence", Text, comment="the verdict in words"),
    Column("counts", _Json, nullable=False, comment="its statistics so far, by name"),
    comment="one row a crawl",
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column(
        "article_id",
        _Id,
        ForeignKey("articles.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="the row in articles",
    ),
    Column("slots", LargeBinary, nullable=False, comment="MinHash of the body: 128 of 16 bits"),
    Column("shingles", Integer, nullable=False, comment="how many 4-grams the body has"),
    Column("figures", LargeBinary, nullable=False, comment="which figures it has: 128 bits"),
    Column("own", Boolean, nullable=False, comment="whether the address is the site's own"),
    Column("recovered", Integer, nullable=False, comment="how much was restored in it; 0 if clean"),
    comment="what tells which articles may be one story",
)

bands = Table(
    "bands",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=False, comment="hash of three slots"),
    Column(
        "article_id", _Id, primary_key=True, autoincrement=False, comment="an article that has it"
    ),
    comment="index of the fingerprints: articles that share a key may be near",
    sqlite_with_rowid=False,
)

dedupe = Table(
    "dedupe",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("threshold", Float, nullable=False, comment="how much of a text another must have"),
    _moment("rebuilt_at", "when `scrapy db dedupe` last ran, UTC"),
    CheckConstraint("id = 1", name="one_row"),
    comment="how articles become stories, where that was set",
)

kept = Table(
    "kept",
    metadata,
    Column("name", Text, primary_key=True, comment="what is kept: its kind and its subject"),
    Column("value", _Json, nullable=False, comment="as the crawler needs it"),
    _moment("kept_at", "when it was learnt, UTC"),
    comment="what a run learns for the next: robots.txt, cookies, how far a list is read",
)
