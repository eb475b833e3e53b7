"""What changed from one text to another: sentences are matched wherever they stand, and aligned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from ecnews.text.figures import MASK, Piece

_LEAST_RATIO = 55  # percent of two sentences that are one, edited or of one formula
_ROOM = 3  # characters that must stay around a figure: else it may be another figure


class Change(NamedTuple):
    """What stood in one text and what stands in its place; either may be empty."""

    before: str
    after: str


@dataclass(slots=True)
class Alignment:
    """Of two texts, the part that both have: the figures that stand in the same place, and the
    words, without figures, that were replaced by others."""

    covered: tuple[float, float] = (0.0, 0.0)  # the share of each text that the other has
    leads: int = 0  # of the first sentences of the two, how many the other text has
    length: int = 0  # characters in common, edited ones included
    edited: int = 0  # of these, edited; a long replacement counts as two
    figures: list[Change] = field(default_factory=list)
    words: Counter[Change] = field(default_factory=Counter)


def align(ours: Sequence[Piece], theirs: Sequence[Piece]) -> Alignment:
    found = Alignment()
    pairs = _matched(ours, theirs)
    for a, b in pairs:
        _compare(a, b, found)
    if pairs:
        found.leads = sum((a is ours[0]) + (b is theirs[0]) for a, b in pairs)
        found.covered = (
            _length(a for a, _ in pairs) / _length(ours),
            _length(b for _, b in pairs) / _length(theirs),
        )
    return found


def _length(pieces: Iterable[Piece]) -> int:
    return sum(len(piece.masked) for piece in pieces)


def _matched(ours: Sequence[Piece], theirs: Sequence[Piece]) -> list[tuple[Piece, Piece]]:
    """Pairs of sentences that are one, each in one pair at most, the most alike first."""
    if not ours or not theirs:
        return []
    masked = process.cdist(
        [piece.masked for piece in ours],
        [piece.masked for piece in theirs],
        scorer=fuzz.ratio,
        score_cutoff=_LEAST_RATIO,
    )
    cells = np.argwhere(masked)
    # Of rows of one formula those with equal figures, then those that stand in the same place.
    score = [
        masked[i, j]
        + 0.3 * fuzz.ratio(ours[i].plain, theirs[j].plain)
        - 5 * abs(i / len(ours) - j / len(theirs))
        for i, j in cells.tolist()
    ]
    pairs: list[tuple[Piece, Piece]] = []
    left, right = set(range(len(ours))), set(range(len(theirs)))
    for i, j in cells[np.argsort(score)[::-1]].tolist():
        if i in left and j in right:
            left.remove(i)
            right.remove(j)
            pairs.append((ours[i], theirs[j]))
    return pairs


def _compare(a: Piece, b: Piece, found: Alignment) -> None:
    changes: list[Change] = []
    held, near = "", False  # to the change before: one equal character between two belongs to them
    for op in Levenshtein.opcodes(a.masked, b.masked):
        before = a.masked[op.src_start : op.src_end]
        after = b.masked[op.dest_start : op.dest_end]
        if op.tag == "equal":
            found.length += len(before)
            if len(before) >= _ROOM:
                first, second = (
                    piece.masked.count(MASK, 0, start)
                    for piece, start in ((a, op.src_start), (b, op.dest_start))
                )
                found.figures += map(
                    Change,
                    a.figures[first : first + before.count(MASK)],
                    b.figures[second:],
                )
            near = len(before) == 1
            held = before
            continue
        weight = min(max(len(before), len(after)), 2)
        found.edited += weight
        found.length += weight
        if changes and near:
            last = changes.pop()
            before, after = last.before + held + before, last.after + held + after
        changes.append(Change(before, after))
        near, held = True, ""
    found.words.update(change for change in changes if MASK not in change.before + change.after)
