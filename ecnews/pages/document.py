"""A page as a tree: bytes in, element out, whatever the page's label says of its encoding."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from ecnews.errors import NotAnArticle
from ecnews.pages import hidden
from ecnews.text import charset


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed page: its source in UTF-8, and the element `html` of it."""

    source: bytes
    root: etree._Element


# The encoding is told to the parser, so that a wrong <meta charset> has no say.
_PARSER = etree.HTMLParser(
    encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, collect_ids=False
)


# Tags with nothing but a random id, strewn between words by hijacked copies: a parser ends the
# paragraph at many of them. Empty ones, and what browsers that run scripts never show.
_STREWN = re.compile(
    rb"<([a-z]{1,12})\s+id=[\"']?[\w-]{3,16}[\"']?\s*>\s*</\1\s*>"
    rb"|<(?!script|style)([a-z]{1,12})\s+id=[\"']?[\w-]{3,16}[\"']?\s*/>",
    re.I,
)
_NOSCRIPT = re.compile(rb"<noscript\b[^>]*>.*?</noscript\s*>", re.I | re.S)
# Parts of a table that stand in no table: their tags are no markup to a browser.
_STRAY = re.compile(rb"</?(?:tr|td|th|tbody|thead|tfoot|caption|colgroup|col)\b[^>]*>", re.I)
_TABLE = re.compile(rb"<(/?)table\b", re.I)
_DEEPEST = 8  # strewn tags within one another


def parse(body: bytes) -> Document:
    """Raises NotAnArticle for a body without any markup or text."""
    source = _unstrewn(charset.utf8(body))
    if b"\0" in source:  # libxml2 ends a page there
        source = source.replace(b"\0", b"")
    root = etree.fromstring(source, _PARSER) if source.strip() else None
    if root is None:
        raise NotAnArticle("empty page", f"{len(body)} bytes without markup or text")
    hidden.hide(root, source)
    return Document(source, root)


def _unstrewn(source: bytes) -> bytes:
    """Without the tags that hijacked copies strew; a page that has none is returned as it is."""
    if b"<noscript" in source or b"<NOSCRIPT" in source:
        source = _NOSCRIPT.sub(b"", source)
    for _ in range(_DEEPEST):
        if not _STREWN.search(source):
            break
        source = _STREWN.sub(b"", source)
    return _without_stray(source)


def _without_stray(source: bytes) -> bytes:
    """Without the parts of tables outside tables."""
    if not _STRAY.search(source):
        return source
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
