"""Texts with their figures masked: what a formula says, apart from its numbers and dates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

MASK = "\ue000"  # stands for one figure
_FIGURE = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*"
    # Chinese numerals only where they count or date something: 一般 and 统一 are words.
    r"|[零一二三四五六七八九十百两]+(?=个?(?:季度|月|日|号|年|届|期|轮|周|星期))"
    r"|(?<=[周第])[一二三四五六七八九十日]+|[上下前后](?=半年|半月|周|月|旬)"
    r"|元旦|春节|元宵|清明|五一|端午|七夕|中秋|国庆|重阳"
)
_END = re.compile(r"[。！？!?；;\n]+")
_NO_WORD = re.compile(rf"[^\w{MASK}]+|_")
_LEAST = 10  # characters of a piece; a shorter sentence goes with the next


@dataclass(frozen=True)
class Piece:
    """A sentence without blanks and punctuation, each figure one mask, and the figures."""

    masked: str
    figures: tuple[str, ...]

    @cached_property
    def plain(self) -> str:
        figures = iter(self.figures)
        return "".join(next(figures) if c == MASK else c for c in self.masked)


def pieces(text: str) -> Iterator[Piece]:
    """The sentences of a text in order.

    >>> [(p.plain, p.figures) for p in pieces("2025年第三季度，营收1,234.5亿元。同比增长３％。")]
    [('2025年第三季度营收1234.5亿元', ('2025', '三', '1234.5')), ('同比增长3', ('3',))]
    """
    normal = unicodedata.normalize("NFKC", text)
    figures = iter([figure.replace(",", "") for figure in _FIGURE.findall(normal)])
    piece = ""
    for sentence in _END.split(_FIGURE.sub(MASK, normal)):
        piece += _NO_WORD.sub("", sentence)
        if len(piece) >= _LEAST:
            yield Piece(piece, _take(figures, piece))
            piece = ""
    if piece:
        yield Piece(piece, _take(figures, piece))


def _take(figures: Iterator[str], masked: str) -> tuple[str, ...]:
    return tuple(next(figures) for _ in range(masked.count(MASK)))
