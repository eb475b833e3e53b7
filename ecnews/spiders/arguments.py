"""Spider arguments (`-a name=value`): a table for each spider, one message for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ecnews.errors import ArgumentError


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: `read` makes its value of the string, raising ValueError with what it takes."""

    read: Callable[[str], Any]
    help: str
    default: Any = None


def parse(table: Mapping[str, Argument], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every argument of the table with its value, or default.

    Names that begin with an underscore are the scheduler's (scrapyd passes `_job`) and are passed
    over. Raises ArgumentError, with the valid ones, for an unknown name or a malformed value.
    """
    values = {name: argument.default for name, argument in table.items()}
    for name, text in given.items():
        if name.startswith("_"):
            continue
        if name not in table:
            raise ArgumentError(f"unknown argument {name!r}{_valid(table)}")
        try:
            values[name] = table[name].read(str(text).strip())
        except ValueError as error:
            raise ArgumentError(f"argument {name}={text}: {error}{_valid(table)}") from None
    return values


def _valid(table: Mapping[str, Argument]) -> str:
    lines = [f"  -a {name}={argument.help}" for name, argument in table.items()]
    return "\n".join(["\nvalid arguments:", *lines])


def positive(text: str) -> int:
    """A whole number from 1 up."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
        raise ValueError("must be a whole number from 1 up")
    return int(text)


def natural(text: str) -> int:
    """A whole number from 0 up."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ValueError("must be a whole number from 0 up")
    return int(text)


def span(text: str) -> tuple[int, int]:
    """Two whole numbers, the smaller first: 6650000-6663180."""
    match = re.fullmatch(r"([1-9][0-9]{0,8})\s*-\s*([1-9][0-9]{0,8})", text)
    if not match or int(match[1]) > int(match[2]):
        raise ValueError("must be two whole numbers, the smaller first, like 6650000-6663180")
    return int(match[1]), int(match[2])


def day(text: str) -> date:
    """A day as YYYY-MM-DD."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("must be a day of the calendar as YYYY-MM-DD, like 2026-01-31")


def one_of(*names: str) -> Callable[[str], str]:
    """One of the names."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"must be one of {', '.join(names)}")
        return text

    return read
