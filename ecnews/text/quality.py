"""Whether what a page gave is fit to be stored: garbled, outweighed by spam, no article at all."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ecnews.errors import DataFileError
from ecnews.items import Removed

_FILE = "refusals.toml"
_KEYS = {"reason", "since", "why", "pattern", "yes", "no"}
# What damage leaves that nothing has repaired: replacement characters, pinyin behind a character,
# a question mark between two characters of a word.
_REPLACED = re.compile("\ufffd+|锟斤拷|烫烫烫|屯屯屯")
_TONES = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ"
_PINYIN = re.compile(rf"(?<=[\u3400-\u9fff])[(（][a-zü]{{0,3}}[{_TONES}][a-zü]{{0,3}}\s?[)）]")
_SWALLOWED = re.compile(r"(?<=[\u3400-\u9fff])\?{1,2}(?=[\u3400-\u9fff])")
_FEW = 3  # of them a page may have
_SHARE = 1 / 150  # and so many a character
_SAMPLE = 400  # characters in which text that was decoded wrongly shows
_TIMES = 3  # spam around an article leaves it whole; so much of it and the page is spam's
_SHORT = 400  # characters of a page, menus included, up to which a notice can be all there is
_NOTICE = 120  # the same of an article's text
_OPENING = 2  # characters before the notice: 抱歉, 本文
_SENTENCE = re.compile(r"[。！？，,\n]+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind of page that is no article: its text holds the pattern, and little else."""

    reason: str
    since: int
    why: str
    pattern: re.Pattern[str]
    yes: tuple[str, ...]
    no: tuple[str, ...]


def garbled(text: str) -> str | None:
    r"""What is beyond repair in a text, in words; None where it can be read.

    >>> garbled("网经社讯\ufffd\ufffd，淘宝\ufffd宣\ufffd\ufffd四\ufffd举\ufffd")
    '5 runs of replacement characters'
    >>> garbled("谁在退出？靠什么赚钱?他说(笑):\ufffd。")
    >>> garbled("网经社讯：淘宝天猫宣布四大举措".encode().decode("gbk", "ignore"))
    'decoded by the wrong table'
    """
    for name, signs, pattern in (
        ("runs of replacement characters", "\ufffd锟烫屯", _REPLACED),
        ("characters with pinyin behind them", _TONES, _PINYIN),
        ("question marks within words", "?", _SWALLOWED),
    ):
        if not any(sign in text for sign in signs):
            continue
        count = len(pattern.findall(text))
        if count > _FEW and count > _SHARE * len(text):
            return f"{count} {name}"
    return "decoded by the wrong table" if _is_mojibake(text[:_SAMPLE]) else None


def refusal(text: str) -> str | None:
    """The reason why a page is no article, by the little that it says in all.

    >>> refusal("404 Not Found nginx"), refusal("抱歉，您访问的页面不存在，返回首页")
    ('error page', 'error page')
    """
    if len(text) > _SHORT:
        return None
    return next((kind.reason for kind in refusals() if kind.pattern.search(text)), None)


def refused(title: str, text: str) -> str | None:
    """The same of what looks like an article: a sentence must open with the notice.

    >>> refused("提示", "请登录后查看全文。"), refused("电商平台崩了", "周一，平台出现系统异常。")
    ('log-in wall', None)
    """
    if len(text) > _NOTICE:
        return None
    said = [title, *_SENTENCE.split(text)]
    for kind in refusals():
        if any((m := kind.pattern.search(part)) and m.start() <= _OPENING for part in said):
            return kind.reason
    return None


def outweighed(kept: Sequence[str], own: Iterable[Removed], page: Iterable[Removed]) -> str | None:
    """How spam outweighs an article, in words: that among its `own` blocks is more than what is
    kept, or that on the whole `page` is several times as much. None if it does not."""
    left = sum(map(len, kept))
    within, around = (
        sum(len(block.text) for block in removed if block.kind == "spam") for removed in (own, page)
    )
    if within > left or around > _TIMES * left:
        return f"{max(within, around)} characters of spam to {left} of the article"
    return None


def is_polluted(removed: Iterable[Removed], recovered: Mapping[str, int]) -> bool:
    """Whether an article is from a page that was tampered with: spam was taken out of it, or its
    text had to be restored (the site hides texts of its own). A clean copy takes the place of such
    a one, never the other way round.

    >>> is_polluted([Removed("blurb", "company-blurb", "…")], {}), is_polluted([], {"runs": 2})
    (False, True)
    """
    return any(recovered.values()) or any(block.kind == "spam" for block in removed)


@cache
def refusals() -> tuple[Refusal, ...]:
    """The kinds of the file. Raises DataFileError, naming the kind and the key."""
    return parse((files("ecnews.text.rules") / _FILE).read_text("utf-8"))


def parse(text: str) -> tuple[Refusal, ...]:
    """The kinds of a TOML text."""
    try:
        tables = tomllib.loads(text)["page"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise DataFileError(f"{_FILE}: {error}") from error
    found = []
    for table in tables:
        name = f"{_FILE}: page {table.get('reason', '')}".rstrip()
        if wrong := set(table) ^ _KEYS:
            raise DataFileError(f"{name}: {', '.join(sorted(wrong))}: missing or not known")
        try:
            pattern = re.compile(table["pattern"], re.I)
        except re.error as error:
            raise DataFileError(f"{name}: pattern: {error}") from error
        found.append(
            Refusal(
                table["reason"],
                int(table["since"]),
                table["why"],
                pattern,
                tuple(table["yes"]),
                tuple(table["no"]),
            )
        )
    return tuple(found)


def _is_mojibake(text: str) -> bool:
    """Whether the text is UTF-8 read as GBK, or as Latin letters: put back, it is UTF-8 again."""
    if any(mark in text for mark in "，。的"):  # neither kind of garble has them
        return False
    for codec in ("gb18030", "cp1252", "latin-1"):
        data = text.encode(codec, "ignore")
        high = sum(byte > 0x7F for byte in data)
        again = data.decode("utf-8", "ignore")
        read = sum("\u3000" <= char <= "\uffef" for char in again)
        if high > 30 and 3 * read > 0.8 * high:
            return True
    return False
