"""Stories with their members, for reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, column, func, select, table

from ecnews.storage.schema import articles, fingerprints, sightings
from ecnews.storage.statements import among

_NEWS = table("news", column("id"))
_AT_ONCE = 200  # stories read together


@dataclass(frozen=True, slots=True)
class Member:
    """One article of a story: `shown` in the view `news`, and the hosts on which it was met."""

    id: int
    url: str
    title: str
    body: str
    published_at: datetime | None
    recovered: int
    shown: bool
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """The member that is shown comes first."""

    id: int
    members: tuple[Member, ...]


def stories(
    connection: Connection, since: datetime | None = None, least: int = 2, limit: int | None = None
) -> Iterator[Story]:
    """Stories of at least so many articles, those with the newest member first; `since`: with a
    member that was published, or where that is unknown first met, at that time or later."""
    newest = func.max(func.coalesce(articles.c.published_at, articles.c.first_seen_at))
    query = (
        select(articles.c.story_id)
        .where(articles.c.story_id.is_not(None))
        .group_by(articles.c.story_id)
        .having(func.count() >= least)
        .order_by(newest.desc(), articles.c.story_id)
    )
    if since is not None:
        query = query.having(newest >= since)
    ids = list(connection.execute(query.limit(limit)).scalars())
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        members = _members(connection, some)
        for id_ in some:
            yield Story(id_, tuple(sorted(members[id_], key=lambda m: (not m.shown, m.id))))


def _members(connection: Connection, story_ids: list[int]) -> dict[int, list[Member]]:
    dialect = connection.dialect.name
    hosts: dict[int, set[str]] = {}
    met = select(sightings.c.article_id, sightings.c.host).join(
        articles, articles.c.id == sightings.c.article_id
    )
    wanted = among(dialect, articles.c.story_id, story_ids)
    for article_id, host in connection.execute(met.where(wanted)):
        hosts.setdefault(article_id, set()).add(host)
    columns = (articles.c[n] for n in ("id", "url", "title", "body", "published_at", "story_id"))
    query = (
        select(*columns, fingerprints.c.recovered, _NEWS.c.id.is_not(None).label("shown"))
        .outerjoin(fingerprints, fingerprints.c.article_id == articles.c.id)
        .outerjoin(_NEWS, _NEWS.c.id == articles.c.id)
    )
    members: dict[int, list[Member]] = {}
    for row in connection.execute(query.where(wanted)).all():
        members.setdefault(row.story_id, []).append(
            Member(
                row.id,
                row.url,
                row.title,
                row.body,
                row.published_at,
                row.recovered or 0,
                bool(row.shown),
                tuple(sorted(hosts.get(row.id, ()))),
            )
        )
    return members
