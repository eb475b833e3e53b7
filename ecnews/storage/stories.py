"""Which articles tell one story: they share `story_id`, the id of the story's first article.

An article joins the stories of its copies, and so may make two stories one. None is taken out of a
story again but by `rebuild`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, bindparam, delete, select, update

from ecnews import catalog
from ecnews.storage import index
from ecnews.storage.index import Print
from ecnews.storage.rows import Row
from ecnews.storage.schema import articles, bands, dedupe, fingerprints
from ecnews.storage.statements import rows_among, upsert
from ecnews.text import fingerprint, near, story
from ecnews.text.fingerprint import Codes, content_hash
from ecnews.text.story import Told

_CHUNK = 500  # articles that a rebuild handles at a time


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild has found."""

    articles: int
    stories: int
    largest: int


def tell(
    connection: Connection,
    new: Iterable[Row],
    changed: Iterable[Row],
    recovered: Mapping[int, int],
    bodies: Mapping[int, Codes],
) -> None:
    """Puts rows of `articles` that were just written (all with `id`, the new ones each with a story
    of its own) into the index and into stories. By id, `recovered` says how much was restored in
    an article, 0 if it is not named, and `bodies` has what counts of its body.

    The connection is inside the writer's transaction, which admits no other writer.
    """
    fresh, known = ({row["id"]: row for row in each} for each in (new, changed))
    rows = fresh | known
    if not rows:
        return
    prints = _prints(rows.values(), recovered, [bodies[id_] for id_ in rows])
    index.forget(connection, list(known))
    pairs = list(index.candidates(connection, prints, index.threshold(connection)))
    index.keep(connection, prints)
    told = {id_: Told(row["title"], row["body"]) for id_, row in rows.items()}
    _load(connection, {other for _, other in pairs}, told)
    stories = _Stories()
    stories.know((id_, row["story_id"]) for id_, row in fresh.items())
    stories.load(connection, told.keys() - fresh.keys())
    stories.join_same_number(connection, {row["number"] for row in rows.values()})
    stories.join_copies(pairs, told)
    stories.save(connection)


def rebuild(
    connection: Connection,
    now: datetime,
    threshold: float = near.THRESHOLD,
) -> Rebuilt:
    """Makes the index and all stories anew, with a threshold that holds from now on.

    The connection is inside a transaction that admits no other writer.
    """
    _set_threshold(connection, threshold, now)
    connection.execute(delete(bands))
    query = select(fingerprints.c.article_id, fingerprints.c.recovered)
    recovered = {row.article_id: row.recovered for row in connection.execute(query)}
    memory, figures = near.Index(threshold), dict[int, bytes]()
    stories = _Stories()
    numbers = set()
    for chunk in _chunks(connection):
        bodies = fingerprint.folded_all(row["body"] for row in chunk)
        prints = _prints(chunk, recovered, bodies)
        index.keep(connection, prints)
        told = {row["id"]: Told(row["title"], row["body"]) for row in chunk}
        stories.know((row["id"], row["id"]) for row in chunk)
        pairs = []
        for id_, kept in prints.items():
            found = memory.query(kept.signature)
            pairs += [(id_, other) for other in index.likeliest(kept, found, figures)]
            memory.add(id_, kept.signature)
            figures[id_] = kept.figures
        _load(connection, {other for _, other in pairs}, told)
        stories.join_copies(pairs, told)
        numbers |= {row["number"] for row in chunk}
    stories.join_same_number(connection, numbers)
    return stories.replace(connection)


class _Stories:
    """The stories of articles, by id, of which some become one."""

    def __init__(self) -> None:
        self._former: dict[int, int | None] = {}
        self._joined: dict[int, int] = {}  # a story's id -> that of the earlier one it belongs to

    def know(self, rows: Iterable[tuple[int, int | None]]) -> None:
        self._former.update(rows)

    def load(self, connection: Connection, ids: Collection[int]) -> None:
        if not ids:
            return
        rows = rows_among(connection, articles.c.id, sorted(ids), "id", "story_id")
        self.know((row.id, row.story_id) for row in rows)

    def of(self, article: int) -> int:
        return self._root(self._former[article] or article)

    def join(self, article: int, other: int) -> None:
        first, second = sorted((self.of(article), self.of(other)))
        if first != second:
            self._joined[second] = first

    def join_same_number(self, connection: Connection, numbers: Iterable[int]) -> None:
        """Joins articles with the same number and title, on whatever hosts. The number alone says
        nothing: another site has articles of its own."""
        names = ("id", "number", "title", "story_id")
        rows = rows_among(connection, articles.c.number, sorted(numbers), *names)
        times = Counter(row.number for row in rows)
        met: dict[tuple[int, str], int] = {}
        for row in rows:
            if times[row.number] > 1:
                self._former.setdefault(row.id, row.story_id)
                self.join(row.id, met.setdefault((row.number, content_hash(row.title)), row.id))

    def join_copies(self, pairs: Iterable[tuple[int, int]], told: Mapping[int, Told]) -> None:
        """Joins articles of which one is a copy of the other, by their texts."""
        for article, other in pairs:
            if self.of(article) != self.of(other) and story.same(told[article], told[other]):
                self.join(article, other)

    def save(self, connection: Connection) -> None:
        """Writes down which stories were joined, and the stories of articles that had none."""
        joined = {story_id: self._root(story_id) for story_id in self._joined}
        _update(connection, articles.c.story_id, joined)
        without = [article for article, former in self._former.items() if former is None]
        _update(connection, articles.c.id, {article: self.of(article) for article in without})

    def replace(self, connection: Connection) -> Rebuilt:
        """Writes down the stories of all articles, which are known, where they differ."""
        sizes = Counter(self.of(article) for article in self._former)
        query = select(articles.c.id, articles.c.story_id)
        differ = {
            row.id: self.of(row.id)
            for row in connection.execute(query)
            if row.story_id != self.of(row.id)
        }
        _update(connection, articles.c.id, differ)
        return Rebuilt(len(self._former), len(sizes), max(sizes.values(), default=0))

    def _root(self, story_id: int) -> int:
        while story_id in self._joined:
            story_id = self._joined[story_id]
        return story_id


def _prints(
    rows: Collection[Row], recovered: Mapping[int, int], bodies: Iterable[Codes]
) -> dict[int, Print]:
    """By id; `bodies` are what counts of theirs."""
    owns = catalog.load().owns
    # By the address up to the path: of few hosts that are many.
    own = {base: owns(base) for base in {_base(row["url"]) for row in rows}}
    return {
        row["id"]: Print(
            signature,
            fingerprint.figure_bits(row["body"]),
            own[_base(row["url"])],
            recovered.get(row["id"], 0),
        )
        for row, signature in zip(rows, fingerprint.signatures(bodies), strict=True)
    }


def _base(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _load(connection: Connection, ids: set[int], told: dict[int, Told]) -> None:
    """Texts of articles that are not there yet."""
    if missing := sorted(ids - told.keys()):
        for row in rows_among(connection, articles.c.id, missing, "id", "title", "body"):
            told[row.id] = Told(row.title, row.body)


def _chunks(connection: Connection) -> Iterator[list[Row]]:
    columns = [articles.c[name] for name in ("id", "number", "url", "title", "body")]
    last = 0
    while True:
        query = select(*columns).where(articles.c.id > last).order_by(articles.c.id)
        chunk = [dict(row) for row in connection.execute(query.limit(_CHUNK)).mappings()]
        if not chunk:
            return
        yield chunk
        last = chunk[-1]["id"]


def _update(connection: Connection, where: Column[Any], stories: Mapping[int, int]) -> None:
    """Gives a story to the articles that have these values in a column."""
    if stories:
        statement = (
            update(articles).where(where == bindparam("value")).values(story_id=bindparam("story"))
        )
        connection.execute(
            statement, [{"value": value, "story": id_} for value, id_ in stories.items()]
        )


def _set_threshold(connection: Connection, threshold: float, now: datetime) -> None:
    names = ("threshold", "rebuilt_at")
    statement = upsert(
        connection.dialect.name, dedupe, dedupe.c.id, lambda new: {n: new[n] for n in names}
    )
    connection.execute(statement, {"id": 1, "threshold": threshold, "rebuilt_at": now})
