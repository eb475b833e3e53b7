"""What a search shows: the articles found, with the words marked in a piece of the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection, select

from ecnews.storage.schema import articles
from ecnews.storage.search.fold import fold
from ecnews.storage.search.query import Query
from ecnews.storage.statements import among

_BEFORE, _LENGTH = 30, 110  # characters of a snippet: before its first word, and in all
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of text, and where the words stand in it."""

    text: str
    spans: tuple[Span, ...]

    def marked(self, begin: str, end: str) -> str:
        """The text with something around each of the words.

        >>> Snippet("据淘宝，", ((1, 3),)).marked("[", "]")
        '据[淘宝]，'
        """
        cuts = [0, *(place for span in self.spans for place in span), len(self.text)]
        pieces = [self.text[start:stop] for start, stop in pairwise(cuts)]
        return "".join(
            begin + piece + end if number % 2 else piece for number, piece in enumerate(pieces)
        )


@dataclass(frozen=True, slots=True)
class Hit:
    id: int
    number: int
    url: str
    title: Snippet
    snippet: Snippet
    section: str | None
    source: str | None
    published_at: datetime | None


def read(connection: Connection, query: Query, ids: Sequence[int]) -> list[Hit]:
    """The articles of these ids, in this order."""
    rows = connection.execute(
        select(articles).where(among(connection.dialect.name, articles.c.id, ids))
    ).all()
    hits = {
        row.id: Hit(
            row.id,
            row.number,
            row.url,
            _mark(row.title, query.words),
            snippet(row.body, query.words),
            row.section,
            row.source,
            row.published_at,
        )
        for row in rows
    }
    return [hits[id_] for id_ in ids if id_ in hits]


def by_relevance(connection: Connection, query: Query, ids: Sequence[int]) -> list[int]:
    """The ids with those first that have most of the words in the title, then those in which the
    words stand most densely; of equals, in the order given."""
    columns = (articles.c.id, articles.c.title, articles.c.body)
    weights = {}
    rows = select(*columns).where(among(connection.dialect.name, articles.c.id, ids))
    words = [fold(word) for word in query.words]
    for row in connection.execute(rows):
        title, body = fold(row.title), fold(row.body)
        in_title = sum(word in title for word in words)
        density = sum(body.count(word) * len(word) for word in words) / (len(body) + 1)
        weights[row.id] = (-in_title, -density)
    return sorted((id_ for id_ in ids if id_ in weights), key=lambda id_: weights[id_])


def snippet(body: str, words: Sequence[str]) -> Snippet:
    """The part of the text with the first word in it, on one line."""
    line = re.sub(r"\s+", " ", body)
    first = min((start for start, _ in _spans(line, words)), default=0)
    start = max(0, min(first - _BEFORE, len(line) - _LENGTH))
    piece = line[start : start + _LENGTH]
    piece = ("…" if start else "") + piece + ("…" if start + _LENGTH < len(line) else "")
    return _mark(piece, words)


def _mark(text: str, words: Sequence[str]) -> Snippet:
    return Snippet(text, tuple(_spans(text, words)))


def _spans(text: str, words: Sequence[str]) -> list[Span]:
    """Where the words stand, those that touch or overlap taken together."""
    folded = fold(text)
    found: list[Span] = []
    for word in map(fold, words):
        start = folded.find(word)
        while start >= 0:
            found.append((start, start + len(word)))
            start = folded.find(word, start + 1)
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
