"""How probable a text is as Chinese: what follows one character, and what follows two.

The statistics are data (`rules/chinese-*.xz`, made by `python -m tests.chinese`), read on the first
call. Lines are unpacked when they are asked for: a page needs few of them.
"""

from __future__ import annotations

import lzma
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ecnews.text.gbk import way_back

LEAST = -18.0  # the logarithm of what is never seen
STEP = 0.4  # of a stored logarithm
MARKS = '，。、：；？！“”‘’（）《》〈〉【】—…·～％「」『』　 0A\n+-/%.&#"<>$=~_*@'
_SHARDS = 4
_ZERO = 35  # "#" stands for 0
_LINE_END, _STANDS_FOR = "\n", "¶"
_MOST = 300_000  # contexts remembered


class Follow(dict[str, dict[str, float]]):
    """What follows one character, with logarithms of the probabilities."""

    def __init__(self, lines: dict[str, str]) -> None:
        super().__init__()
        self._lines = lines

    def __missing__(self, one: str) -> dict[str, float]:
        line = self._lines.get(one)
        found = self[one] = {} if line is None else _unpacked(line[3:])
        return found


class Triples(dict[str, tuple[float, dict[str, float]] | None]):
    """What follows two characters more often than it follows the second, and what is left for all
    else; None where nothing does."""

    def __init__(self, lines: dict[str, str]) -> None:
        super().__init__()
        self._lines = lines

    def __missing__(self, two: str) -> tuple[float, dict[str, float]] | None:
        if len(self) > _MOST:
            self.clear()
        line = self._lines.get(two)
        found = self[two] = None if line is None else (_weight(line[2]), _unpacked(line[3:]))
        return found


class Statistics(NamedTuple):
    """Logarithms. follow: what follows a character. rest: what is left for all that does not stand
    there. single: how frequent a character is. triples: what follows two characters.
    """

    follow: Follow
    rest: dict[str, float]
    single: dict[str, float]
    triples: Triples

    def pair(self, one: str, other: str) -> float:
        """How probable a character is behind another."""
        found = self.follow[one].get(other)
        if found is None:
            found = self.rest.get(one, -1.0) + self.single.get(other, LEAST)
        return found

    def score(self, before: str, text: str) -> float:
        """How probable a text is behind two characters."""
        follow, triples, total = self.follow, self.triples, 0.0
        for char in text:
            three, one = triples[before], before[1]
            found = None if three is None else three[1].get(char)
            if found is None:
                found = follow[one].get(char)
                if found is None:
                    found = self.rest.get(one, -1.0) + self.single.get(char, LEAST)
                if three is not None:
                    found += three[0]
            total += found
            before = one + char
        return total


@cache
def statistics() -> Statistics:
    """The statistics (about a fifth of a second on the first call)."""
    ones: dict[str, str] = {}
    twos: dict[str, str] = {}
    rest, single = {}, {}
    for number in range(_SHARDS):
        packed = (files("ecnews.text.rules") / f"chinese-{number}.xz").read_bytes()
        text = lzma.decompress(packed).decode("utf-16-le")
        for line in text.replace(_STANDS_FOR, "\r").split(_LINE_END):
            key = line[:2].replace("\r", _LINE_END)
            if line[0] == "\t":
                ones[key[1]] = line[1:]
                single[key[1]], rest[key[1]] = _weight(line[2]), _weight(line[3])
            else:
                twos[key] = line
    return Statistics(Follow(ones), rest, single, Triples(twos))


def line(key: str, weights: tuple[float, ...], after: Mapping[str, float]) -> str:
    """One or two characters, and what follows them, as a line of the files."""
    head = "\t" * (len(key) == 1) + key
    text = head + "".join(map(_packed, weights)) + "".join(after)
    return text.replace(_LINE_END, _STANDS_FOR) + "".join(map(_packed, after.values()))


def _packed(weight: float) -> str:
    return chr(_ZERO + min(90, max(0, round(-weight / STEP))))


def _weight(char: str) -> float:
    return (_ZERO - ord(char)) * STEP


def _unpacked(line: str) -> dict[str, float]:
    half = len(line) // 2
    chars = line[:half].replace("\r", _LINE_END)
    return dict(zip(chars, map(_weight, line[half:]), strict=True))


def plain(text: str) -> str:
    """The text as it is counted: Simplified, figures as 0, letters as A, marks full-width.

    >>> plain("價格 12.5 元,OK")
    '价格 00.0 元，AA'
    """
    return text.translate(_plain())


@cache
def _plain() -> dict[int, int]:
    table = dict(way_back())
    for code in range(128):
        char = chr(code)
        stands = "0" if char.isdigit() else "A" if char.isalpha() else char
        table[code] = ord(_LINE_END if char in "<\r\n" else stands)
    table |= {ord(old): ord(new) for old, new in zip(",:;!?()", "，：；！？（）", strict=True)}
    return (
        table
        | {code: ord("0") for code in range(0xFF10, 0xFF1A)}
        | {code: ord("A") for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
    )
