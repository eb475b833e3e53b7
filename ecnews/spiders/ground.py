"""How far a list is known, and which lists to ask: what makes a run without news cheap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from ecnews.pages.listing import Entry

_KEPT = 200  # numbers from the top of a list
_TAIL, _MET = 3, 2
_FADE = 0.7
_CURIOSITY = 0.02  # a list's chance that has brought nothing, of what all of them bring
ASKED = 2  # lists that a run asks which follows another closely
CLOSE = timedelta(minutes=90)


@dataclass(frozen=True, slots=True)
class Ground:
    """What the last good run knew of one list: the numbers at its top, newest first; when it was
    asked; and how many wanted articles it was the first to bring of late."""

    numbers: tuple[int, ...]
    asked: datetime
    gain: float

    @classmethod
    def load(cls, value: Mapping[str, Any] | None) -> Self | None:
        if not value:
            return None
        asked = datetime.fromisoformat(value["asked"])
        return cls(tuple(value["numbers"]), asked, float(value["gain"]))

    def dump(self) -> dict[str, Any]:
        return {"numbers": list(self.numbers), "asked": self.asked.isoformat(), "gain": self.gain}

    def met(self, entries: Iterable[Entry]) -> bool:
        """Whether the entries of a list, or of a page of it, end on known ground: most of the last
        ones are of it, in every place that may be the list. What is pinned stands at the top, what
        stands aside is no part of the list."""
        places: dict[str, list[int]] = {}
        for entry in entries:
            if not entry.aside:
                places.setdefault(entry.place, []).append(entry.number)
        known = set(self.numbers)
        tails = [numbers[-_TAIL:] for numbers in places.values()]
        return bool(tails) and all(
            sum(number in known for number in tail) >= min(_MET, len(tail)) for tail in tails
        )


def advanced(former: Ground | None, read: Sequence[int], now: datetime, gain: int) -> Ground:
    """The ground after a list was read down to where it was known, or as far as was wanted."""
    numbers = dict.fromkeys((*read, *(former.numbers if former else ())))
    faded = _FADE * former.gain if former else 0.0
    return Ground(tuple(numbers)[:_KEPT], now, faded + gain)


def order(grounds: Mapping[str, Ground | None], now: datetime) -> tuple[list[str], int]:
    """The lists, the most promising first, and how many of them to ask.

    A list that was never read is asked, and all of them after a long pause. Else the two that
    promise most: what a list brings of late, times how long it was not asked. So each has its turn,
    a barren one rarely, and no article is missed: a list is read down to where it was known.
    """
    ages = {
        source: (now - ground.asked).total_seconds() for source, ground in grounds.items() if ground
    }
    fresh = [source for source in grounds if source not in ages]
    total = sum(ground.gain for ground in grounds.values() if ground)

    def promise(source: str) -> float:
        ground = grounds[source]
        assert ground is not None
        return (ground.gain + _CURIOSITY * total + 0.001) * ages[source]

    ranked = [*fresh, *sorted(ages, key=promise, reverse=True)]
    if not ages or min(ages.values()) > CLOSE.total_seconds():
        return ranked, len(ranked)
    return ranked, max(ASKED, len(fresh))
