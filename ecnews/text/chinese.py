"""How probable a text is as Chinese: what follows one character, and what follows two.

The statistics are data (`rules/chinese-*.xz`, made by `python -m tests.chinese`), read on the first
call. What a character costs is minus the logarithm of its probability, in steps of STEP. A text is
looked up in the lines as they are stored; where many characters are compared, in rows of numbers
that are made when they are asked for.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import islice
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from ecnews.text.gbk import way_back

LEAST = -18.0  # the logarithm of what is never seen
STEP = 0.2  # of a stored logarithm
MARKS = '，。、：；？！“”‘’（）《》〈〉【】—…·～％「」『』　 0A\n+-/%.&#"<>$=~_*@'
SHARDS = 8
_ZERO = 35  # "#" stands for 0
_LINE_END, _STANDS_FOR = "\n", "¶"
_NEVER = round(-LEAST / STEP)
_REST = 4  # what all else costs behind a character that is never seen
_OFTEN = 2500  # characters by number, the most frequent first
_HEAD = 3  # characters of a line before those that follow

Numbers = NDArray[np.intp]
Costs = NDArray[np.int16]
Places = Mapping[str, Sequence[int]]


class Statistics:
    """What follows a character, and what follows two more often than it follows the second.

    A line has its one or two characters (one: and how frequent it is), what all costs besides that
    does not stand there, then the characters that follow, then what each of them costs.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        found = {line[:2]: line for line in lines}
        ones = [line[1:] for key, line in found.items() if key[0] == "\t"]
        self._ones = {line[0]: line for line in sorted(ones, key=itemgetter(1))}  # by frequency
        self._twos = {key: line for key, line in found.items() if key[0] != "\t"}
        self.single = {char: ord(line[1]) - _ZERO for char, line in self._ones.items()}
        self._number = {char: number for number, char in enumerate(self._ones, 1)}
        self._by_code = np.zeros(0x10000, np.intp)
        self._by_code[[*map(ord, self._number)]] = [*self._number.values()]
        self._single = np.array([_NEVER, *self.single.values()], np.uint8)
        rests = [ord(line[2]) - _ZERO for line in self._ones.values()]
        self._rest = np.array([_REST, *rests], np.uint8)
        size = len(self._single)
        self._rows = np.empty((size, size), np.uint8)  # takes no memory before it is written to
        self._written: dict[str, int] = {}
        self._pairs = self._sorted()
        self._before: dict[str, NDArray[np.uint8]] = {}

    def _sorted(self) -> tuple[Numbers, Numbers, NDArray[np.uint8]]:
        """All that follows a character, by what follows: where that begins, firsts, costs. The rows
        of frequent characters are written on the way.
        """
        chars, stored = zip(*map(_halves, self._ones.values()), strict=True)
        seconds, costs = self.numbers("".join(chars)), _costs("".join(stored))
        firsts = np.repeat(np.arange(1, len(chars) + 1), [*map(len, chars)])
        np.add(self._rest[:_OFTEN, None], self._single, out=self._rows[:_OFTEN])
        often = slice(0, np.searchsorted(firsts, _OFTEN))
        self._rows[firsts[often], seconds[often]] = costs[often]
        self._written |= islice(self._number.items(), _OFTEN - 1)
        order = np.argsort(seconds, kind="stable")
        starts = np.searchsorted(seconds[order], np.arange(len(self._single) + 1))
        return starts, firsts[order], costs[order]

    def cost(self, before: str, text: str) -> int:
        """What a text costs behind two characters."""
        ones, twos, total = self._ones, self._twos, 0
        for char in text:
            line = twos.get(before)
            before = before[1] + char
            if line is not None:
                half = len(line) + _HEAD >> 1
                at = line.find(char, _HEAD, half)
                if at >= 0:
                    total += ord(line[at + half - _HEAD]) - _ZERO
                    continue
                total += ord(line[2]) - _ZERO
            line = ones.get(before[0])
            if line is None:
                total += _REST + self.single.get(char, _NEVER)
                continue
            half = len(line) + _HEAD >> 1
            at = line.find(char, _HEAD, half)
            if at >= 0:
                total += ord(line[at + half - _HEAD]) - _ZERO
            else:
                total += ord(line[2]) - _ZERO + self.single.get(char, _NEVER)
        return total

    def numbers(self, chars: str) -> Numbers:
        """The characters by number; 0 is one that is never seen."""
        return self._by_code[np.frombuffer(chars.encode("utf-16-le"), np.uint16)]

    def behind(self, befores: Sequence[str], numbers: Numbers, places: Places) -> Costs:
        """What each of some characters costs behind each pair of characters."""
        written = self._written
        rows = [written.get(before[1]) or self._row(before[1]) for before in befores]
        if len(rows) == 1:
            found: Costs = self._rows[rows[0]].take(numbers).astype(np.int16)[None]
        else:
            starts = np.array(rows)[:, None] * len(self._single)
            found = self._rows.take(starts + numbers).astype(np.int16)
        lines = [*map(self._twos.get, befores)]
        found += np.array([ord(line[2]) - _ZERO if line else 0 for line in lines], np.int16)[
            :, None
        ]
        known: list[tuple[int, int, int]] = []
        for row, line in enumerate(lines):
            if line:
                after, costs = _halves(line)
                for char in places.keys() & after:
                    cost = ord(costs[after.index(char)]) - _ZERO
                    known += [(row, at, cost) for at in places[char]]
        if known:
            at_rows, at_chars, at_costs = zip(*known, strict=True)
            found[at_rows, at_chars] = at_costs
        return found

    def _row(self, one: str) -> int:
        """The number of a character, once it is written what each other costs behind it."""
        number = self._written.get(one)
        if number is None:
            number = self._written[one] = self._number.get(one, 0)
            np.add(self._single, self._rest[number], out=self._rows[number])
            if number:
                chars, costs = _halves(self._ones[one])
                self._rows[number, self.numbers(chars)] = _costs(costs)
        return number

    def before(self, char: str) -> NDArray[np.uint8]:
        """What a character costs behind each other, by number."""
        found = self._before.get(char)
        if found is None:
            found = self._rest + np.uint8(self.single.get(char, _NEVER))
            starts, firsts, costs = self._pairs
            number = self._number.get(char, 0)
            here = slice(starts[number], starts[number + 1])
            found[firsts[here]] = costs[here]
            self._before[char] = found
        return found


@cache
def statistics() -> Statistics:
    """The statistics (some .4 seconds on the first call)."""
    return Statistics(_lines())


def _lines() -> Iterator[str]:
    for number in range(SHARDS):
        packed = (files("ecnews.text.rules") / f"chinese-{number}.xz").read_bytes()
        text = lzma.decompress(packed).decode("utf-16-le").replace(_LINE_END, "\0")
        yield from text.replace(_STANDS_FOR, _LINE_END).split("\0")


def places(chars: str) -> Places:
    """Where each of some characters stands among them."""
    found: dict[str, list[int]] = {}
    for at, char in enumerate(chars):
        found.setdefault(char, []).append(at)
    return found


def _halves(line: str) -> tuple[str, str]:
    """The characters that follow, and their costs as they are stored."""
    half = len(line) + _HEAD >> 1
    return line[_HEAD:half], line[half:]


def _costs(stored: str) -> NDArray[np.uint8]:
    return np.frombuffer(stored.encode("latin-1"), np.uint8) - np.uint8(_ZERO)


def line(key: str, weights: tuple[float, ...], after: Mapping[str, float]) -> str:
    """One or two characters, and what follows them, as a line of the files."""
    head = "\t" * (len(key) == 1) + key
    text = head + "".join(map(_packed, weights)) + "".join(after)
    return text.replace(_LINE_END, _STANDS_FOR) + "".join(map(_packed, after.values()))


def _packed(weight: float) -> str:
    return chr(_ZERO + min(90, max(0, round(-weight / STEP))))


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
        table[code] = ord(_LINE_END if char in '<>"&\r\n' else stands)
    table |= {ord(old): ord(new) for old, new in zip(",:;!?()", "，：；！？（）", strict=True)}
    return (
        table
        | {code: ord("0") for code in range(0xFF10, 0xFF1A)}
        | {code: ord("A") for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
    )
