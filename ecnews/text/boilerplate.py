"""What the publisher and its sources set around articles: blurbs, notices, widgets, captions.

The rules are data (`rules/boilerplate.toml`); each carries an example that it takes and one that it
leaves.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import accumulate
from typing import Any

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from ecnews.errors import DataFileError

_FILE = "boilerplate.toml"
_KEYS = {"id", "kind", "since", "where", "why", "yes", "no"}
# How a rule knows its block; `probe` are literal words by which a page is asked for it at once.
_WAYS = ({"pattern"}, {"pattern", "probe"}, {"anchors", "least"})
WHERE = ("anywhere", "tail", "edge", "list", "end")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a `pattern` that a block begins with, or `anchors` of which it holds `least`."""

    id: str
    kind: str
    since: int
    where: str
    why: str
    pattern: re.Pattern[str] | None
    probe: tuple[str, ...]
    anchors: tuple[str, ...]
    least: int
    yes: tuple[str, ...]
    no: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """The file as read: all rules, one expression of all patterns and the rule of each
    of its groups, one automaton of all anchors and the rule of each anchor."""

    all: tuple[Rule, ...]
    any_pattern: re.Pattern[str]
    by_group: dict[str, Rule]
    anchors: AhoCorasick
    rule_of: tuple[Rule, ...]


def match(blocks: Sequence[str]) -> list[Rule | None]:
    """The rule that knows each block, wherever it stands.

    >>> [rule and rule.id for rule in match(["分享到：微信", "分享经济升温。"])]
    ['share-buttons', None]
    """
    return list(_match(tuple(blocks)))


@lru_cache(maxsize=4)  # the level of a page that holds the article is asked for twice
def _match(blocks: tuple[str, ...]) -> list[Rule | None]:
    rules_ = rules()
    matches = map(rules_.any_pattern.match, blocks)
    found = [rules_.by_group[m.lastgroup or ""] if m else None for m in matches]
    hits = rules_.anchors.find_matches_as_indexes("\n".join(blocks))
    if hits:
        starts = list(accumulate((len(block) + 1 for block in blocks), initial=0))
        held: dict[tuple[int, str], set[int]] = defaultdict(set)
        for anchor, start, _ in hits:
            at, rule = bisect_right(starts, start) - 1, rules_.rule_of[anchor]
            held[at, rule.id].add(anchor)
            if found[at] is None and len(held[at, rule.id]) >= rule.least:
                found[at] = rule
    return found


def telling_words() -> list[str]:
    """The words by which a page is asked at once for texts of the publisher: anchors and probes."""
    return [word for rule in rules().all for word in (*rule.anchors, *rule.probe)]


@cache
def rules() -> Rules:
    """The rules of the file. Raises DataFileError, naming the rule and the key."""
    return parse((files("ecnews.text.rules") / _FILE).read_text("utf-8"))


def parse(text: str) -> Rules:
    """The rules of a TOML text."""
    try:
        tables = tomllib.loads(text)["rule"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise DataFileError(f"{_FILE}: {error}") from error
    all_ = tuple(_rule(i, table) for i, table in enumerate(tables))
    groups = {f"r{i}": rule for i, rule in enumerate(all_)}
    patterns = ((name, rule.pattern.pattern) for name, rule in groups.items() if rule.pattern)
    anchors = [(anchor, rule) for rule in all_ for anchor in rule.anchors]
    words = [anchor for anchor, _ in anchors]
    return Rules(
        all_,
        # The group at the end: what begins with a character is passed over by that alone.
        re.compile("|".join(f"(?:{pattern})(?P<{name}>)" for name, pattern in patterns)),
        groups,
        AhoCorasick(words, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.DFA),
        tuple(rule for _, rule in anchors),
    )


def _rule(index: int, table: dict[str, Any]) -> Rule:
    name = f"{_FILE}: rule {table.get('id', index)}"
    way = _WAYS[2] if "anchors" in table else _WAYS["probe" in table]
    if wrong := set(table) ^ (_KEYS | way):
        raise DataFileError(f"{name}: {', '.join(sorted(wrong))}: missing or not known")
    if table["where"] not in WHERE:
        raise DataFileError(
            f"{name}: where: must be one of {', '.join(WHERE)}, not {table['where']!r}"
        )
    try:
        pattern = re.compile(table["pattern"]) if "pattern" in table else None
    except re.error as error:
        raise DataFileError(f"{name}: pattern: {error}") from error
    return Rule(
        id=table["id"],
        kind=table["kind"],
        since=int(table["since"]),
        where=table["where"],
        why=table["why"],
        pattern=pattern,
        probe=tuple(table.get("probe", ())),
        anchors=tuple(table.get("anchors", ())),
        least=int(table.get("least", 1)),
        yes=tuple(table["yes"]),
        no=tuple(table["no"]),
    )
