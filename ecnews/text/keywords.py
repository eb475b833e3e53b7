"""Keywords as pages list them."""

from __future__ import annotations

import re

from ecnews.text.whitespace import squeeze

_DIVIDER = re.compile(r"[,，、;；|｜]")


def split(text: str) -> list[str]:
    """The keywords in a text: divided by commas and their like, or else by blanks.

    >>> split("淘宝, 即时零售，AI 导购,"), split("淘宝 即时零售\\u3000直播")
    (['淘宝', '即时零售', 'AI 导购'], ['淘宝', '即时零售', '直播'])
    """
    parts = _DIVIDER.split(text) if _DIVIDER.search(text) else text.split()
    return [keyword for part in parts if (keyword := squeeze(part))]
