"""What tells two texts apart, and what does not: the exact hash, and MinHash signatures.

A signature is made by one-permutation hashing with optimal densification (Li, Owen and Zhang 2012;
Shrivastava 2017): each 4-gram is hashed once, its top bits choose the slot, the least of a slot
stays, and an empty slot borrows from a full one. Of each slot 16 bits are kept (b-bit minwise
hashing, Li and König 2010).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

_T = TypeVar("_T", bound=Sized)
Slots = npt.NDArray[np.uint16]
Codes = npt.NDArray[np.uint32]  # of the characters of a text that count

SLOTS = 128
# Three slots a band: of two texts with a Jaccard similarity of .35, .40, .45, .50 the bands find
# .84, .94, .98 and 1.00. An article with 10 % of its characters changed has kept .49.
BANDS, ROWS = 42, 3
_SHINGLE = 4
_SLOT_BITS = SLOTS.bit_length() - 1
_DOT, _ZERO, _NINE = np.uint32(ord(".")), np.uint32(ord("0")), np.uint32(9)
_FIGURE = re.compile(rb"[0-9]+(?:\.[0-9]+)?")
_ONLY_FIGURES = bytes(code if code in b"0123456789." else ord(" ") for code in range(256))
_FIGURE_BITS = 128
_ASTRAL = 0x10000
_TOGETHER = 1 << 14  # characters that are folded together: what the processor's cache holds
_SLOW = 0xFFFF  # in the table: a character that NFKC does not turn into one of its own

# Odd numbers that multiplying by spreads the bits, as in splitmix64 and xxHash.
_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_HIGH = np.uint64(31)
_STARTS = np.arange(SLOTS, dtype=np.uint64) << np.uint64(64 - _SLOT_BITS)
_KEPT = np.uint64(20)  # which bits of a slot's least are kept; those above chose the slot
# Where an empty slot looks for a full one: an order of its own, the same in every process.
_LENDERS = np.argsort(
    (np.arange(1, SLOTS * SLOTS + 1, dtype=np.uint64) * _FIRST * _MIX).reshape(SLOTS, SLOTS)
)
_BAND_SEEDS = np.arange(1, BANDS + 1, dtype=np.uint64) * _SECOND


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """128 slots of 16 bits, of how many 4-grams they are the least, and the keys of its bands."""

    slots: Slots
    shingles: int
    bands: npt.NDArray[np.int32]


def band_keys(slots: Slots) -> npt.NDArray[np.int32]:
    """One key of 32 bits a band (last axis): two texts that share a key may be near."""
    rows = slots[..., : BANDS * ROWS].astype(np.uint64).reshape(*slots.shape[:-1], BANDS, ROWS)
    keys = rows[..., 0] << np.uint64(32) | rows[..., 1] << np.uint64(16) | rows[..., 2]
    keys += _BAND_SEEDS
    keys *= _MIX
    keys ^= keys >> _HIGH
    keys *= _FIRST
    return (keys >> np.uint64(32)).astype(np.uint32).view(np.int32)


def content_hash(*texts: str) -> str:
    """SHA-256 (64 hex digits) of the letters and digits of the texts: width, blanks and
    punctuation do not count, but for the point of a decimal fraction.

    >>> content_hash("销售额 达３亿元，") == content_hash("销售额达3亿元。")
    True
    >>> content_hash("销售额达3亿元") == content_hash("销售额达4亿元")
    False
    >>> content_hash("增长1.25倍") == content_hash("增长12.5倍")
    False
    """
    return hash_of(*folded_all(texts))


def hash_of(*texts: Codes) -> str:
    """The content hash of texts that are folded already."""
    digest = hashlib.sha256()
    for codes in texts:
        digest.update(codes.data)
        digest.update(b"\xff\xff\xff\xff")
    return digest.hexdigest()


def folded(text: str) -> Codes:
    """The code points of what counts: letters and digits in NFKC, and decimal points.

    >>> "".join(map(chr, folded("①ＡＩ 导购：“100㎡”，涨 ３．５％！")))
    '1AI导购100m2涨3.5'
    """
    kept = _table().take(_codes(text), mode="clip")
    return _folded_slowly(text) if kept.max(initial=0) == _SLOW else _counting(kept)


def folded_all(texts: Iterable[str]) -> list[Codes]:
    """Of each text: many at once take half the time."""
    return [codes for group in _groups(texts) for codes in _fold(group)]


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _fold(texts: Sequence[str]) -> list[Codes]:
    # A line break between them, which does not count and makes no decimal point of a full stop.
    kept = _table().take(_codes("\n".join((*texts, ""))), mode="clip")
    starts = np.cumsum([0, *(len(text) + 1 for text in texts[:-1])])
    slow = np.maximum.reduceat(kept, starts) == _SLOW
    _drop_points(kept)
    counts = kept != 0
    ends = np.add.reduceat(counts, starts, dtype=np.intp).cumsum().tolist()
    kept = kept[counts]
    parts = [kept[start:end] for start, end in pairwise((0, *ends))]
    for number in np.flatnonzero(slow).tolist():
        parts[number] = _folded_slowly(texts[number])
    return parts


def _folded_slowly(text: str) -> Codes:
    """For texts with characters that NFKC turns into several, or that lie outside of the BMP."""
    normal = unicodedata.normalize("NFKC", text)
    return _counting(
        np.array([ord(c) if c.isalnum() or c == "." else 0 for c in normal], np.uint32)
    )


def _counting(codes: Codes) -> Codes:
    _drop_points(codes)
    counting: Codes = codes[codes != 0]
    return counting


def _drop_points(codes: Codes) -> None:
    """Those that do not stand between two digits."""
    points = np.flatnonzero(codes == _DOT)
    if points.size:
        before, after = (codes.take(points + step, mode="clip") for step in (-1, 1))
        codes[points[(before - _ZERO > _NINE) | (after - _ZERO > _NINE)]] = 0


@cache
def _table() -> Codes:
    """What becomes of each character of the BMP, and of all others: 0 where it does not count."""
    table = np.zeros(_ASTRAL + 1, np.uint32)
    for code in range(_ASTRAL):
        normal = unicodedata.normalize("NFKC", chr(code))
        if len(normal) == 1 and (normal.isalnum() or normal == "."):
            table[code] = min(ord(normal), _SLOW)
        elif any(map(str.isalnum, normal)) or unicodedata.combining(normal[0]):
            table[code] = _SLOW
    table[_ASTRAL] = _SLOW
    return table


def _groups(texts: Iterable[_T]) -> Iterator[list[_T]]:
    """Some of them together, or one that is long."""
    group: list[_T] = []
    size = 0
    for text in texts:
        if group and size + len(text) > _TOGETHER:
            yield group
            group, size = [], 0
        group.append(text)
        size += len(text)
    if group:
        yield group


def signature(text: str) -> Signature:
    """Of any text, also an empty one: what has fewer than four characters is one shingle."""
    return signatures([folded(text)])[0]


def signatures(texts: Iterable[Codes]) -> list[Signature]:
    """Of texts that are folded already."""
    return [signature for group in _groups(texts) for signature in _sign(group)]


def _sign(texts: Sequence[Codes]) -> list[Signature]:
    texts = [
        np.pad(codes, (0, _SHINGLE - codes.size)) if codes.size < _SHINGLE else codes
        for codes in texts
    ]
    hashes = _hashes(np.concatenate(texts))
    begin = np.empty((len(texts), SLOTS + 1), np.intp)
    first = 0
    for row, codes in zip(begin, texts, strict=True):
        end = first + codes.size - _SHINGLE + 1  # without what runs into the next text
        mine = hashes[first:end]
        mine.sort()
        np.add(mine.searchsorted(_STARTS), first, out=row[:SLOTS])
        row[SLOTS] = end
        first += codes.size
    least = hashes[np.minimum(begin[:, :SLOTS], begin[:, SLOTS:] - 1)]
    empty = begin[:, :SLOTS] == begin[:, 1:]
    for number in set((np.flatnonzero(empty) // SLOTS).tolist()):
        _borrow(least[number], ~empty[number])
    slots = (least >> _KEPT).astype(np.uint16)
    shingles = [codes.size - _SHINGLE + 1 for codes in texts]
    return [Signature(*each) for each in zip(slots, shingles, band_keys(slots), strict=True)]


def _hashes(codes: Codes) -> npt.NDArray[np.uint64]:
    """Of each 4-gram."""
    wide = codes.astype(np.uint64)
    pairs = wide[:-1] << np.uint64(32)
    pairs |= wide[1:]
    hashes: npt.NDArray[np.uint64] = pairs[:-2] * _FIRST
    pairs *= _SECOND
    hashes += pairs[2:]
    hashes ^= hashes >> _HIGH
    hashes *= _MIX
    return hashes


def _borrow(least: npt.NDArray[np.uint64], full: npt.NDArray[np.bool_]) -> None:
    """Fills empty slots from full ones."""
    empty = np.flatnonzero(~full)
    order = _LENDERS[empty]
    least[empty] = least[order[np.arange(empty.size), full[order].argmax(axis=1)]]


def similarity(slots: Slots, others: Slots) -> npt.NDArray[np.floating[Any]]:
    """The Jaccard similarity of one text to each of others (rows), estimated: ±.04 at .5."""
    common: npt.NDArray[np.uint8] = (slots == others).sum(axis=-1, dtype=np.uint8)
    return common / SLOTS


def containment(similarity: Any, shingles: int, others: Any) -> Any:
    """How much of the smaller text stands in the other, from their Jaccard similarity: what a
    dropped paragraph or an added blurb does not lower.

    >>> float(containment(0.5, 100, 200))  # one is the half of the other
    1.0
    """
    common = similarity * (shingles + others) / (1 + similarity)
    return np.minimum(common / np.minimum(shingles, others), 1.0)


def figure_bits(text: str) -> bytes:
    """Which figures of two characters and more a text has: a Bloom filter of 128 bits."""
    bits = 0
    for part in set(text.encode("ascii", "replace").translate(_ONLY_FIGURES).split()):
        for figure in (part,) if part.isdigit() else _FIGURE.findall(part):
            if len(figure) > 1:
                bits |= 1 << zlib.crc32(figure) % _FIGURE_BITS
    return bits.to_bytes(_FIGURE_BITS // 8, "little")


def shared_figures(bits: bytes, others: bytes) -> float:
    """The share of figures that two texts have in common, of the one that has fewer: a copy keeps
    most of them; .5 where one has none.

    >>> shared_figures(figure_bits("152.4亿件，9.3%"), figure_bits("152.4亿件，增长9.3%，5.1%"))
    1.0
    """
    one, other = (int.from_bytes(side, "little") for side in (bits, others))
    fewer = min(one.bit_count(), other.bit_count())
    return (one & other).bit_count() / fewer if fewer else 0.5
