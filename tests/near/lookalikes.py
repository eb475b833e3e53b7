"""Pairs of different stories that are written from one formula."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from tomllib import loads

from tests.replica import words
from tests.replica.dice import Dice
from tests.replica.grammar import Template, parse

Text = tuple[str, str]  # title and body

_NAMES: dict[str, Callable[[Dice], str]] = {
    "co": words.company,
    "p": words.person,
    "brand": lambda dice: dice.pick(words.BRANDS),
    "city": lambda dice: dice.pick(words.CITIES),
    "country": lambda dice: dice.pick(words.COUNTRIES),
    "county": lambda dice: dice.pick(words.COUNTIES),
    "good": lambda dice: dice.pick(words.GOODS),
    "org": lambda dice: dice.pick(words.ORGANISATIONS),
    "round": lambda dice: dice.pick(words.ROUNDS),
    "advice": lambda dice: dice.pick(("建议下单", "谨慎下单", "不建议下单", "不予评级")),
}
_DATES: dict[str, Callable[[Dice], str]] = {
    "year": lambda dice: str(dice.between(2019, 2026)),
    "oldyear": lambda dice: str(dice.between(2003, 2018)),
    "month": lambda dice: str(dice.between(1, 12)),
    "day": lambda dice: str(dice.between(1, 28)),
    "hour": lambda dice: str(dice.between(6, 23)),
    "weekday": lambda dice: "周" + dice.pick("一二三四五"),
    "quarter": lambda dice: dice.pick(words.QUARTERS),
    "fest": lambda dice: dice.pick(("618", "双11", "双12", "年货节", "818", "38节")),
}


def _decimal(low: int, high: int, places: int, dice: Dice) -> str:
    return f"{dice.between(low, high)}.{dice.below(10**places):0{places}}"


_FIGURES: dict[str, Callable[[Dice], str]] = {
    "yi": lambda dice: _decimal(1, dice.pick((9, 90, 900)), dice.between(1, 2), dice),
    "pct": lambda dice: _decimal(0, 48, dice.between(1, 2), dice) + "%",
    "wan": lambda dice: _decimal(1, dice.pick((9, 99, 900)), 1, dice) + "万",
    "n": lambda dice: str(dice.between(101, 9800)),
    "price": partial(_decimal, 1, 48, 2),
    "score": partial(_decimal, 60, 99, 2),
    "decimal": partial(_decimal, 0, 3, 2),
    "small": lambda dice: str(dice.between(10, 52)),
    "digit": lambda dice: str(dice.between(2, 9)),
}
_GROUPS = {"names": _NAMES, "dates": _DATES, "figures": _FIGURES}
# What the second text of a pair has otherwise than the first.
WAYS: dict[str, tuple[str, ...]] = {
    "figures": ("figures",),
    "dates and figures": ("dates", "figures"),
    "all": ("names", "dates", "figures"),
    "names and figures": ("names", "figures"),
    "names and dates": ("names", "dates"),
    "names": ("names",),
}


@dataclass(frozen=True)
class Formula:
    name: str
    title: Template
    body: Template
    slots: frozenset[str]

    def groups(self) -> set[str]:
        return {_group(slot) for slot in self.slots}

    def pair(self, dice: Dice, way: str) -> tuple[Text, Text]:
        """Two texts that differ in every slot of the groups that `way` names."""
        first = {slot: _draw(slot, dice) for slot in sorted(self.slots)}
        second = {
            slot: _draw(slot, dice, but=value) if _group(slot) in WAYS[way] else value
            for slot, value in first.items()
        }
        choices = f"{dice.below(10**9)}"
        return self._write(choices, first), self._write(choices, second)

    def _write(self, choices: str, values: dict[str, str]) -> Text:
        dice = Dice(choices)
        title, body = (t.write(dice, values.__getitem__) for t in (self.title, self.body))
        return title, "\n\n".join(line for line in body.splitlines() if line)


def _base(slot: str) -> str:
    return re.sub(r"\d+$", "", slot)


def _group(slot: str) -> str:
    return next(group for group, draws in _GROUPS.items() if _base(slot) in draws)


def _draw(slot: str, dice: Dice, but: str | None = None) -> str:
    draw = _GROUPS[_group(slot)][_base(slot)]
    while (value := draw(dice)) == but:
        pass
    return value


def load(name: str) -> list[Formula]:
    data = loads(files("tests.near").joinpath(name).read_text(encoding="utf-8"))
    return [
        Formula(
            formula,
            parse(texts["title"]),
            parse(texts["body"]),
            frozenset(re.findall(r"\{(\w+)\}", texts["title"] + texts["body"])),
        )
        for formula, texts in data.items()
    ]
