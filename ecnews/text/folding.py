"""What spammers do to letters so that no word list knows them, undone for judging.

Nothing of this reaches the text that is kept: full-width and fancy letters, Traditional characters,
look-alikes, blanks and marks between the characters of a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from ecnews.text.gbk import way_back

_HAN = "\u3400-\u9fff"
_TOKEN = re.compile(f"[{_HAN}]+|[^{_HAN}]+")
# Between two characters of one word: blanks and signs, a few of them; no mark of a sentence.
_BETWEEN = re.compile(r"[^\w，。！？；：“”‘’（）《》]{1,4}|_{1,2}")
_APART = r"(?:[^\w，。！？；：“”‘’（）《》]{1,4}|_{1,2})"
# A character on its own on one side at least.
_WITHIN = re.compile(f"(?<![{_HAN}])[{_HAN}]{_APART}[{_HAN}]|[{_HAN}]{_APART}[{_HAN}](?![{_HAN}])")
_LETTERS = re.compile(r"(?<![^\W_])[a-z0-9](?:[ .·*_-][a-z0-9](?![a-z0-9])){3,}")
_SPREAD = 4  # characters, each on its own, that are one word spread out


_MARKS = "，。！？；：（）“”"


@cache
def _table() -> dict[int, int | str]:
    table: dict[int, int | str] = dict(way_back())
    for start, end in _FANCY:
        for code in range(start, end):
            plain = unicodedata.normalize("NFKC", chr(code)).lower()
            if plain != chr(code) and chr(code) not in _MARKS:
                table[code] = plain if len(plain) == 1 else " "
    return table


# Full-width forms, enclosed figures and letters, the mathematical alphabets; radicals in the place
# of characters.
_FANCY = (
    (0x2460, 0x2500), (0x24B6, 0x24EA), (0x2E80, 0x2FE0), (0x3200, 0x3400), (0xF900, 0xFB00),
    (0xFF01, 0xFF5F), (0x1D400, 0x1D800), (0x1F100, 0x1F190),
)  # fmt: skip


def fold(text: str) -> str:
    """The text in lower case, plain letters and Simplified, of the same length.

    >>> fold("ＡＶ線上看 ⑥合彩")
    'av线上看 6合彩'
    """
    folded = text.lower()
    if len(folded) != len(text):
        folded = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return folded if folded.isascii() else folded.translate(_table())


def plain(texts: Sequence[str]) -> list[str]:
    """Texts that were folded and closed up: at once, since most have nothing to close."""
    folded = fold("\0".join(texts)).split("\0") if texts else []
    return [closed_up(text) for text in folded]


def _is_apart(folded: str) -> bool:
    return not folded.isalnum() and bool(_WITHIN.search(folded) or _LETTERS.search(folded))


def closed_up(folded: str) -> str:
    """The same without what stands between the characters of one word.

    >>> closed_up("彩.票平台 北京赛.车"), closed_up("国 产 无 码|高清"), closed_up("棋*牌、麻将")
    ('彩票平台 北京赛车', '国产无码|高清', '棋牌、麻将')
    >>> closed_up("李宁 安踏 特步"), closed_up("性别 男 女")
    ('李宁 安踏 特步', '性别 男 女')
    """
    if not _is_apart(folded):
        return folded
    if _WITHIN.search(folded):
        parts = _TOKEN.findall(folded)
        for at in _spread(parts):
            parts[at] = ""
        folded = "".join(parts)
    return _LETTERS.sub(lambda m: re.sub(r"[^a-z0-9]", "", m[0]), folded)


def _spread(parts: list[str]) -> list[int]:
    """Positions of what stands within words."""
    found = []
    run: list[int] = []
    alone = 0
    for at, part in enumerate((*parts, "。")):
        if part and "\u3400" <= part[0] <= "\u9fff":
            continue
        # A blank, a bar or a comma within a word only shows in a row of characters on their own.
        left = len(parts[at - 1]) if at else 9
        right = len(parts[at + 1]) if at + 1 < len(parts) else 9
        if at < len(parts) and _BETWEEN.fullmatch(part) and 1 in (left, right):
            if part.strip(" |｜、,/\u3000"):
                found.append(at)
            if left == right == 1:
                run.append(at)
                alone += 1
                continue
        if alone + 1 >= _SPREAD:
            found += run
        run, alone = [], 0
    return found
