"""Whether a text was converted to Traditional character by character, and the way back.

The way back is the inverse of that conversion, not a translation of real Traditional: a character
that no conversion writes stays, and so do the characters that Simplified text holds as well, where
the word says so (乾隆, 著名, 瞭望, 慰藉).
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import opencc
from numpy.typing import NDArray

from ecnews.text.gbk import tables, way_back

_SAMPLE = 3000  # characters of a text that are asked for its script
_HAN = re.compile("[\u4e00-\u9fff“”「」『』]+")
_ODD_FEW, _ODD_SHARE = 2, 0.06


@dataclass(frozen=True, slots=True)
class Rule:
    """One character with two ways back: `keep` finds the words that hold it, `only` (where there
    is one) the words outside which it stays; `unless` is the character whose presence forbids it.
    """

    old: str
    new: str
    keep: re.Pattern[str] | None
    only: re.Pattern[str] | None
    unless: str


@dataclass(frozen=True, slots=True)
class Rules:
    first: str
    signs: str
    plain: str
    kept: frozenset[str]
    two: tuple[Rule, ...]
    true: str
    bare: str
    both: re.Pattern[str]
    quotes: str


@cache
def rules() -> Rules:
    """The contents of rules/script.toml."""
    text = resources.files(__package__).joinpath("rules", "script.toml").read_text("utf-8")
    data = tomllib.loads(text)
    evidence = data["evidence"]
    return Rules(
        first=data["first"],
        signs="".join(data["signs"]),
        plain="".join(data["plain"]),
        kept=frozenset(data["kept"]),
        two=tuple(map(_rule, data["two"])),
        true=evidence["true"],
        bare=evidence["bare"],
        both=_any(evidence["both"]),
        quotes=evidence["quotes"],
    )


def converted(text: str) -> bool:
    """Whether a text is Simplified that was converted, by what true Traditional would not write.

    >>> converted("網絡零售額增長較快，對于平臺來說，今后的競爭還在后面"), converted("他說“電腦”。")
    (True, False)
    >>> converted("對於平臺來說，今後的競爭還在後面，網路零售額增長較快")
    False
    """
    sample = "".join(_HAN.findall(text))[:_SAMPLE]
    known, rule = tables(), rules()
    written = len(_written().findall(sample))
    if written == 0 or written < 3 * sum(map(sample.count, set(sample) & known.unwritten)):
        return False
    if any(mark in sample for mark in rule.quotes):
        return False
    bare = _count(rule.both.sub("", sample), rule.bare)
    true = _count(sample, rule.true)
    if bare > 3 * true:
        return True
    if true + bare == 0 or true < bare:
        return False
    # Hong Kong has standard forms of its own: what is odd must be odd by either standard.
    return _odd(sample) and _odd(_hk2t().convert(sample))


def simplified(text: str) -> str:
    """A converted text turned back; as long as it was, character for character.

    >>> simplified("覆蓋乾安縣的著名餅乾廠，祇有一隻，慰藉與瞭解")
    '覆盖乾安县的著名饼干厂，只有一只，慰藉与了解'
    """
    rule = rules()
    back = _way_back()[codes(text)].tobytes().decode("utf-32-le", "surrogatepass")
    changes: dict[int, str] = {}
    for two in rule.two:
        if two.old in text:
            changes |= _decide(two, text)
    if not changes:
        return back
    chars = list(back)
    for at, char in changes.items():
        chars[at] = char
    return "".join(chars)


def codes(text: str) -> NDArray[np.uint32]:
    """The code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _decide(rule: Rule, text: str) -> dict[int, str]:
    """What stands at each place of a character with two ways back."""
    places = dict(_places(text, rule.old))
    if rule.unless and rule.unless in text:
        return places
    new = dict.fromkeys(places, rule.new)
    if rule.only:
        inside = _inside(rule.only, text)
        new = {at: rule.new for at in places if at in inside}
    if rule.keep:
        kept = _inside(rule.keep, text)
        new |= {at: rule.old for at in places if at in kept}
    return new


def _inside(words: re.Pattern[str], text: str) -> set[int]:
    return {at for hit in words.finditer(text) for at in range(*hit.span(1))}


def _places(text: str, chars: str) -> list[tuple[int, str]]:
    return [(hit.start(), hit[0]) for hit in re.finditer(f"[{chars}]", text)]


def _odd(sample: str) -> bool:
    """Whether words are written as only a conversion character by character would write them:
    籤署 and 複雜 as 復雜, where a translation into Traditional has 簽署 and 複雜.
    """
    simple = _t2s().convert(sample)
    proper = _t2tw().convert(_s2t().convert(simple))
    shown = _t2tw().convert(sample)
    if not len(simple) == len(proper) == len(shown):
        return False
    several = _several()
    places = [at for at, char in enumerate(simple) if char in several]
    odd = [simple[at] for at in places if shown[at] != proper[at]]
    return len(set(odd)) >= _ODD_FEW and len(odd) >= _ODD_SHARE * len(places)


@cache
def _way_back() -> NDArray[np.uint32]:
    """OpenCC's characters, but not its words: 批|覆蓋 is no 批覆 (which it makes 批复)."""
    back = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    for old, new in way_back().items():
        if chr(old) not in rules().kept:
            back[old] = new
    return back


@cache
def _several() -> frozenset[str]:
    """The Simplified characters that stand for more than one Traditional one."""
    ways: dict[str, set[str]] = {}
    for code, new in tables().simple.items():
        ways.setdefault(new, set()).add(chr(code))
    unwritten = tables().unwritten
    return frozenset(new for new, old in ways.items() if len(old) > 1 or new not in unwritten)


@cache
def _written() -> re.Pattern[str]:
    return re.compile("[" + "".join(sorted(map(chr, tables().simple))) + "]")


@cache
def _t2s() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _hk2t() -> opencc.OpenCC:
    return opencc.OpenCC("hk2t")


@cache
def _s2t() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


@cache
def _t2tw() -> opencc.OpenCC:
    return opencc.OpenCC("t2tw")


def _rule(entry: dict[str, Any]) -> Rule:
    keep = _any(entry["words"]) if entry["words"] else None
    only = _any(entry["only"]) if entry.get("only") else None
    return Rule(entry["from"], entry["to"], keep, only, entry.get("unless", ""))


def _any(words: list[str]) -> re.Pattern[str]:
    # Overlapping words all count, so each is found by looking ahead of its first character.
    return re.compile("(" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + ")")


def _count(text: str, chars: str) -> int:
    return sum(map(text.count, chars))
