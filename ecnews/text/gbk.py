"""What is known of GBK and of the characters that a mirror's conversion writes.

A mirror works on GBK bytes; a run that it shifted can be read again only with the rows (same lead
byte) and columns (same trail byte) of that code at hand. All of it comes from Python's codec, from
OpenCC's tables and from pypinyin's readings, once a process and only when a page needs it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import opencc

LEADS = range(0x81, 0xFF)
TRAILS = [*range(0x40, 0x7F), *range(0x80, 0xFF)]
# Written by some mirrors, and left alone by OpenCC's way back since they stand in Simplified too.
_ALSO_WRITTEN = "祇著瞭藉徵覆甚註佔喫纔裏裡鍾鐘後於隻乾夥麽麼衆眾爲為啓啟綫線"
# Punctuation that running text has; other symbols in a restored run speak against it.
MARKS = "，。、；：？！“”‘’（）《》〈〉【】—…·～％「」『』　"


@dataclass(frozen=True, slots=True)
class Tables:
    """simple: Traditional to Simplified, one for one (code point to character, for str.translate).
    written: the characters that a conversion writes. unwritten: those it never leaves.
    rows/columns: lead/trail byte to {other byte: character}, of characters that can stand in a
    converted text. gaps: lead byte to the trail bytes that make no character.
    """

    simple: Mapping[int, str]
    written: frozenset[str]
    unwritten: frozenset[str]
    rows: Mapping[int, Mapping[int, str]]
    columns: Mapping[int, Mapping[int, str]]
    gaps: Mapping[int, frozenset[int]]


@cache
def characters() -> dict[str, bytes]:
    """Every character of GBK with its two bytes."""
    found = {}
    for lead in LEADS:
        for trail in TRAILS:
            pair = bytes((lead, trail))
            char = pair.decode("gbk", "ignore")
            if len(char) == 1 and char > "\x7f":
                found[char] = pair
    return found


@cache
def tables() -> Tables:
    """The tables, built on the first call (about 20 ms)."""
    known = characters()
    han = [char for char in known if "\u4e00" <= char <= "\u9fff"]
    back = _convert("t2s", han)
    forth = _convert("s2t", han)
    simple = {ord(old): new for old, new in back.items() if old != new}
    written = {chr(code) for code in simple} | set(_ALSO_WRITTEN)
    written |= {new for old, new in forth.items() if old != new and new in known}
    # A character is never left by a conversion when it has one Traditional form, which goes back
    # to it and is not it; 后 里 于 and their like stand in Traditional text too.
    both = {old for old, new in forth.items() if new != old} & set(_standing())
    unwritten = {old for old, new in forth.items() if new != old and new in known} - both
    unwritten -= written
    rows: dict[int, dict[int, str]] = defaultdict(dict)
    columns: dict[int, dict[int, str]] = defaultdict(dict)
    for char, (lead, trail) in known.items():
        if (char in MARKS or "\u4e00" <= char <= "\u9fff") and char not in unwritten:
            rows[lead][trail] = char
            columns[trail][lead] = char
    gaps = {lead: frozenset(_gaps(lead)) for lead in range(0x80, 0x100)}
    return Tables(simple, frozenset(written), frozenset(unwritten), rows, columns, gaps)


@cache
def way_back() -> dict[int, int]:
    """Traditional to Simplified for str.translate, which is four times as fast where a table holds
    the characters that stay as well.
    """
    same = {ord(char): ord(char) for char in characters()}
    return same | {old: ord(new) for old, new in tables().simple.items()}


@cache
def readings(char: str) -> frozenset[str]:
    """The readings of a character, with tone marks; empty where none is known."""
    from pypinyin.pinyin_dict import pinyin_dict

    return frozenset(pinyin_dict.get(ord(char), "").split(",")) - {""}


def _convert(config: str, chars: list[str]) -> dict[str, str]:
    out = opencc.OpenCC(config).convert("\n".join(chars)).split("\n")
    return dict(zip(chars, out, strict=True))


def _standing() -> str:
    """Simplified forms that are characters of Traditional text as well."""
    return (
        "于里后只几干面系台范征松采冲尽准谷余了表制游丑斗斤仆曲舍沈叶郁云折致注朱佣"
        "志占着吃才咸御辟借刮胡划回伙姜家价困累厘霉弥蔑千签秋熏咽涌岳扎症周筑淀吊合向卷克夸卜"
        "杯板布沉唇雕迭峰杆雇挂核糊荐局扣腊帘梁迈么蒙抹娘扑升尸抬托吁喧旋腌腰岩灶拐凶晒匀凉"
        "凑厨尝"
    )


def _gaps(lead: int) -> list[int]:
    if lead in (0x80, 0xFF):
        return TRAILS
    return [t for t in TRAILS if not bytes((lead, t)).decode("gbk", "ignore")]
