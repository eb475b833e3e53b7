"""What spammers do to a line so that no word list knows it: by name, a function for each."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import opencc

_BETWEEN = re.compile("(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")
_PIECE = re.compile(r"[^|_,，、 ;/·｜\t\u3000-]+")


def _wide(line: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in line)


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


def _traditional(line: str) -> str:
    return str(_converter().convert(line))


def _spread(mark: str) -> Callable[[str], str]:
    return lambda line: _BETWEEN.sub(lambda _: mark, line)


def _split_once(mark: str) -> Callable[[str], str]:
    """A mark behind the first character of each piece."""
    return lambda line: _PIECE.sub(lambda m: _BETWEEN.sub(lambda _: mark, m[0], count=1), line)


def _divided_by(mark: str) -> Callable[[str], str]:
    return lambda line: mark.join(_PIECE.findall(line))


def _reversed(line: str) -> str:
    return "|".join(reversed(_PIECE.findall(line)))


ALL: dict[str, Callable[[str], str]] = {
    "wide": _wide,
    "traditional": _traditional,
    "upper": str.upper,
    "blanks": _spread(" "),
    "dots": _spread("."),
    "slashes": _spread("\\"),
    "hearts": _spread("❤"),
    "stars within": _split_once("*"),
    "dots within": _split_once("."),
    "emoji between": _divided_by("🔥"),
    "brackets": lambda line: "".join(f"【{piece}】" for piece in _PIECE.findall(line)),
    "hashes": _divided_by("#"),
    "glued": _divided_by(""),
    "order": _reversed,
}
