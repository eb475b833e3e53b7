"""Honest paragraphs: those of honest.toml, lists of the replica's words, and its articles."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files

from tests.replica import Corpus
from tests.replica.dice import Dice
from tests.replica.words import BRANDS, CITIES, COUNTRIES, GOODS, KEYWORDS, SOURCES, company, person

KINDS: dict[str, list[str]] = {
    kind: text.strip().splitlines()
    for kind, text in tomllib.loads(
        (files("tests.corpora") / "honest.toml").read_text("utf-8")
    ).items()
}
DIVIDERS = ("|", " | ", "、", "，", " ", "_", " - ", "/", "　", ",", "\t", "｜", "；")
# What shops and editors set before and behind a word; half of it is in spammers' mouths as well.
BEFORE = (
    "",
    "",
    "",
    "国产",
    "日韩",
    "欧美",
    "亚洲",
    "精品",
    "免费",
    "在线",
    "高清",
    "官方",
    "正品",
)
BEHIND = (
    "",
    "",
    "",
    "大全",
    "官网",
    "推荐",
    "排行榜",
    "视频",
    "直播",
    "下载",
    "专区",
    "旗舰店",
    "2026",
)


def written() -> Iterator[str]:
    """The paragraphs written by hand."""
    for lines in KINDS.values():
        yield from lines


def unlearned() -> list[str]:
    """Headlines and lists written by hand with words of spam's trades; nothing is learned from
    them."""
    text = (files("tests.corpora") / "plain.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line]


def lists(count: int, seed: str = "honest") -> Iterator[str]:
    """Lists of brands, goods, places, people and figures in the shapes that spam has."""
    for i in range(count):
        dice = Dice(f"{seed}:{i}")
        stock = dice.pick((BRANDS, CITIES, COUNTRIES, GOODS, GOODS, GOODS, KEYWORDS, SOURCES))
        drawn = [dice.pick(stock) for _ in range(dice.between(3, 14))]
        match dice.below(6):
            case 0:
                drawn = [dice.pick(BEFORE) + word for word in drawn]
            case 1:
                drawn = [word + dice.pick(BEHIND) for word in drawn]
            case 2:
                drawn = [f"{word}{dice.between(1, 99)}.{dice.below(10)}%" for word in drawn]
            case 3:
                drawn = [company(dice) for _ in drawn]
            case 4:
                drawn = [person(dice) for _ in drawn]
            case _:
                pass
        yield dice.pick(DIVIDERS).join(drawn)


def articles(count: int, seed: int = 9) -> Iterator[str]:
    """The paragraphs, headings, items and tables of so many of the replica's articles."""
    for article in Corpus(count, seed):
        yield article.title
        yield from (block.text for block in article.blocks if block.kind != "image")
