"""The characters that fit what is left of their bytes.

A character has lost its lead byte, its trail byte, or both; what is known of them is a cell of the
code.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np

from ecnews.text.chinese import Costs, Numbers, Places, places, plain, statistics
from ecnews.text.gbk import characters, readings, tables

IMPOSSIBLE = 10_000
_OFTEN = 54  # what a character costs at most that is looked for where nothing of it is known


class Cell(NamedTuple):
    """Characters of one kind; the same Simplified, their numbers there, and where each stands among
    them; their lead bytes.
    """

    chars: str
    simple: str
    numbers: Numbers
    places: Places
    leads: Numbers


@cache
def torn_apart() -> Costs:
    """[trail byte, lead byte]: 0 where the two make no character, and are lost together."""
    found = np.full((256, 256), IMPOSSIBLE, np.int16)
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
    return Cell(shown, simple, statistics().numbers(simple), places(simple), leads)


def noted(lead: int, pinyin: str) -> str:
    """The characters of a mirror's table that begin with this byte and are read so.

    >>> noted(0xF2, "qū")
    '騶驅'
    """
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
