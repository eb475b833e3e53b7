"""Lines of keyword spam of many makes, put together from the phrases of spam.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Literal

from tests.replica.dice import Dice

Half = Literal["seen", "unseen"]

_DATA = tomllib.loads((files("tests.corpora") / "spam.toml").read_text("utf-8"))
REAL: list[str] = _DATA.pop("real")["words"].split()
TRADES = tuple(_DATA)
DIVIDERS = (
    "|",
    "|",
    "_",
    "-",
    ",",
    "，",
    "、",
    " ",
    " ",
    " | ",
    "　",
    "/",
    "·",
    "｜",
    "--",
    "\t",
    ";",
)
# What follows a phrase now and then.
ENDINGS = ("", "", "", "", "", "在线", "免费", "大全", "app", "官网", "2026", "www", "最新")
WEIGHTS = {"porn": 8, "gambling": 4, "lottery": 2, "papers": 2, "loans": 2, "games": 1, "others": 2}
_DRAWN = [trade for trade, weight in WEIGHTS.items() for _ in range(weight)]


def phrases(half: Half, trade: str | None = None) -> list[str]:
    """The phrases of one half, of one trade or of all."""
    trades = [trade] if trade else TRADES
    return [phrase for name in trades for phrase in _DATA[name][half].split()]


def written() -> list[str]:
    """Lines written by hand, of many makes; nothing is learned from them."""
    text = (files("tests.corpora") / "written.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line]


def lines(count: int, half: Half, seed: str = "spam") -> Iterator[str]:
    """So many lines: 3 to 40 phrases of one trade or of several, divided in one of many ways, some
    with a few real words among them."""
    for i in range(count):
        dice = Dice(f"{seed}:{half}:{i}")
        yield line(dice, half)


def line(dice: Dice, half: Half) -> str:
    trade = dice.pick(_DRAWN)
    stock = phrases(half, None if dice.chance(0.15) else trade)
    count = dice.pick((3, 3, 4, 5, 6, 8, 10, 10, 12, 16, 24, 40))
    parts = [dice.pick(stock) + dice.pick(ENDINGS) for _ in range(count)]
    if dice.chance(0.25):
        for _ in range(dice.between(1, max(1, count // 4))):
            parts.insert(dice.below(len(parts) + 1), dice.pick(REAL))
    text = dice.pick(DIVIDERS).join(parts)
    if dice.chance(0.1):
        text = text.upper()
    return text
