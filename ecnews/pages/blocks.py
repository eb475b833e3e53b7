"""Markup to blocks: what a browser sets as paragraphs, tables and lists, in reading order.

Written for articles pasted from anywhere: paragraphs of `div`, `<br>` in place of `p`, tables that
hold figures and tables that merely hold the page together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

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
# Where lazy loaders keep the real address, before the attribute that may hold a placeholder.
_SRC = ("data-original", "data-src", "data-lazy-src", "_src", "src")


@dataclass(slots=True)
class Blocks:
    """The blocks of a part of a page: `texts`, none empty; `images` as pairs of the number of
    blocks before the image and its address as the page gives it; `links`, the addresses that
    blocks of nothing but one link lead to, by position."""

    texts: list[str] = field(default_factory=list)
    images: list[tuple[int, str]] = field(default_factory=list)
    links: dict[int, str] = field(default_factory=dict)
    line: list[str] = field(default_factory=list)
    link: tuple[str, str] | None = None

    def end(self) -> None:
        """Ends the paragraph."""
        if self.line:
            if text := squeeze("".join(self.line)):
                if self.link and 5 * len(squeeze(self.link[1])) >= 4 * len(text):
                    self.links[len(self.texts)] = self.link[0]
                self.texts.append(text)
            self.line.clear()
        self.link = None


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
                    blocks.link = (element.get("href") or "", "".join(element.itertext()))
                if element.text:
                    line.append(element.text)
        else:
            if tag in BLOCK:
                blocks.end()
            if element is not root and element.tail:
                line.append(element.tail)


def _image(element: etree._Element, blocks: Blocks) -> None:
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
