"""An index of signatures in memory: which of the articles added before may be near to this one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ecnews.text import fingerprint
from ecnews.text.fingerprint import BANDS, SLOTS, Signature, Slots

THRESHOLD = 0.45  # of containment, see `near`; 10 % of the characters edited leave .66
_LEAST_JACCARD = 0.25  # a short text that stands in a roundup is not its copy
_COMPARED = 1 << 19  # slots at a time
_STEPS = 200  # of a chain that are looked at, newest first: enough to meet any story again
_ROOM = 4  # heads an article and band, a power of two: few chains hold strangers
_EMPTY = -1
_ALL_BANDS = np.arange(BANDS)


def near(
    signature: Signature, slots: Slots, shingles: npt.NDArray[Any], threshold: float = THRESHOLD
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.floating[Any]]]:
    """Which of other texts (rows of slots, and their numbers of 4-grams) are candidates, and their
    Jaccard similarities: those with `threshold` of the smaller text in common and of a size that
    can be compared."""
    similarity = fingerprint.similarity(signature.slots, slots)
    rows = np.flatnonzero(similarity >= min(_LEAST_JACCARD, threshold))
    if rows.size:  # rarely
        contained = fingerprint.containment(similarity[rows], signature.shingles, shingles[rows])
        rows = rows[contained >= threshold]
    return rows, similarity[rows]


def alike(slots: Slots, others: Slots, threshold: float) -> Iterator[tuple[int, int]]:
    """Which of some texts may be `near` to which of others (numbers of their rows of slots): a
    coarse look at very many pairs."""
    columns = np.ascontiguousarray(others.T)
    step = max(1, _COMPARED // (columns.size or 1))
    least = SLOTS * min(_LEAST_JACCARD, threshold)
    for start in range(0, len(slots), step):
        mine = slots[start : start + step].T[:, :, None]
        common = (mine == columns[:, None]).sum(axis=0, dtype=np.uint8)
        for row, other in np.argwhere(common >= least).tolist():
            yield start + row, other


class Index:
    """Adds signatures under integer keys and finds the near ones.

    For each band a hash table of heads, behind each head a chain of the articles that share it,
    newest first.
    """

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self.threshold = threshold
        self._size = 0
        self._allocate(1024)

    def __len__(self) -> int:
        return self._size

    def add(self, key: int, signature: Signature) -> None:
        if self._size == len(self._keys):
            self._grow()
        row = self._size
        self._keys[row] = key
        self._slots[row] = signature.slots
        self._shingles[row] = signature.shingles
        places = self._places(signature.bands)
        self._next[row] = self._heads[places]
        self._heads[places] = row
        self._size += 1

    def query(self, signature: Signature) -> list[tuple[int, float]]:
        """Keys and Jaccard similarities of the near ones, the most similar first."""
        met = self._candidates(self._heads[self._places(signature.bands)])
        if not met:
            return []
        rows, similarity = near(signature, self._slots[met], self._shingles[met], self.threshold)
        if not rows.size:
            return []
        found = zip(self._keys[met][rows].tolist(), similarity.tolist(), strict=True)
        return sorted(found, key=lambda pair: -pair[1])

    def _candidates(self, rows: npt.NDArray[np.int32]) -> list[int]:
        """All rows on the chains that begin with these, one for each band."""
        bands = _ALL_BANDS
        met: set[int] = set()
        for _ in range(_STEPS):
            more = rows != _EMPTY
            rows, bands = rows[more], bands[more]
            if not rows.size:
                break
            met.update(rows.tolist())
            rows = self._next[rows, bands]
        return list(met)

    def _places(self, keys: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Where the heads of its bands stand: each band has a part of the table of its own."""
        return (keys & (_ROOM * self._capacity - 1)) + self._parts

    def _allocate(self, capacity: int) -> None:
        self._capacity = capacity  # a power of two
        self._parts = np.arange(BANDS) * _ROOM * capacity
        self._keys = np.zeros(capacity, np.int64)
        self._slots = np.zeros((capacity, SLOTS), np.uint16)
        self._shingles = np.zeros(capacity, np.int32)
        self._heads = np.full(BANDS * _ROOM * capacity, _EMPTY, np.int32)
        self._next = np.full((capacity, BANDS), _EMPTY, np.int32)

    def _grow(self) -> None:
        size, keys, slots, shingles = self._size, self._keys, self._slots, self._shingles
        self._allocate(2 * self._capacity)
        self._keys[:size], self._slots[:size], self._shingles[:size] = keys, slots, shingles
        for band, places in enumerate(self._places(fingerprint.band_keys(slots)).T):
            order = np.argsort(places, kind="stable").astype(np.int32)
            places = places[order]
            chained = places[1:] == places[:-1]
            self._next[order[1:][chained], band] = order[:-1][chained]
            self._heads[places] = order  # of equal places the last counts: the newest
