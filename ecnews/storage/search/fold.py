"""What counts as alike in a search: full and half width, and the case of A to Z. Nothing else, so
that a search finds what LIKE finds (on SQLite; on PostgreSQL, ILIKE with the C collation)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint32]

_WIDE = 0xFEE0  # between the half-width forms (! to ~) and the full-width ones
_FOLDED = np.arange(0x110000, dtype=np.uint32)
_FOLDED[0xFF01:0xFF5F] -= _WIDE
_FOLDED[0x3000] = ord(" ")
for _first in ("A", "Ａ"):
    _FOLDED[ord(_first) : ord(_first) + 26] = np.arange(ord("a"), ord("z") + 1)


def codes(text: str) -> Codes:
    """The code points of the text, folded: as many as it has characters."""
    return _FOLDED[np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)]


def fold(text: str) -> str:
    """The text as it is compared.

    >>> fold("Ｂ２Ｂ，AI\\u3000一")
    'b2b,ai 一'
    """
    return codes(text).tobytes().decode("utf-32-le")


@lru_cache(maxsize=256)
def needle(word: str) -> tuple[str, bool]:
    """The word folded, and whether a text must be folded before it is looked for there: only where
    one of its characters stands for others as well.

    >>> needle("淘宝"), needle("Ｂ２Ｂ")
    (('淘宝', False), ('b2b', True))
    """
    folded = fold(word)
    return folded, any(" " <= letter <= "~" for letter in folded)
