"""What is searched for: words, what must not occur, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ecnews.errors import ArgumentError
from ecnews.storage.search.fold import fold, needle

_QUOTES = '"＂“”'
# A phrase in quotes, which may be excluded, or a word: anything up to white space.
_PART = re.compile(rf"([-－]?)[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]|(\S+)")


@dataclass(frozen=True, slots=True)
class Query:
    """Every one of `words` occurs in title or body, none of `without` does.

    `since` is the first moment that counts, `until` the first that does not; `section` is exact.
    """

    words: tuple[str, ...]
    without: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    section: str | None = None

    def covers(self, moment: int) -> bool:
        """Whether a second, counted from 1970, lies between `since` and `until`."""
        return (self.since is None or moment >= int(self.since.timestamp())) and (
            self.until is None or moment < int(self.until.timestamp())
        )

    def matches(self, title: str, body: str) -> bool:
        """As the index would find it, character by character."""

        def has(word: str) -> bool:
            sought, folds = needle(word)
            return any(sought in (fold(text) if folds else text) for text in (title, body))

        return all(map(has, self.words)) and not any(map(has, self.without))


def parse(
    text: str,
    since: datetime | None = None,
    until: datetime | None = None,
    section: str | None = None,
) -> Query:
    """The query that a user writes; raises ArgumentError for one without a word.

    >>> query = parse('淘宝 "双 11" -京东 -"直播 带货"')
    >>> query.words, query.without
    (('淘宝', '双 11'), ('京东', '直播 带货'))
    """
    words: dict[str, None] = {}
    without: dict[str, None] = {}
    for minus, phrase, word in _PART.findall(text):
        if word and len(word) > 1 and word[0] in "-－":
            minus, word = word[0], word[1:]
        if wanted := phrase or word:
            (without if minus else words)[wanted] = None
    if not words and not without:
        raise ArgumentError('give a word to search for, or a phrase in quotes ("双 11")')
    return Query(tuple(words), tuple(without), since, until, section)
