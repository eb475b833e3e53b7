"""Sentence templates: `{slot}` is filled in, `[a/b/c]` is one of the three."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from tests.replica.dice import Dice

Fill = Callable[[str], str]

_MARK = re.compile(r"\[([^\[\]]*)\]|\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Slot:
    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Template:
    parts: tuple[str | Slot | Choice, ...]

    def write(self, dice: Dice, fill: Fill) -> str:
        out = []
        for part in self.parts:
            if isinstance(part, str):
                out.append(part)
            elif isinstance(part, Slot):
                out.append(fill(part.name))
            else:
                out.append(dice.pick(part.options).write(dice, fill))
        return "".join(out)


def parse(text: str) -> Template:
    """Read one template; a bracket or brace that is left over is a slip of the pen."""
    parts: list[str | Slot | Choice] = []
    end = 0
    for mark in _MARK.finditer(text):
        parts.append(text[end : mark.start()])
        options, name = mark.groups()
        parts.append(Slot(name) if name else Choice(tuple(map(parse, options.split("/")))))
        end = mark.end()
    parts.append(text[end:])
    for part in parts:
        if isinstance(part, str) and re.search(r"[\[\]{}]", part):
            raise ValueError(f"unbalanced brackets in template: {text}")
    return Template(tuple(part for part in parts if part != ""))


def lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if line)


def templates(text: str) -> tuple[Template, ...]:
    return tuple(parse(line) for line in lines(text))


def load(name: str) -> dict[str, Any]:
    """One of the data files that stand beside this module."""
    return tomllib.loads(files("tests.replica").joinpath(name).read_text(encoding="utf-8"))
