"""The words of spam's trades (`rules/spam.toml`), and those that speak against: found in a text at
once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from ecnews.errors import DataFileError

_FILE = "spam.toml"
_LEVELS = ("strong", "medium", "weak")
_STOCK_KEYS = {"id", "since", "why", *_LEVELS, "yes", "no"}
_SCORE_KEYS = {*_LEVELS, "against", "other", "most", "spam", "part", "evidence"}


@dataclass(frozen=True, slots=True)
class Stock:
    """Words of one trade, with lines that are its spam (`yes`), and that only look so (`no`)."""

    id: str
    since: int
    why: str
    words: Mapping[str, str]  # word -> level
    yes: tuple[str, ...]
    no: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """The file as read: weights by name, stocks, the automaton over all of its words, and one over
    those that tell something, which honest articles hardly have, in small letters and capitals."""

    score: Mapping[str, float]
    stocks: tuple[Stock, ...]
    words: tuple[str, ...]
    weights: tuple[float, ...]
    stock_of: tuple[str, ...]
    automaton: AhoCorasick
    telling: AhoCorasick


class Hit(NamedTuple):
    """A word in a text: its number, and where it begins and ends."""

    word: int
    start: int
    end: int


def hits(folded: str) -> list[Hit]:
    """The words in a text that was folded, Latin ones and figures only where no letter or figure
    goes on."""
    return [
        Hit(*hit)
        for hit in rules().automaton.find_matches_as_indexes(folded)
        if not (_goes_on(folded, hit[1]) or _goes_on(folded, hit[2]))
    ]


def _goes_on(text: str, at: int) -> bool:
    return 0 < at < len(text) and all(
        char.isascii() and char.isalnum() for char in text[at - 1 : at + 1]
    )


@cache
def rules() -> Rules:
    """The rules of the file. Raises DataFileError, naming the part and the key."""
    return parse((files("ecnews.text.rules") / _FILE).read_text("utf-8"))


def parse(text: str) -> Rules:
    """The rules of a TOML text."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataFileError(f"{_FILE}: {error}") from error
    _check(set(data), {"score", "against", "stock"}, "file")
    _check(set(data["score"]), _SCORE_KEYS, "[score]")
    _check(set(data["against"]), {"words", "innocent"}, "[against]")
    score = {name: float(value) for name, value in data["score"].items()}
    stocks = tuple(_stock(table) for table in data["stock"])
    table: dict[str, tuple[float, str]] = {}
    for stock in stocks:
        for word, level in stock.words.items():
            table[word] = max(table.get(word, (0.0, "")), (score[level], stock.id))
    for word in data["against"]["innocent"].split():
        table[word] = score["other"] * len(word), ""
    for word in data["against"]["words"].split():
        table[word] = score["against"], ""
    weights, stock_of = zip(*table.values(), strict=True)
    telling = {
        form
        for word, (weight, _) in table.items()
        if weight >= score["medium"]
        for form in (word, word.upper(), word.capitalize())
    }
    return Rules(
        score, stocks, tuple(table), weights, stock_of, _automaton(table), _automaton(telling)
    )


def _automaton(words: Iterable[str]) -> AhoCorasick:
    return AhoCorasick(
        words, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.DFA
    )


def _stock(table: dict[str, Any]) -> Stock:
    name = f"stock {table.get('id', '')}".rstrip()
    _check(set(table), _STOCK_KEYS, name)
    words = {word: level for level in reversed(_LEVELS) for word in table[level].split()}
    if wrong := [word for word in words if word != word.lower()]:
        raise DataFileError(f"{_FILE}: {name}: {wrong[0]}: words are written in lower case")
    yes, no = tuple(table["yes"]), tuple(table["no"])
    return Stock(table["id"], int(table["since"]), table["why"], words, yes, no)


def _check(keys: set[str], wanted: set[str], part: str) -> None:
    if wrong := keys ^ wanted:
        raise DataFileError(f"{_FILE}: {part}: {', '.join(sorted(wrong))}: missing or not known")
