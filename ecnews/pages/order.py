"""The reading order of an article page, where no selector is known.

Whatever the markup was, since 2014 a page has shown in this order: the breadcrumb, the title, a
line with source and time, the body. The line with the time is the anchor: the title stands before
it, the body behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from lxml import etree

from ecnews.pages import blocks
from ecnews.pages.blocks import BLOCK, HEADING, UNSEEN, Blocks
from ecnews.text import boilerplate, byline, dates
from ecnews.text.whitespace import squeeze

# What tells sentences from menus, captions and buttons; the ASCII marks are a hijacked copy's.
_MARKS = "，。；！？"
_ASCII_MARK = re.compile(r"[,;!?](?![\x21-\x7e])")
_DIVIDER = re.compile(r"\s*(?:[>＞›»→]|::)+\s*")
_CRUMB_LABEL = re.compile(r"^[^>＞]{0,12}?位置\s*[:：]?\s*")
# Elements and names of classes that say of themselves that they are not the article.
_CHROME = frozenset(("aside", "footer", "form", "nav"))
_CHROME_NAME = re.compile(
    r"(?:^|[\s_-])(?:foot(?:er)?|copyright|bottom|aside|side(?:bar)?|relate[ds]?|recommend|share"
    r"|comments?|nav|menu|pager?|tags?|hot)(?=$|[\s_-])",
    re.I,
)
_FOOTER_NAMES = frozenset(("foot", "footer", "copyright"))
_LIST_ITEM = frozenset(("li", "dd", "dt", "tr", "td"))
# What stands between title and body besides the line with the time is no longer than this.
_SHORT = 60
_ENTRY = 400  # characters of a list's entry, summary included

_BREAKS = BLOCK | {"br"}

_string = etree.XPath("string(.)", smart_strings=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as set on the page: its `text` with a line break between inline nodes, the `block` it
    is set in, and `next`, the element that ends it within that block (None: the block's end)."""

    text: str
    block: etree._Element
    next: etree._Element | None

    @property
    def end(self) -> etree._Element:
        """The first element that does not come before the line."""
        return self.block if self.next is None else self.next


@dataclass(frozen=True, slots=True)
class Breadcrumb:
    """The names of a breadcrumb, label dropped, and the element that holds it."""

    names: list[str]
    element: etree._Element


@dataclass(frozen=True, slots=True)
class Head:
    """What stands between breadcrumb and body: the title, and the short lines behind it."""

    title: str | None
    lines: list[str]


def element_at(scope: etree._Element, start: int, end: int) -> etree._Element:
    """The innermost element around the characters `start` to `end` of the scope's text."""
    element = scope
    while True:
        child = None
        offset = len(element.text or "")
        if start >= offset:
            for child in element:
                length = len(_string(child))
                if start < offset + length:
                    break
                offset += length + len(child.tail or "")
                if start < offset:
                    return element
            else:
                return element
        if child is None or end > offset + length:
            return element
        element, start, end = child, start - offset, end - offset


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
    if not _has(block, _BREAKS):
        yield Line("\n".join(seen_texts(block)), block, None)
        return
    parts = [block.text or ""]
    for child in block.iterchildren(etree.Element):
        if child.tag in _BREAKS:
            yield Line("\n".join(parts), block, child)
            parts = []
        elif child.tag not in UNSEEN:
            parts.extend(seen_texts(child))
        parts.append(child.tail or "")
    yield Line("\n".join(parts), block, None)


def seen_texts(element: etree._Element) -> Iterator[str]:
    """The texts within an element, but for what a browser runs or does not show."""
    if next(element.iter(*UNSEEN), None) is None:
        yield from element.itertext()
        return
    yield element.text or ""
    for child in element.iterchildren(etree.Element):
        if child.tag not in UNSEEN:
            yield from seen_texts(child)
        yield child.tail or ""


def breadcrumb(element: etree._Element) -> Breadcrumb:
    """Reads `当前位置：100EC>数字零售>TITLE`: dividers in the text, or links or items alone."""
    found = line(element, lambda text: "位置" in text)
    holder = found.block
    names = _names(found.text) or _names("\n".join(holder.itertext()))
    parent = holder.getparent()
    if parent is not None and (not names or holder.tag in _LIST_ITEM):
        holder = parent
        names = _names("\n>\n".join(holder.itertext()))
    if len(names) == 1 and (links := [squeeze("".join(a.itertext())) for a in holder.iter("a")]):
        names = [link for link in links if link]
    return Breadcrumb(names, holder)


def _names(text: str) -> list[str]:
    text = _CRUMB_LABEL.sub("", squeeze(text))
    return [name for part in _DIVIDER.split(text) if (name := squeeze(part))]


def is_info(found: Line, scope: etree._Element, article_path: re.Pattern[str]) -> bool:
    """Whether a line with a time can be an article's: it is no part of a menu or a footer, nor of a
    list of articles, where a link to one stands beside it."""
    for element in (found.block, *found.block.iterancestors()):
        if element is scope:
            break
        if element.tag in _CHROME:
            return False
        if element.tag in _LIST_ITEM and len(_string(element)) <= _ENTRY:
            hrefs = (link.get("href") or "" for link in element.iter("a"))
            if any(map(article_path.search, hrefs)):
                return False
    return True


def head(scope: etree._Element, crumb: Breadcrumb | None, end: etree._Element) -> Head:
    """What is shown between the breadcrumb and `end`. The title is what the breadcrumb ends in,
    where the page shows it; else the highest heading; else the longest line without a label."""
    lines = list(_shown(scope, crumb, end))
    last = crumb.names[-1] if crumb and crumb.names else None
    headings = [(tag, i) for i, (tag, _) in enumerate(lines) if tag in HEADING]
    at = next((i for i, (_, text) in enumerate(lines) if last and _same(last, text)), None)
    if at is None and headings:
        at = min(headings)[1]
    if at is None:
        plain = [i for i, (_, text) in enumerate(lines) if not _names_something(text)]
        # Without a breadcrumb menus come before the title, and only the last line is near.
        at = max(plain if crumb else plain[-1:], key=lambda i: len(lines[i][1]), default=None)
    if at is None:
        return Head(None, [text for _, text in lines if len(text) <= _SHORT])
    behind = [text for tag, text in lines[at + 1 :] if tag not in HEADING and len(text) <= _SHORT]
    return Head(lines[at][1], behind)


def _names_something(text: str) -> bool:
    """Whether a line names a time, a source or an author rather than the article."""
    found = dates.find(text)
    return byline.has_label(text) or bool(found and found["hour"])


def _shown(
    scope: etree._Element, crumb: Breadcrumb | None, end: etree._Element
) -> Iterator[tuple[str, str]]:
    """Tag and text of headings and lines between the breadcrumb and `end`, links to other pages
    left out."""
    within = _around(crumb.element, end, scope) if crumb else scope
    started = crumb is None or crumb.element in end.iterancestors()
    skip: set[etree._Element] = set()
    for element in within.iter(etree.Element):
        if element is end:
            return
        if crumb and element is crumb.element:
            started = True
            skip.update(element.iter())
        if not started or element in skip:
            continue
        tag = element.tag
        if tag in UNSEEN or tag in ("a", "nav"):
            skip.update(element.iter())
        elif tag in HEADING or (tag in BLOCK and _is_one_line(element, end)):
            skip.update(element.iter())
            if text := text_of(element):
                yield tag, text


def _has(element: etree._Element, tags: Collection[str]) -> bool:
    """Whether an element has a child of these tags."""
    return any(child.tag in tags for child in element)


def _is_one_line(block: etree._Element, end: etree._Element) -> bool:
    """Whether a block can be read as one line; a title may be broken in two."""
    if not _has(block, _BREAKS):
        return True
    return (
        not _has(block, BLOCK)
        and len(_string(block)) <= 2 * _SHORT
        and block not in end.iterancestors()
    )


def text_of(element: etree._Element) -> str:
    """All the text of an element as one line; a line break is a blank."""
    if not len(element):
        return squeeze(element.text or "")
    return " ".join(blocks.read_one(element).texts)


def _around(element: etree._Element, end: etree._Element, scope: etree._Element) -> etree._Element:
    """The innermost element that holds both, or the scope."""
    holders = {element, *element.iterancestors()}
    return next((e for e in end.iterancestors() if e in holders), scope)


def _same(one: str, other: str) -> bool:
    return one.replace(" ", "") == other.replace(" ", "")


def body(info: Line, scope: etree._Element) -> tuple[Blocks, list[str]]:
    """The blocks behind the line with the time: those of the nearest level, its own or an
    ancestor's, on which the article's text follows; and what else was said before them."""
    said: list[str] = []
    for following, text in _levels(info, scope):
        found = blocks.read(_article_part(following), text)
        known = zip(found.texts, boilerplate.match(found.texts), strict=True)
        if not all(rule or byline.is_byline(text) for text, rule in known):
            return found, said
        said += found.texts
    return Blocks(), said


def _levels(info: Line, scope: etree._Element) -> Iterator[tuple[list[etree._Element], str | None]]:
    """What follows the line, level by level upwards: elements, and the text before the first."""
    if info.next is not None:
        yield [info.next, *info.next.itersiblings(etree.Element)], None
    node: etree._Element | None = info.block
    while node is not None and node is not scope:
        yield list(node.itersiblings(etree.Element)), node.tail
        node = node.getparent()


def _article_part(elements: list[etree._Element]) -> list[etree._Element]:
    """Without what says of itself that it is not the article, and what follows the last sentence
    in boxes of its own; a paragraph without any sentence mark stays."""
    prose = [_prose_in(element) for element in elements]
    total = sum(prose)
    kept = [
        (element, marks)
        for element, marks in zip(elements, prose, strict=True)
        if not _is_chrome(element, marks, total)
    ]
    last = max((i for i, (_, marks) in enumerate(kept) if marks), default=-1)
    return [
        element for i, (element, _) in enumerate(kept) if i <= last or not _is_foreign_box(element)
    ]


def _is_chrome(element: etree._Element, marks: int, all_marks: int) -> bool:
    """Menus, sidebars, footers: by their tag, by their class (which may also say what stands beside
    them, so not if they hold most of the text), or because they are links and nothing else."""
    if element.tag in _CHROME:
        return True
    name = f"{element.get('class', '')} {element.get('id', '')}"
    if _CHROME_NAME.search(name) and (
        2 * marks <= all_marks or not _FOOTER_NAMES.isdisjoint(name.lower().split())
    ):
        return True
    return element.tag not in ("p", "table") and not marks and _is_links(element)


def _is_links(element: etree._Element) -> bool:
    text = squeeze(_string(element))
    linked = sum(len(squeeze(_string(link))) for link in element.iter("a"))
    return len(text) > 0 and 2 * linked > len(text)


def _is_foreign_box(element: etree._Element) -> bool:
    """A box of several blocks none of which is the publisher's known wording, which is taken along
    so that it is found and recorded."""
    if not _has(element, _BREAKS) or element.tag in ("ul", "ol", "table", "blockquote", "figure"):
        return False
    texts = blocks.read_one(element).texts
    return not any(boilerplate.match(texts))


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
