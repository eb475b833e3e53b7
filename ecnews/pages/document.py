"""A page as a tree: bytes in, element out, whatever the page's label says of its encoding."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from ecnews.errors import NotAnArticle
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


def parse(body: bytes) -> Document:
    """Raises NotAnArticle for a body without any markup or text."""
    source = charset.utf8(body)
    if b"\0" in source:  # libxml2 ends a page there
        source = source.replace(b"\0", b"")
    root = etree.fromstring(source, _PARSER) if source.strip() else None
    if root is None:
        raise NotAnArticle("empty page", f"{len(body)} bytes without markup or text")
    return Document(source, root)
