"""Recovers the text of hijacked pages: takes the pinyin out, puts swallowed bytes back, and turns
the text back to Simplified.

    verdict   = examine(text)      what was seen, and whether the text is hijacked
    recovered = recover(text)      the text, and counts of what was done

The order is fixed by what destroyed what last: the annotations came last, and go first, since a run
can only be read again without them; then the runs, whose bytes are those of Traditional text; then
the script. An honest text is returned as it came, the very same object.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ecnews.text import spam
from ecnews.text.gbk import MARKS, characters, readings, tables
from ecnews.text.realign import LOST, PINYIN, UNKNOWN, Evidence, realign
from ecnews.text.script import codes, converted, rules, simplified

_NOTE = re.compile(rf"\((?<=([^\x00-\x7f])\()({PINYIN}) ?\)")
_LOST_NOTE = re.compile(rf"{LOST}\(?{PINYIN} ?\)")
# What is sought begins with a rare sign: a look behind that is cheap, a set in front is not.
_LETTER_NOTE = re.compile(rf"\((?<=[^\x00-\x7f][@-~]\()({PINYIN}) ?\)")
_BARE = re.compile(rf"{LOST}(?=[^\x00-\x7f\ufffd])")
_STRAY = re.compile(",(?<=[^\x00-\x7f],)(?:[，。、！？；：]|,[^\x00-\x7f,])")
_QUESTION = re.compile("\\?(?<=[\u4e00-\u9fff”》）]\\?)")
_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ"
_FIRST = {lost: re.compile(re.escape(lost) + "(?=[^\x00-\x7f])") for lost in "?\ufffd"}
SIMPLE = Evidence(simple=True)
_LOOKS, _LOOK, _SHORT, _AROUND = 200, 14, 6, 300
_PLAIN = 0.5  # the share of frequent characters that makes a run look honest
_ANY_NOTE = re.compile(rf"\((?<=[^\x00-\x3e@-\x7f]\(){PINYIN} ?\)|{LOST}{PINYIN} ?\)")
_NOTES, _NEAR = 40, 30  # annotations that tell whose they are, with so many characters around each
_NOTE_LENGTH = 9
_PIECE = re.compile('[^<>"\n]*[\u4e00-\u9fff][^<>"\n]*')
_DILUTED = 30  # Traditional characters that spam may drown
_FITTING = 0.9  # of them, behind a character that conversions write, and read so


@dataclass(frozen=True, slots=True)
class Recovered:
    """The text, and how many annotations were taken out, runs realigned, characters turned back to
    Simplified, and places left as they were for want of certainty.
    """

    text: str
    annotations: int = 0
    realigned: int = 0
    converted: int = 0
    unresolved: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Annotations taken out, runs realigned, characters converted, places left unresolved."""
        names = ("annotations", "realigned", "converted", "unresolved")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Verdict:
    """annotated: the page's annotations are a mirror's. converted: its text is Simplified that was
    converted. shifted: a run shows it even where nothing else does.
    """

    annotated: bool = False
    converted: bool = False
    shifted: bool = False

    @property
    def hijacked(self) -> bool:
        return self.annotated or self.converted or self.shifted


HONEST = Verdict()


def recover(text: str, verdict: Verdict | None = None) -> Recovered:
    """The text as it was before a mirror had it; the text itself where no mirror had.

    `text` is the source of a page or any piece of one; a piece too small to tell by itself can be
    given the verdict on its page. Never raises.

    >>> recover("面向?qū)櫸镄袠I(yè)")
    Recovered(text='面向宠物行业', annotations=2, realigned=1, converted=2, unresolved=0)
    >>> recover("拼音课：好(hǎo)人；学(xué)习?对").text
    '拼音课：好(hǎo)人；学(xué)习?对'
    """
    if verdict is None:
        verdict = examine(text)
    if not verdict.hijacked:
        return Recovered(text)
    bare, noted, taken = _without_notes(text)
    sure = verdict.annotated or verdict.converted
    keeps = _KEEPS.search(bare) is not None
    evidence = Evidence(noted, keeps, simple=not sure, strewn=_strewn(text))
    plain, runs, unresolved, notes = realign(bare, evidence)
    plain, more = _behind_written().subn("", plain) if runs else (plain, 0)
    if evidence.strewn:
        plain = _without_commas(plain)
    plain = (_questions(plain, bare) if runs else plain).replace(UNKNOWN, "?")
    if verdict.annotated or verdict.converted or not _mostly_simple(plain):
        back = simplified(plain)
    else:
        back = plain
    changed = int(np.count_nonzero(codes(plain) != codes(back)))
    return Recovered(back, taken + notes + more, runs, changed, unresolved)


_KEEPS = re.compile(rf"{LOST}\({PINYIN} ?\)")


def examine(text: str) -> Verdict:
    """What speaks for a mirror in this text; HONEST where nothing does."""
    if not _has_sign(text):
        return HONEST
    notes = _LOST_NOTE.search(text) is not None or _NOTE.search(text) is not None
    if notes and _annotated(text):
        return Verdict(annotated=True)
    if notes and not _LOST_NOTE.search(text):
        return HONEST
    if converted(text) or converted(_without_spam(text)):
        return Verdict(converted=True)
    if _shifted(text):
        return Verdict(shifted=True)
    return HONEST


def _without_spam(text: str) -> str:
    """The pieces of a page without the spam that a mirror has put around the text it converted; ""
    where there is too little of such text for that to matter."""
    written = tables().written
    if sum(map(text.count, set(text) & written)) < _DILUTED:
        return ""
    pieces = (piece for piece in _PIECE.findall(text) if spam.judge(piece) is None)
    return "\n".join(pieces)


def _mostly_simple(text: str) -> bool:
    written, unwritten = _scripts(text)
    return written < 2 * unwritten


def _has_sign(text: str) -> bool:
    """Whether anything in the text could be a mirror's: an honest page pays for this look alone."""
    if any(map(text.__contains__, _signs())):
        return True
    return any(lost in text and _FIRST[lost].search(text) for lost in _FIRST)


@cache
def _signs() -> str:
    return _TONED + rules().first


def _annotated(text: str) -> bool:
    """Whether the annotations are those of a mirror: behind characters that a conversion writes,
    behind every one of them (its table is blind), and not in a text that is Simplified.
    """
    written = tables().written
    sample = _around_notes(text)
    misfits, seen = 0, Counter[str]()
    for char, pinyin in _NOTE.findall(sample):
        if char in written and pinyin in readings(char):
            seen[char] += 1
        else:
            misfits += 1
    fits = seen.total()
    lost = len(_LOST_NOTE.findall(sample))
    if fits + lost == 0 or fits < _FITTING * (fits + misfits):
        return False
    if lost == 0 and _lesson(sample, seen):
        return False
    traditional, simple = _scripts(sample)
    return 2 * (traditional + lost) >= simple


def _around_notes(text: str) -> str:
    """What stands near annotations: the spam on a mirror's page is Simplified."""
    pieces, end = [], 0
    for hit in islice(_ANY_NOTE.finditer(text), _NOTES):
        start = max(end, hit.start() - _NEAR)
        end = hit.end() + _NEAR
        opened = text.rfind("(", end - _NOTE_LENGTH, end + 1)
        if opened >= hit.end():  # no character is parted from its annotation
            end = opened - 1
        pieces.append(text[start:end])
    return "\n".join(pieces)


def _scripts(text: str) -> tuple[int, int]:
    """How many characters a conversion writes, and how many it never leaves."""
    _, written, unwritten = np.bincount(_kinds()[codes(text)], minlength=3).tolist()
    return written, unwritten


@cache
def _kinds() -> NDArray[np.uint8]:
    """By code point: 1 is a character that a conversion writes, 2 is one that it never leaves."""
    kinds = np.zeros(sys.maxunicode + 1, np.uint8)
    kinds[[*map(ord, tables().written)]] = 1
    kinds[[*map(ord, tables().unwritten)]] = 2
    return kinds


def _lesson(text: str, seen: Counter[str]) -> bool:
    """Whether characters stand here with and there without their pinyin, as people write."""
    bare = sum(text.count(char) > times for char, times in seen.items())
    return bare > 0.3 * len(seen)


def _shifted(text: str) -> bool:
    """Whether a bare `?` starts a run that reads as Chinese only when shifted by a byte."""
    common = _common()
    for hit in islice(_BARE.finditer(text), _LOOKS):
        shown = text[hit.start() : hit.start() + _LOOK]
        odd = sum(char in common for char in shown) < _PLAIN * len(shown)
        if len(shown) >= _SHORT and odd and realign(_line(text, hit.start()), SIMPLE).runs:
            return True
    return False


def _line(text: str, at: int) -> str:
    """What stands around a place, up to the ends of its line."""
    start = max(text.rfind("\n", 0, at) + 1, at - _AROUND)
    end = text.find("\n", at)
    return text[start : min(end if end >= 0 else len(text), at + _AROUND)]


@cache
def _common() -> frozenset[str]:
    """The characters and marks that any Chinese text is mostly made of."""
    signs = rules().signs
    return frozenset(signs + simplified(signs) + rules().plain + MARKS)


@cache
def _behind_written() -> re.Pattern[str]:
    chars = "".join(sorted(tables().written))
    return re.compile(rf"\((?<=[{chars}]\(){PINYIN} ?\)")


def _without_notes(text: str) -> tuple[str, frozenset[str], int]:
    """The text without the annotations that stand whole behind their characters, these characters,
    and how many annotations there were.
    """
    pieces = _behind_written().split(text)
    text = "".join(pieces)
    count = len(pieces) - 1

    def letter(hit: re.Match[str]) -> str:
        """A character whose trail byte looks like a letter, its lead byte in the one before."""
        nonlocal count
        before = characters().get(text[hit.start() - 2])
        trail = ord(text[hit.start() - 1])
        char = before and bytes((before[1], trail)).decode("gbk", "ignore")
        if not char or char not in tables().written or hit[1] not in readings(char):
            return hit[0]
        count += 1
        return ""

    return _LETTER_NOTE.sub(letter, text), frozenset(piece[-1] for piece in pieces[:-1]), count


def _strewn(text: str) -> bool:
    return len(_STRAY.findall(text)) >= 2


def _without_commas(text: str) -> str:
    """The text without the ASCII commas that a mirror strewed."""
    text = re.sub(",+(?=[，。、！？；：])", "", text)
    if "，" in text:
        return re.sub("(?<=[^\x00-\x7f]),+(?=[^\x00-\x7f])", "", text)
    return re.sub("(?<=[^\x00-\x7f]),{2,}(?=[^\x00-\x7f])", ",", text)


def _questions(text: str, shown: str) -> str:
    """`?` as `？` behind Chinese in a text with full-width marks, where the mirror left none of the
    bytes of `？`, not even between two characters.
    """
    if "？".encode("gbk") in shown.encode("gbk", "replace") or text.count("，") < 2:
        return text
    return _QUESTION.sub("？", text)
