"""The signature of an article: its characters and their pairs fall into buckets, and it has a bit
for each of them. An article that lacks a bit of a word cannot have the word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ecnews.storage.search.entry import Entry
from ecnews.storage.search.fold import Codes, codes

# The same figures stand in the functions of PostgreSQL (migration 0003).
_PAIR_BITS, _SINGLE_BITS = 14, 12
PAIRS = 1 << _PAIR_BITS
BUCKETS = PAIRS + (1 << _SINGLE_BITS)
_SPREAD, _SECOND = np.uint32(1540483477), np.uint32(40503)


def signatures(entries: Sequence[Entry]) -> npt.NDArray[np.bool_]:
    """A row an article, a column a bucket."""
    bits = np.zeros((len(entries), BUCKETS), np.bool_)
    for row, entry in zip(bits, entries, strict=True):
        # A NUL between them: no word has one.
        row[buckets(codes(f"{entry.title}\0{entry.body}"))] = True
    return bits


def buckets(found: Codes) -> npt.NDArray[np.uint32]:
    """Where the characters of a text and their pairs fall: each of them into one bucket, and each
    pair into two."""
    singles = (found * _SPREAD) >> np.uint32(32 - _SINGLE_BITS)
    return np.concatenate([buckets_of_pairs(found), singles + np.uint32(PAIRS)])


def buckets_of_pairs(found: Codes) -> npt.NDArray[np.uint32]:
    """Buckets below `PAIRS`."""
    pairs = (found[:-1] * _SECOND + found[1:]) * _SPREAD
    return np.concatenate(
        [pairs >> np.uint32(32 - _PAIR_BITS), (pairs >> np.uint32(4)) & np.uint32(PAIRS - 1)]
    )


def on_their_side(bits: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """A row a column of these bits, eight of them a byte: what numpy's packbits makes of the rows
    transposed, at a tenth of its price."""
    eights = np.pad(bits, ((0, -len(bits) % 8), (0, 0))).reshape(-1, 8, bits.shape[1])
    packed = eights[:, 0] << np.uint8(7)
    for place in range(1, 8):
        packed |= eights[:, place] << np.uint8(7 - place)
    return np.ascontiguousarray(packed.T)
