"""The readings of a text that are compared: how each one goes on, and which are given up.

A reading stands at a place and holds the lead byte of its next character, EVEN where it holds none,
OPEN where that byte was lost together with the trail byte before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from ecnews.text.candidates import IMPOSSIBLE, Cell, torn_apart
from ecnews.text.chinese import plain, statistics
from ecnews.text.gbk import tables

# Costs as in `ecnews.text.chinese`.
CLEAR = 4  # by how much the chosen reading must be the better one
WORSE = 72  # than the best reading: given up
FAR, CLOSE = 34, 26  # than the best that holds the same byte; the same where what follows is known
FEW, STATES, MANY = 32, 48, 64  # kept at one place, by what is known of the next character
SURE, UNSURE = 500, -1  # margins
NEVER = 1_000_000
EVEN, OPEN = 0, -1
_DEAD = 36  # a form that a converted text does not hold

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
        self._costs = costs = statistics().behind(lasts, cell.numbers, cell.places)
        if len(states) > 1:
            costs += np.array([state.cost - self._least for state in states], np.int16)[:, None]
        if states[0].trail:
            costs += torn_apart()[[state.trail for state in states]].take(cell.leads, axis=1)

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
        limit = min(limit - self._least, least + (CLOSE if follows else FAR))
        if least > limit or least >= IMPOSSIBLE:
            return
        (places,) = (ranked <= limit).nonzero()
        if len(places) > most:
            places = places[ranked[places].argpartition(most)[:most]]
        chars, simple, width = self.cell.chars, self.cell.simple, len(self.cell.chars)
        found = zip(places.tolist(), costs[places].tolist(), ranked[places].tolist(), strict=True)
        for place, cost, whole in found:
            at, state = place % width, self.states[place // width]
            yield cost + self._least, whole + self._least, state, chars[at], simple[at]


class Beam:
    """places: the states that are still to be taken on, by place, by the byte that they hold, by
    the end of what they read. alone: whether those that are taken on are of one place, and hold
    the same. simple: whether the text is Simplified.
    """

    def __init__(self, simple: bool) -> None:
        self.places: dict[int, dict[int, dict[tuple[str, int], State]]] = {}
        self.alone = True
        self.simple = simple
        self._statistics = statistics()
        self._tails: dict[str, int] = {}

    def pop(self) -> tuple[int, dict[int, list[State]]]:
        """The first place, and the states there that are worth it, by the byte that they hold."""
        at = min(self.places)
        groups = _worth(self.places.pop(at))
        self.alone = not self.places and len(groups) == 1
        return at, groups

    def push(self, at: int, held: int, state: State) -> None:
        """Of two ways to the same place with the same characters last, only the better can win."""
        here = self.places.setdefault(at, {}).setdefault(held, {})
        key = state.last, state.trail
        other = here.get(key)
        if other is not None:
            if other.cost < state.cost:
                state, other = other, state
            if other.cost - state.cost < state.margin:
                state = state._replace(margin=other.cost - state.cost)
        here[key] = state

    def take(self, at: int, held: int, states: Sequence[State], text: str, cost: int = 0) -> None:
        """All states go on with the same text, up to `at`, at a cost besides that of the text."""
        simple = plain(text)
        if self.alone and len(states) == 1:  # nothing that it could be compared with
            (state,) = states
            last = (state.last + simple)[-2:]
            self.push(at, held, State(state.cost, last, 0, state.margin, (state.path, text)))
            return
        if not self.simple and not tables().unwritten.isdisjoint(text):
            cost += _DEAD * len(tables().unwritten.intersection(text))
        if len(simple) < 2:
            for state in states:
                whole = state.cost + cost + self._statistics.cost(state.last, simple)
                last = (state.last + simple)[-2:]
                self.push(at, held, State(whole, last, 0, state.margin, (state.path, text)))
            return
        least, best, margin = NEVER, states[0], SURE
        for state in sorted(states, key=attrgetter("cost")):
            if state.cost >= least + CLEAR:  # nor can any behind it be better, or as good
                break
            whole = state.cost + self._statistics.cost(state.last, simple[:2])
            if whole < least:
                margin, least, best = min(state.margin, least - whole), whole, state
            else:
                margin = min(margin, whole - least)
        if not self.alone:  # else the rest makes no difference
            cost += self._tail(simple[:4]) + self._tail(simple[2:])
        cost += least
        self.push(at, held, State(cost, simple[-2:], 0, margin, (best.path, text)))

    def _tail(self, simple: str) -> int:
        """What a text costs but for its first two characters: several readings end in it."""
        known = self._tails.get(simple)
        if known is None:
            known = self._tails[simple] = self._statistics.cost(simple[:2], simple[2:])
        return known

    def add(self, at: int, held: int, states: Sequence[State], cell: Cell, follows: str) -> None:
        """Each state goes on with the characters of a cell, up to `at`."""
        most = FEW if follows else MANY
        for cost, _, state, char, simple in Ways(states, cell, STATES).best(follows, most):
            path = state.path, char
            self.push(at, held, State(cost, state.last[1] + simple, 0, state.margin, path))


def _worth(groups: dict[int, dict[tuple[str, int], State]]) -> dict[int, list[State]]:
    """The states of a place that are worth to be taken on."""
    all_ = {held: [*group.values()] for held, group in groups.items()}
    if len(all_) == 1 and sum(map(len, all_.values())) == 1:
        return all_
    bound = WORSE + min(state.cost for states in all_.values() for state in states)
    found = {}
    for held, states in all_.items():
        near = min(bound, FAR + min(state.cost for state in states))
        worth = [state for state in states if state.cost <= near]
        most = MANY if held == OPEN else STATES
        if len(worth) > most:
            worth = sorted(worth, key=attrgetter("cost"))[:most]
        if worth:
            found[held] = worth
    return found
