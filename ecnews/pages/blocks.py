"""Markup to blocks: what a browser sets as paragraphs, tables and lists, in reading order.

Written for articles pasted from anywhere: paragraphs of `div`, `<br>` in place of `p`, tables that
hold figures and tables that merely hold the page together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from ecnews.pages.hidden import HIDDEN, WAY
from ecnews.text.cleaning import Hidden
from ecnews.text.whitespace import squeeze

# What ends a paragraph: display block and its like in the HTML standard's rendering section.
BLOCK = frozenset(
    """
    address article aside blockquote body center dd details dialog dir div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main
    menu nav ol optgroup option p plaintext pre search section summary table tbody td tfoot th
    thead tr ul xmp
    """.split()
)
HEADING = frozenset(("h1", "h2", "h3"))
# What a browser runs or fills, or shows only to browsers of another age.
UNSEEN = frozenset(
    """
    applet audio button canvas datalist head iframe input link meta noembed noframes noscript
    object script select style svg template textarea title video
    """.split()
)
_WORDS = re.compile(r"[\W_]+")
# Where lazy loaders keep the real address, before the attribute that may hold a placeholder.
_SRC = ("data-original", "data-src", "data-lazy-src", "_src", "src")


@dataclass(slots=True)
class Blocks:
    """The blocks of a part of a page: `texts`, none empty; `images` as pairs of the number of
    blocks before the image and its address as the page gives it; `alts`, what stands for images;
    `links`, the addresses that blocks of nothing but links lead to, by position; `hidden`, what is
    not shown."""

    texts: list[str] = field(default_factory=list)
    images: list[tuple[int, str]] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)
    links: dict[int, list[str]] = field(default_factory=dict)
    hidden: list[Hidden] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    linked: list[tuple[str, str]] = field(default_factory=list)  # address and text, of this line

    def end(self) -> None:
        """Ends the paragraph."""
        if self.line:
            if text := squeeze("".join(self.line)):
                if self.linked and self._is_links(text):
                    self.links[len(self.texts)] = [href for href, _ in self.linked]
                self.texts.append(text)
            self.line.clear()
        self.linked.clear()

    def _is_links(self, text: str) -> bool:
        inside = sum(len(_WORDS.sub("", linked)) for _, linked in self.linked)
        return 5 * inside >= 4 * len(_WORDS.sub("", text))


def read(elements: Iterable[etree._Element], head: str | None = None) -> Blocks:
    """The blocks of sibling elements, in order, with the text between them and that before them."""
    blocks = Blocks()
    blocks.line.append(head or "")
    for element in elements:
        _walk(element, blocks)
        blocks.line.append(element.tail or "")
    blocks.end()
    return blocks


def read_one(element: etree._Element) -> Blocks:
    """The blocks of one element alone."""
    blocks = Blocks()
    _walk(element, blocks)
    blocks.end()
    return blocks


def _walk(root: etree._Element, blocks: Blocks) -> None:
    line = blocks.line
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if event == "start":
            if tag in UNSEEN:
                if tag == HIDDEN and (way := element.get(WAY)):
                    _hide(element, way, blocks)
                walker.skip_subtree()
            elif tag == "table" and _is_data(element):
                blocks.end()
                if rows := _rows(element):
                    blocks.texts.append(rows)
                walker.skip_subtree()
            else:
                if tag in BLOCK or tag == "br":
                    blocks.end()
                elif tag == "img":
                    _image(element, blocks)
                elif tag == "a":
                    blocks.linked.append((element.get("href") or "", "".join(element.itertext())))
                if element.text:
                    line.append(element.text)
        else:
            if tag in BLOCK:
                blocks.end()
            if element is not root and element.tail:
                line.append(element.tail)


def _hide(element: etree._Element, way: str, blocks: Blocks) -> None:
    scripts = set(element.iter("script", "style"))
    if text := squeeze("".join(_texts(element, scripts))):
        blocks.hidden.append(Hidden(len(blocks.texts), way, text))


def _texts(element: etree._Element, without: set[etree._Element]) -> Iterator[str]:
    """The texts within an element, a blank where a block ends."""
    yield element.text or ""
    for inner in element.iterchildren(etree.Element):
        if inner not in without:
            yield from _texts(inner, without)
            if inner.tag in BLOCK or inner.tag == "br":
                yield " "
        yield inner.tail or ""


def _image(element: etree._Element, blocks: Blocks) -> None:
    if alt := element.get("alt"):
        blocks.alts.append(alt)
    for name in _SRC:
        src = (element.get(name) or "").strip()
        if src and not src.startswith("data:"):
            blocks.images.append((len(blocks.texts), src))
            return


def _is_data(table: etree._Element) -> bool:
    """Whether a table holds figures rather than the layout: rows of cells, each a phrase."""
    several = False
    for row in table.iter("tr"):
        cells = list(_cells(row))
        several = several or len(cells) > 1
        for cell in cells:
            if cell.find(".//table") is not None or sum(1 for _ in cell.iter("p", "div", "li")) > 3:
                return False
    return several


def _rows(table: etree._Element) -> str:
    lines = []
    for element in table.iter("caption", "tr"):
        cells = _cells(element) if element.tag == "tr" else [element]
        texts = [squeeze(" ".join(read_one(cell).texts)) for cell in cells]
        if any(texts):
            lines.append("\t".join(texts))
    return "\n".join(lines)


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    return row.iterchildren("td", "th")
