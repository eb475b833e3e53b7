"""The characters that fit what is left of their bytes, and how each one goes on a reading.

A character has lost its lead byte, its trail byte, or both; what is known of them is a cell of the
code. All characters of a cell are compared behind all readings at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from ecnews.text.chinese import Costs, Numbers, plain, statistics
from ecnews.text.gbk import characters, readings, tables

WORSE, CLOSE = 36, 14  # than the best reading: given up; the same where it is known what follows
NEVER, _IMPOSSIBLE = 1_000_000, 10_000
_OFTEN = 27  # what a character costs at most that is looked for where nothing of it is known


Path = tuple["Path | None", str]


class State(NamedTuple):
    """One way to read a text up to a place.

    cost: as in `chinese`. last: the last two characters, Simplified. trail: the trail byte of the
    last one where the lead byte of the next was lost with it. margin: by how much this way was
    better than another. path: the way before, and the text that it added.
    """

    cost: int
    last: str
    trail: int
    margin: int
    path: Path | None

    def text(self) -> str:
        parts: list[str] = []
        path = self.path
        while path:
            path, part = path
            parts.append(part)
        return "".join(reversed(parts))


class Cell(NamedTuple):
    """Characters of one kind; the same Simplified, and their numbers there; their lead bytes."""

    chars: str
    simple: str
    numbers: Numbers
    leads: Numbers


class Ways:
    """All characters of a cell behind each of some states; of these no more than `most`."""

    def __init__(self, states: Sequence[State], cell: Cell, most: int) -> None:
        if len(states) > most:
            states = sorted(states, key=attrgetter("cost"))[:most]
        self.states, self.cell = states, cell
        if not cell.chars:
            return
        self._least = min(state.cost for state in states)
        lasts = [state.last for state in states]
        self._costs = costs = statistics().behind(lasts, cell.simple, cell.numbers)
        if len(states) > 1:
            costs += np.array([state.cost - self._least for state in states], np.int16)[:, None]
        if states[0].trail:
            costs += _torn_apart()[[state.trail for state in states]].take(cell.leads, axis=1)

    def best(
        self, follows: str, most: int, limit: int = NEVER
    ) -> Iterator[tuple[int, int, State, str, str]]:
        """The best ways on: the cost up to there, and with what follows (Simplified, or ""), which
        is at most `limit`; a state, a character, the same Simplified.
        """
        if not self.cell.chars:
            return
        costs = ranked = self._costs
        if follows:
            ranked = costs + statistics().before(follows).take(self.cell.numbers)
        costs, ranked = costs.ravel(), ranked.ravel()
        least = int(ranked[ranked.argmin()])
        limit = min(limit - self._least, least + (CLOSE if follows else WORSE))
        if least > limit or least >= _IMPOSSIBLE:
            return
        (places,) = (ranked <= limit).nonzero()
        if len(places) > most:
            places = places[ranked[places].argpartition(most)[:most]]
        chars, simple, width = self.cell.chars, self.cell.simple, len(self.cell.chars)
        found = zip(places.tolist(), costs[places].tolist(), ranked[places].tolist(), strict=True)
        for place, cost, whole in found:
            at, state = place % width, self.states[place // width]
            yield cost + self._least, whole + self._least, state, chars[at], simple[at]


@cache
def _torn_apart() -> Costs:
    """[trail byte, lead byte]: 0 where the two make no character, and are lost together."""
    found = np.full((256, 256), _IMPOSSIBLE, np.int16)
    for trail, leads in _lost().items():
        found[trail, sorted(leads)] = 0
    return found


@cache
def row(lead: int) -> Cell:
    """What begins with this byte."""
    return _cell(tables().rows.get(lead, {}).values())


@cache
def unread(lead: int) -> Cell:
    """What begins with this byte and can have lost its trail byte in a pair that is none."""
    ends = _lost()
    return _cell(char for trail, char in tables().rows.get(lead, {}).items() if trail in ends)


@cache
def unlettered(lead: int) -> Cell:
    """What begins with this byte and can have lost its trail byte with the letter behind it."""
    pairs, gaps = tables().rows.get(lead, {}).items(), tables().gaps
    return _cell(char for trail, char in pairs if 0x41 in gaps.get(trail, ()))


@cache
def column(trail: int) -> Cell:
    """What ends in this byte."""
    return _cell(tables().columns.get(trail, {}).values())


@cache
def anything() -> Cell:
    """What is frequent: nothing of it is known, or its lead byte in part."""
    single = statistics().single
    chars = "".join(char for row in tables().rows.values() for char in row.values())
    simple = plain(chars)
    return _cell(
        char for char, one in zip(chars, simple, strict=True) if single.get(one, 99) <= _OFTEN
    )


@cache
def any_unread() -> Cell:
    """The same, of which the trail byte can be lost in a pair that is none."""
    ends = _lost()
    rows = tables().rows.values()
    return _cell(char for row in rows for trail, char in row.items() if trail in ends)


def _cell(chars: Iterable[str]) -> Cell:
    known, shown = statistics().single, "".join(chars)
    pairs = [pair for pair in zip(shown, plain(shown), strict=True) if pair[1] in known]
    shown, simple = "".join([char for char, _ in pairs]), "".join([one for _, one in pairs])
    leads = np.frombuffer(shown.encode("gbk"), np.uint8)[::2].astype(np.intp)
    return Cell(shown, simple, statistics().numbers(simple), leads)


def noted(lead: int, pinyin: str) -> str:
    """The characters of a mirror's table that begin with this byte and are read so."""
    return _readers().get((lead, pinyin), "")


def noted_behind(trail: int, pinyin: str) -> str:
    """The same, of which the lead byte was lost behind this trail byte."""
    return "".join(noted(lead, pinyin) for lead in _lost().get(trail, ()))


@cache
def _readers() -> dict[tuple[int, str], str]:
    """The characters of a mirror's table, by their lead byte and how they are read."""
    found: dict[tuple[int, str], str] = {}
    for char in sorted(tables().written & characters().keys()):
        for pinyin in readings(char):
            key = characters()[char][0], pinyin
            found[key] = found.get(key, "") + char
    return found


@cache
def _lost() -> dict[int, frozenset[int]]:
    """Byte to the bytes from 0x81 that make no character behind it."""
    above = frozenset(range(0x81, 0xFF))
    return {lead: gaps & above for lead, gaps in tables().gaps.items() if gaps & above}
