"""What stands in for a page: the security check, which a browser passes, and walls, which none of
us is to pass."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from ecnews.catalog import Site, Wall
from ecnews.errors import NotAnArticle
from ecnews.pages import document
from ecnews.text import charset

_CHECK_TEXT = 300  # characters that the check shows at most
_LINE_TEXT = 80  # characters of a line that says what the visitor has to do
_INLINE = {"a", "b", "strong", "em", "i", "span", "font", "u", "label", "button"}

_scripts = etree.XPath("//script//text()", smart_strings=False)
_shown = etree.XPath(
    "//text()[not(ancestor::script or ancestor::style or ancestor::head or ancestor::noscript)]"
    "[normalize-space()]"
)
_title = etree.XPath("normalize-space(/html/head/title)", smart_strings=False)


def is_challenge(body: bytes, site: Site) -> bool:
    """Whether the body is the site's security check, on whatever status and for whatever address.

    Every mark must be there, one of them in a script, and little else: an article that quotes the
    notice and its script is an article.
    """
    if len(body) > site.challenge_max_bytes:
        return False
    text = charset.decode(body)
    if not all(mark in text for mark in site.challenge_marks):
        return False
    page = document.parse(body)
    script = "".join(_scripts(page.root))
    if not any(mark in script for mark in site.challenge_marks):
        return False
    return sum(len(text.strip()) for text in _shown(page.root)) <= _CHECK_TEXT


def wall(body: bytes, site: Site) -> str | None:
    """The kind of wall that the page is, or that stands in it: `CAPTCHA`, `log-in`, `pay wall`.

    An article that tells of such things is none. For pages that are no articles, and for those
    whose text `hints_at_wall`.
    """
    text = charset.decode(body)
    suspects = [wall for wall in site.walls if any(word in text for word in wall.words)]
    if not suspects:
        return None
    try:
        page = document.parse(body)
    except NotAnArticle:
        return None
    shown = _shown(page.root)
    length = sum(len(text.strip()) for text in shown)
    for suspect in suspects:
        if suspect.most_text:
            if length <= suspect.most_text and _stands(suspect, page.root, shown):
                return suspect.kind
        elif any(_asks(suspect, text) for text in shown):
            return suspect.kind
    return None


def hints_at_wall(lines: Iterable[str], site: Site) -> bool:
    """Whether one of the lines of an article may be a wall's: the page then has to be looked at."""
    inner = [wall.line for wall in site.walls if not wall.most_text]
    return any(
        expression.search(line) for line in lines if len(line) <= _LINE_TEXT for expression in inner
    )


def _stands(wall: Wall, root: etree._Element, shown: list[str]) -> bool:
    """Whether the whole page is the wall."""
    lines = (_title(root), *(text.strip() for text in shown))
    return bool(wall.needs(root)) and any(
        len(line) <= _LINE_TEXT and wall.line.search(line) for line in lines
    )


def _asks(wall: Wall, text: etree._ElementUnicodeResult) -> bool:
    """Whether the text is a line of its own that asks the visitor, with what it needs in it or
    right beside it."""
    block = text.getparent()
    if block is not None and text.is_tail:
        block = block.getparent()
    while block is not None and block.tag in _INLINE:
        block = block.getparent()
    if block is None:
        return False
    line = "".join(block.itertext()).strip()
    if len(line) > _LINE_TEXT or not wall.line.search(line):
        return False
    if wall.needs(block):
        return True
    beside = block.getparent()
    return beside is not None and any(
        near is not None and (near in needed or any(one in needed for one in near))
        for needed in (wall.needs(beside),)
        for near in (block, block.getnext(), block.getprevious())
    )
