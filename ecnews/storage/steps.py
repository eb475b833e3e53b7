"""The steps of writing a batch, each a function over the connection and the rows.

All of them run in one transaction, alone: SQLite admits one writer, and on PostgreSQL the first
step takes a lock that every writer takes. So what one step has read, the next can rely on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from ecnews.items import Article, Quarantined
from ecnews.storage import search, stories
from ecnews.storage.rows import Row, article_rows, quarantine_row, removed_rows, sighting_row
from ecnews.storage.schema import articles, quarantine, removed_blocks, revisions, sightings
from ecnews.storage.spool import Waiting
from ecnews.storage.statements import among, among_listed, listed, lock, upsert, write_many
from ecnews.text.fingerprint import Codes

# What a page says; a difference in it is a change, but for white space.
CONTENT = "number title body section source author keywords images published_at polluted".split()
_INSERT_ARTICLES, _INSERT_BLOCKS = insert(articles), insert(removed_blocks)
_ANY_QUARANTINED = select(quarantine.c.id).limit(1)
_LAST_ID = select(func.max(articles.c.id))
_SET_WITH_CONTENT = [*CONTENT, "content_hash", "updated_at"]


@dataclass(slots=True)
class Changes:
    """A batch against what the database had: rows as they are now, and of the changed ones, by id,
    as they were."""

    new: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    former: dict[int, Row] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)  # of every URL of the batch

    @property
    def touched(self) -> list[Row]:
        return self.new + self.changed


def write(
    connection: Connection, batch: Iterable[Waiting], indexed: bool = True
) -> tuple[dict[str, int], dict[str, str]]:
    """Writes items, one of a URL at most; how many are new, changed, unchanged, quarantined, and of
    each article that was written which of these it is, by its URL."""
    found = [(item, seen) for item, seen in batch if isinstance(item, Article)]
    refused = [(item, seen) for item, seen in batch if isinstance(item, Quarantined)]
    rows, bodies = article_rows(found)
    lock(connection)
    changes = compare(connection, rows)
    insert_new(connection, changes)
    update_changed(connection, changes)
    keep_sightings(connection, found, changes)
    replace_removed(connection, found, changes)
    tell_stories(connection, found, changes, bodies)
    search.keep(
        connection,
        map(search.Entry.of, changes.touched),
        map(search.Entry.of, changes.former.values()),
        indexed,
    )
    release(connection, rows)
    confine(connection, refused)
    counts = {
        "new": len(changes.new),
        "changed": len(changes.changed),
        "unchanged": len(rows) - len(changes.touched),
        "quarantined": len(refused),
    }
    fates = {row["url"]: "unchanged" for row in rows}
    fates |= {row["url"]: "changed" for row in changes.changed}
    return counts, fates | {row["url"]: "new" for row in changes.new}


def compare(connection: Connection, rows: list[Row]) -> Changes:
    """Which rows are new, and which differ from what is there."""
    changes = Changes()
    dialect = connection.dialect.name
    urls = listed(dialect, [row["url"] for row in rows])
    found = connection.execute(_known(dialect), {"urls": urls}).mappings()
    known = {row["url"]: dict(row) for row in found}
    for row in rows:
        former = known.get(row["url"])
        if former is None:
            changes.new.append(row)
            continue
        row["id"] = changes.ids[row["url"]] = former["id"]
        if supersedes(row, former) and changed(former, row):
            changes.changed.append(row)
            changes.former[former["id"]] = former
    return changes


@cache
def _known(dialect: str) -> Any:
    columns = [articles.c[name] for name in ("id", "url", "updated_at", *CONTENT)]
    return select(*columns).where(among_listed(dialect, articles.c.url, bindparam("urls")))


def supersedes(row: Row, former: Row) -> bool:
    """Whether a row takes the place of the one that is there: the clean that of the polluted, else
    the later (what waited in the spool may be older than what another crawl has seen since)."""
    if row["polluted"] != former["polluted"]:
        return bool(former["polluted"])
    return bool(former["updated_at"] <= row["updated_at"])


def changed(former: Row, row: Row) -> list[str]:
    """The columns in which a row says something else."""
    return [name for name in CONTENT if _said(former[name]) != _said(row[name])]


def _said(value: Any) -> Any:
    return "".join(value.split()) if isinstance(value, str) else value


def insert_new(connection: Connection, changes: Changes) -> None:
    if not changes.new:
        return
    for row, id_ in zip(changes.new, _next_ids(connection, len(changes.new)), strict=True):
        # A story of its own, until another tells the same.
        row["id"] = row["story_id"] = changes.ids[row["url"]] = id_
    write_many(connection, _INSERT_ARTICLES, changes.new)


def _next_ids(connection: Connection, count: int) -> Iterable[int]:
    if connection.dialect.name == "postgresql":
        sequence = "SELECT nextval(pg_get_serial_sequence('articles', 'id')) FROM generate_series"
        return connection.execute(text(f"{sequence}(1, :count)"), {"count": count}).scalars().all()
    last = connection.execute(_LAST_ID).scalar() or 0
    return range(last + 1, last + 1 + count)


def update_changed(connection: Connection, changes: Changes) -> None:
    """Each changed row, and what it was as a revision."""
    if not changes.changed:
        return
    history = []
    for row in changes.changed:
        former = changes.former[row["id"]]
        names = changed(former, row)
        for name in CONTENT:
            if name not in names:
                row[name] = former[name]  # its white space too stays as it is
        before = {name: _plain(former[name]) for name in names}
        history.append(
            {
                "article_id": row["id"],
                "seen_at": row["updated_at"],
                "changed": names,
                "before": before,
            }
        )
    connection.execute(insert(revisions), history)
    values: dict[str, Any] = {name: bindparam(name) for name in _SET_WITH_CONTENT}
    statement = update(articles).where(articles.c.id == bindparam("row_id")).values(values)
    connection.execute(
        statement,
        [
            {"row_id": row["id"]} | {name: row[name] for name in _SET_WITH_CONTENT}
            for row in changes.changed
        ],
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def keep_sightings(
    connection: Connection, found: list[tuple[Article, datetime]], changes: Changes
) -> None:
    rows = {
        row["url"]: row
        for article, seen in found
        for row in [sighting_row(article, changes.ids[article.url or ""], seen)]
    }
    write_many(connection, _upsert_sightings(connection.dialect.name), list(rows.values()))


@cache
def _upsert_sightings(dialect: str) -> Any:
    return upsert(
        dialect,
        sightings,
        sightings.c.url,
        lambda new: {"article_id": new.article_id, "last_seen_at": new.last_seen_at},
    )


def replace_removed(
    connection: Connection, found: list[tuple[Article, datetime]], changes: Changes
) -> None:
    """The removed blocks of what is new or changed."""
    dialect = connection.dialect.name
    if changes.changed:
        ids = [row["id"] for row in changes.changed]
        connection.execute(
            delete(removed_blocks).where(among(dialect, removed_blocks.c.article_id, ids))
        )
    touched = {row["id"] for row in changes.touched}
    rows = [
        row
        for article, _ in found
        if (id_ := changes.ids[article.url or ""]) in touched
        for row in removed_rows(article, id_)
    ]
    write_many(connection, _INSERT_BLOCKS, rows)


def tell_stories(
    connection: Connection,
    found: list[tuple[Article, datetime]],
    changes: Changes,
    bodies: list[Codes],
) -> None:
    """`bodies` are what counts of those found."""
    ids = [changes.ids[article.url or ""] for article, _ in found]
    recovered = {
        id_: sum(article.recovered.values())
        for id_, (article, _) in zip(ids, found, strict=True)
        if article.recovered
    }
    stories.tell(
        connection, changes.new, changes.changed, recovered, dict(zip(ids, bodies, strict=True))
    )


def release(connection: Connection, rows: list[Row]) -> None:
    """Takes articles out of the quarantine that are clean by now."""
    if not rows or not connection.execute(_ANY_QUARANTINED).first():
        return
    dialect = connection.dialect.name
    connection.execute(
        delete(quarantine).where(
            or_(
                among(dialect, quarantine.c.number, [row["number"] for row in rows]),
                among(dialect, quarantine.c.url, [row["url"] for row in rows]),
            )
        )
    )


def confine(connection: Connection, refused: list[tuple[Quarantined, datetime]]) -> None:
    """Puts pages into the quarantine; one that is there already counts once more."""
    rows = {row["url"]: row for item, seen in refused for row in [quarantine_row(item, seen)]}
    if rows:
        statement = upsert(
            connection.dialect.name,
            quarantine,
            quarantine.c.url,
            lambda new: {
                **{name: new[name] for name in ("number", "reason", "detail", "seen_at")},
                "times": quarantine.c.times + 1,
            },
        )
        connection.execute(statement, list(rows.values()))
