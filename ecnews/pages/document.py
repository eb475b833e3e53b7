"""A page as a tree: bytes in, element out, whatever the page's label says of its encoding."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from ecnews.errors import NotAnArticle
from ecnews.pages import hidden
from ecnews.text import charset, hijack


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed page: its source in UTF-8, the element `html` of it, and what was restored in it if
    it was hijacked (counts; empty on an honest page)."""

    source: bytes
    root: etree._Element
    recovered: dict[str, int] = field(default_factory=dict)


# The encoding is told to the parser, so that a wrong <meta charset> has no say.
_PARSER = etree.HTMLParser(
    encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, collect_ids=False
)


# Tags with nothing but a random id, strewn between words by hijacked copies: a parser ends the
# paragraph at many of them.
_STREWN = re.compile(rb"<([a-z]{1,12}) id=[\"']?[\w-]{3,16}[\"']?\s*>\s*</\1\s*>", re.I)
_EMPTY = re.compile(rb" id=[\"']?[\w-]{3,16}[\"']?\s*>\s*</")  # quick to look for
_DEEPEST = 8  # strewn tags within one another
# Parts of tables; where they stand in none their tags are no markup to a browser.
_PARTS = ("tr", "td", "th", "tbody", "thead", "tfoot", "caption")
_STRAY = re.compile(rb"</?(?:%b)\b[^>]*>" % "|".join(_PARTS).encode(), re.I)
_TABLE = re.compile(rb"<(/?)table\b", re.I)


def parse(body: bytes) -> Document:
    """The page, restored before it is parsed: what a mirror swallowed can be markup.

    Raises NotAnArticle for a body without any markup or text.
    """
    shown, source = charset.decoded(unstrewn(body))
    restored = hijack.recover(shown)
    if restored.text is not shown:
        source = restored.text.encode()
    if b"\0" in source:  # libxml2 ends a page there
        source = source.replace(b"\0", b"")
    root = _tree(source)
    if root is not None and any(map(_is_stray, root.iter(*_PARTS))):
        source = _without_stray(source)
        root = _tree(source)
    if root is None:
        raise NotAnArticle("empty page", f"{len(body)} bytes without markup or text")
    hidden.hide(root, source)
    counts = {} if restored.text is shown else restored.counts
    return Document(source, root, counts)


def _tree(source: bytes) -> etree._Element | None:
    return etree.fromstring(source, _PARSER) if source.strip() else None


def _is_stray(part: etree._Element) -> bool:
    return next(part.iterancestors("table"), None) is None


def unstrewn(source: bytes) -> bytes:
    """Without the tags that hijacked copies strew; a page that has none is returned as it is."""
    for _ in range(_DEEPEST):
        if not _EMPTY.search(source):
            break
        source = _STREWN.sub(b"", source)
    return source


def _without_stray(source: bytes) -> bytes:
    """Without the tags of parts of tables outside tables."""
    parts, end, depth = [], 0, 0
    for match in _TABLE.finditer(source):
        if not depth:
            parts.append(_STRAY.sub(b"", source[end : match.start()]))
            end = match.start()
        depth = max(0, depth - 1) if match[1] else depth + 1
        if not depth:
            parts.append(source[end : match.end()])
            end = match.end()
    rest = source[end:]
    return b"".join((*parts, rest if depth else _STRAY.sub(b"", rest)))
