"""The reading order of an article page, where no selector is known.

Whatever the markup was, since 2014 a page has shown in this order: the breadcrumb, the title, a
line with source and time, the body. The line with the time is the anchor: the title stands before
it, the body behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from ecnews.pages import blocks
from ecnews.pages.blocks import BLOCK, HEADING, UNSEEN, Blocks
from ecnews.text.whitespace import squeeze

# What tells sentences from menus, captions and buttons; ASCII marks as in hijacked copies.
_MARKS = "，。；！？"
_ASCII_MARK = re.compile(r"[,;!?](?![\x21-\x7e])")
# Elements that hold a part of the page rather than a paragraph.
_CONTAINER = frozenset(
    ("article", "aside", "div", "dl", "footer", "form", "header", "main", "nav", "section", "td")
)
_DIVIDER = re.compile(r"\s*(?:[>＞›»→]|::)+\s*")
_CRUMB_LABEL = re.compile(r"^[^>＞]{0,12}?位置\s*[:：]?\s*")
# A container with less of the prose than this is beside the article, or under it.
_MAJOR = 0.25

_string = etree.XPath("string(.)", smart_strings=False)
_holding = etree.XPath("*[contains(., $text)]")
_has_block = etree.XPath(
    "boolean(*[{}])".format(" or ".join(f"self::{tag}" for tag in sorted(BLOCK | {"br"})))
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as set on the page: its `text` with a line break between inline nodes, the `block` it
    is set in, and `next`, the element that ends it within that block (None: the block's end)."""

    text: str
    block: etree._Element
    next: etree._Element | None

    @property
    def start(self) -> etree._Element:
        """The first element that certainly does not come before the line."""
        return self.block if self.next is None else self.next


@dataclass(frozen=True, slots=True)
class Breadcrumb:
    """The names of a breadcrumb, label dropped, and the element that holds it."""

    names: list[str]
    element: etree._Element


def innermost(
    expression: re.Pattern[str], scope: etree._Element, text: str
) -> Iterator[etree._Element]:
    """The innermost elements around the matches of `expression` in `text`, the scope's own."""
    for match in expression.finditer(text):
        element = scope
        while inner := _holding(element, text=match[0]):
            element = inner[0]
        if element.tag not in UNSEEN:
            yield element


def line(element: etree._Element, holds: Callable[[str], object]) -> Line:
    """The line that `element`, the innermost one around some text, is part of; where its block sets
    several lines, the one whose text `holds` what is looked for."""
    block = element
    while block.tag not in BLOCK and (parent := block.getparent()) is not None:
        block = parent
    lines = list(_lines(block))
    return next((found for found in lines if holds(found.text)), lines[0])


def _lines(block: etree._Element) -> Iterator[Line]:
    """The lines set directly in a block, between its inner blocks and line breaks."""
    if not _has_block(block):
        yield Line("\n".join(block.itertext()), block, None)
        return
    parts = [block.text or ""]
    for child in block.iterchildren(etree.Element):
        if child.tag in BLOCK or child.tag == "br":
            yield Line("\n".join(parts), block, child)
            parts = []
        elif child.tag not in UNSEEN:
            parts.extend(child.itertext())
        parts.append(child.tail or "")
    yield Line("\n".join(parts), block, None)


def breadcrumb(element: etree._Element) -> Breadcrumb:
    """Reads `当前位置：100EC>数字零售>TITLE`, with dividers in the text or only links."""
    found = line(element, lambda text: "位置" in text)
    holder = found.block
    names = _names(found.text)
    if (
        not names and (parent := holder.getparent()) is not None
    ):  # a list: label and names are items
        holder = parent
        names = _names("\n".join(holder.itertext()))
    if len(names) == 1 and (links := [squeeze("".join(a.itertext())) for a in holder.iter("a")]):
        names = [link for link in links if link]
    return Breadcrumb(names, holder)


def _names(text: str) -> list[str]:
    text = _CRUMB_LABEL.sub("", squeeze(text))
    return [name for part in _DIVIDER.split(text) if (name := squeeze(part))]


def title(scope: etree._Element, crumb: Breadcrumb | None, end: etree._Element) -> str | None:
    """The title between the breadcrumb and `end`: what the breadcrumb ends in, where the page shows
    it as a heading or line; else the highest heading; else the last line."""
    headings: list[tuple[str, str]] = []
    lines: list[str] = []
    skip: set[etree._Element] = set()
    within = _around(crumb.element, end, scope) if crumb else scope
    for element in within.iter(etree.Element):
        if element is end:
            break
        if crumb and element is crumb.element and crumb.element not in end.iterancestors():
            headings, lines, skip = [], [], set(element.iter())
        elif element in skip or element.tag in UNSEEN:
            skip.update(element.iter())
        elif element.tag in HEADING:
            headings.append((element.tag, squeeze("".join(element.itertext()))))
            skip.update(element.iter())
        elif element.tag in BLOCK and not _has_block(element):
            lines.append(squeeze("".join(element.itertext())))
    headings = [heading for heading in headings if heading[1]]
    lines = [text for text in lines if text]
    shown = [text for _, text in headings] + lines
    if crumb and crumb.names and any(_same(crumb.names[-1], text) for text in shown):
        return next(text for text in shown if _same(crumb.names[-1], text))
    if headings:
        return min(headings, key=lambda heading: heading[0])[1]
    return lines[-1] if lines else None


def _around(element: etree._Element, end: etree._Element, scope: etree._Element) -> etree._Element:
    """The innermost element that holds both, or the scope."""
    holders = {element, *element.iterancestors()}
    return next((e for e in end.iterancestors() if e in holders), scope)


def _same(one: str, other: str) -> bool:
    return one.replace(" ", "") == other.replace(" ", "")


def body(info: Line, scope: etree._Element) -> Blocks:
    """The blocks behind the line with the time: its nearest following siblings, on its own level or
    an ancestor's, that hold sentences."""
    if info.next is not None:
        following = [info.next, *info.next.itersiblings(etree.Element)]
        head = None
    else:
        following, head = _behind(info.block)
    node = info.block
    while not _sentences(following, head):
        parent = node.getparent()
        if parent is None or node is scope:
            return Blocks()
        node = parent
        following, head = _behind(node)
    return blocks.read(_article_part(following), head)


def _behind(element: etree._Element) -> tuple[list[etree._Element], str | None]:
    return list(element.itersiblings(etree.Element)), element.tail


def _sentences(elements: list[etree._Element], head: str | None) -> bool:
    tails = "".join(element.tail or "" for element in elements)
    return bool(_marks((head or "") + tails)) or any(map(_prose_in, elements))


def _prose_in(element: etree._Element) -> int:
    """How many marks of sentences stand outside links."""
    if element.tag in UNSEEN:
        return 0
    beside = "".join("".join(inner.itertext()) for inner in element.iter("a", "script", "style"))
    return _marks(_string(element)) - _marks(beside)


def _marks(text: str) -> int:
    wide = sum(map(text.count, _MARKS))
    return wide or (len(_ASCII_MARK.findall(text)) if _has_ascii_mark(text) else 0)


def _has_ascii_mark(text: str) -> bool:
    return "," in text or ";" in text or "!" in text or "?" in text


def _article_part(elements: list[etree._Element]) -> list[etree._Element]:
    """Without what follows the article on its level (footer, sidebar) and containers that hold no
    sentence (menus, buttons)."""
    prose = [_prose_in(element) for element in elements]
    major = max(prose) and _MAJOR * sum(prose)
    last = max(
        (
            i
            for i, e in enumerate(elements)
            if prose[i] and (e.tag not in _CONTAINER or prose[i] >= major)
        ),
        default=len(elements) - 1,
    )
    while last + 1 < len(elements) and elements[last + 1].tag not in _CONTAINER:
        last += 1
    return [
        element
        for element, count in zip(elements[: last + 1], prose, strict=False)
        if count or element.tag not in _CONTAINER
    ]
