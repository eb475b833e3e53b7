"""What the publisher sets behind its articles: blurbs, notices, widgets, captions, navigation.

The rules are data (`rules/boilerplate.toml`); each carries an example that it takes and one that it
leaves.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ecnews.errors import DataFileError
from ecnews.items import Removed

_FILE = "boilerplate.toml"
_KEYS = {"id", "kind", "pattern", "where", "why", "yes", "no"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `tail` rules hold only where nothing but boilerplate follows the block."""

    id: str
    kind: str
    pattern: re.Pattern[str]
    tail: bool
    yes: tuple[str, ...]
    no: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stripped:
    """`kept` blocks in order; `removed` ones in order; `end`, the number of blocks before the
    boilerplate behind the article begins."""

    kept: list[str]
    removed: list[Removed]
    end: int


# What no words tell: a block that is nothing but links to other articles.
_LINKS = ("navigation", "article-links")


def strip(blocks: Sequence[str], links: Collection[int] = ()) -> Stripped:
    """Takes the publisher's boilerplate out of the blocks of an article; `links` are the positions
    of blocks that are nothing but links to other articles.

    >>> strip(["正文一。", "平台名称", "正文二。", "微信公众号"])
    Stripped(kept=['正文一。', '平台名称', '正文二。'], \
removed=[Removed(kind='caption', rule='qr-caption', text='微信公众号')], end=3)
    """
    matched = [_match(block) for block in blocks]
    end = len(blocks)
    while end and (matched[end - 1] or end - 1 in links):
        end -= 1
    kept, removed = [], []
    for i, (block, rule) in enumerate(zip(blocks, matched, strict=True)):
        if rule and (i >= end or not rule.tail):
            removed.append(Removed(rule.kind, rule.id, block))
        elif i >= end:
            removed.append(Removed(*_LINKS, block))
        else:
            kept.append(block)
    return Stripped(kept, removed, end)


def is_known(block: str) -> bool:
    """Whether a rule knows the block, wherever it stands.

    >>> is_known("分享到：微信"), is_known("分享经济升温。")
    (True, False)
    """
    return _match(block) is not None


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of the file. Raises DataFileError, naming the rule and the key."""
    text = (files("ecnews.text.rules") / _FILE).read_text("utf-8")
    return parse(text)


def parse(text: str) -> tuple[Rule, ...]:
    """The rules of a TOML text."""
    try:
        tables = tomllib.loads(text)["rule"]
        return tuple(_rule(i, table) for i, table in enumerate(tables))
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise DataFileError(f"{_FILE}: {error}") from error


def _rule(index: int, table: dict[str, object]) -> Rule:
    name = f"{_FILE}: rule {table.get('id', index)}"
    if wrong := set(table) ^ _KEYS:
        raise DataFileError(f"{name}: {', '.join(sorted(wrong))}: missing or not known")
    if table["where"] not in ("anywhere", "tail"):
        raise DataFileError(f"{name}: where: must be anywhere or tail, not {table['where']!r}")
    try:
        pattern = re.compile(str(table["pattern"]))
    except re.error as error:
        raise DataFileError(f"{name}: pattern: {error}") from error
    yes, no = (tuple(map(str, table[key])) for key in ("yes", "no"))  # type: ignore[call-overload]
    return Rule(str(table["id"]), str(table["kind"]), pattern, table["where"] == "tail", yes, no)


@cache
def _any() -> re.Pattern[str]:
    """One expression for all rules: nearly every block matches none."""
    return re.compile("|".join(f"(?:{rule.pattern.pattern})" for rule in rules()))


def _match(block: str) -> Rule | None:
    if not _any().match(block):
        return None
    return next((rule for rule in rules() if rule.pattern.match(block)), None)
