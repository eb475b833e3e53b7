# ruff: noqa: E501  Chinese is twice as wide as ruff counts
"""Does to a clean text what hijacked mirrors do to it, so that the truth is known.

The stages are those that can be read off real pages: Simplified to Traditional character by
character, stray commas and pinyin put into the GBK bytes by searches that know nothing of character
borders, and a decoder that shows each pair it cannot read as one `?`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import opencc
import pypinyin

# What OpenCC would turn into another character but the mirrors of the first kind leave as it is.
KEPT = (
    "于里后只几干面系台范征松采冲尽准谷余了表制复游丑斗发斤仆曲舍沈胜术万叶郁愿云折致注朱佣志占着"
)
KEPT_NOT = "系台准余复丑斗发胜术万致愿郁佣了"
# What another kind of mirror writes and no Traditional writer would.
ODD = dict(zip("只吃占才里钟后于面制系注着", "祇喫佔纔裏鍾後於麵製係註著", strict=True))
COMMA_BEFORE = [c.encode("gbk") for c in "，。、！？；："]

Hits = Literal["scan", "sequence"]


@dataclass(frozen=True, slots=True)
class Mirror:
    """How one mirror works; `table` maps the GBK bytes of a Traditional character to its pinyin."""

    table: Mapping[bytes, bytes]
    convert: Mapping[int, str]
    hits: Hits = "scan"
    blank: bool = False  # `會(huì )議`
    questions: bool = False  # A3 BF becomes 3F wherever the two bytes meet
    commas: Sequence[bytes] = ()  # a comma goes in front of these bytes, wherever they meet
    keeps_ascii: bool = False  # `8C 28` is shown as `?(`, not as `?`

    def __call__(self, text: str) -> str:
        """The text as the mirror shows it."""
        data = text.translate(self.convert).encode("gbk", "xmlcharrefreplace")
        for mark in self.commas:
            data = data.replace(mark, b"," + mark)
        if self.questions:
            data = data.replace("？".encode("gbk"), b"?")
        return decode(self._annotate(data), keeps_ascii=self.keeps_ascii)

    def _annotate(self, data: bytes) -> bytes:
        tail = b" )" if self.blank else b")"
        notes = {char: char + b"(" + pinyin + tail for char, pinyin in self.table.items()}
        if self.hits == "sequence":
            for char, note in notes.items():
                data = data.replace(char, note)
            return data
        # A search by regular expression is the left-to-right scan at every byte offset.
        if not notes:
            return data
        search = re.compile(b"|".join(map(re.escape, notes)), re.DOTALL)
        return search.sub(lambda hit: notes[hit[0]], data)


def decode(data: bytes, *, keeps_ascii: bool = False) -> str:
    """GBK as the mirrors read it: an undecodable pair becomes one `?` and both its bytes are gone.

    >>> decode(bytes.fromhex("CFF2 8C28 71A8B1 29 99CE"))
    '向?qū)櫸'
    >>> decode(bytes.fromhex("A13F E7BE"), keeps_ascii=True)
    '??缇'
    """
    shown, at = [], 0
    while at < len(data):
        if data[at] < 0x80:
            shown.append(chr(data[at]))
            at += 1
            continue
        pair = data[at : at + 2]
        at += 2
        try:
            shown.append(pair.decode("gbk"))
        except UnicodeDecodeError:
            shown.append("?")
            at -= keeps_ascii and len(pair) == 2 and pair[1] < 0x40
    return "".join(shown)


@cache
def conversion(kind: Literal["sparse", "full", "odd"]) -> Mapping[int, str]:
    """Simplified to Traditional, one character for one: `sparse` leaves 于 里 后 and their like,
    `full` is OpenCC's first choice for each, `odd` adds the choices nobody makes.
    """
    simple = [chr(code) for code in range(0x4E00, 0xA000) if _in_gbk(chr(code))]
    shown = opencc.OpenCC("s2t").convert("\n".join(simple)).split("\n")
    table = {
        ord(old): new for old, new in zip(simple, shown, strict=True) if old != new and _in_gbk(new)
    }
    if kind == "sparse":
        for char in set(KEPT) - set(KEPT_NOT):
            table.pop(ord(char), None)
        table[ord("台")] = "臺"
    if kind == "odd":
        table |= {ord(old): new for old, new in ODD.items()}
    return table


def table(
    share: float, seed: int, convert: Mapping[int, str], *, also: Iterable[str] = ()
) -> dict[bytes, bytes]:
    """A table that holds this share of the characters that the conversion writes, in an order of
    its own, and the characters of `also`.
    """
    draw = random.Random(seed)
    chars = sorted(set(convert.values()))
    chosen = set(draw.sample(chars, round(share * len(chars)))) | set(also)
    order = sorted(chosen)
    draw.shuffle(order)
    return {char.encode("gbk"): _pinyin(char) for char in order}


def mirror(
    share: float,
    seed: int,
    kind: Literal["sparse", "full", "odd"] = "sparse",
    **options: object,
) -> Mirror:
    """A mirror whose table holds `share` of the convertible characters."""
    convert = conversion(kind)
    return Mirror(table(share, seed, convert), convert, **options)  # type: ignore[arg-type]


def page(paragraphs: Sequence[str], shown: Callable[[str], str] = str) -> str:
    """The HTML of a page with these paragraphs, the first one its headline, as a mirror shows it."""
    title, *body = paragraphs
    lines = "\n".join(f"<p>{line}</p>" for line in body)
    return shown(
        f'<html><head><title>{title}</title><meta name="keywords" content="电商,物流"></head>\n'
        f'<body><h1>{title}</h1><div class="art" id="a1"><!-- 正文 -->\n{lines}\n</div>\n'
        '<a href="/list.html?id=12&amp;p=2">更多</a>'
        '<script>var q = a ? "是" : b(1);</script></body></html>\n'
    )


@cache
def _pinyin(char: str) -> bytes:
    return pypinyin.pinyin(char)[0][0].encode("gbk")


def _in_gbk(char: str) -> bool:
    return len(char.encode("gbk", "ignore")) == 2
