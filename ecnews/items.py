"""What a crawl yields: plain dataclasses, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Removed:
    """A block that cleaning took out of an article.

    `kind` says what it is (docs/database.md lists them), `rule` which rule found it.
    """

    kind: str
    rule: str
    text: str


@dataclass(slots=True)
class Article:
    """One article.

    `url` is canonical (None only for a page whose address is not known), `body` has its paragraphs
    joined by one empty line, the rows of a table by a line break and its cells by a tab;
    `published_at` is ISO 8601 with offset; `fetched_url` is where this copy was met (the site's own
    address where a stand-in serves it).
    """

    url: str | None = None
    number: int | None = None
    title: str | None = None
    body: str | None = None
    section: str | None = None
    source: str | None = None
    author: str | None = None
    keywords: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    published_at: str | None = None
    removed: list[Removed] = field(default_factory=list)
    recovered: dict[str, int] = field(default_factory=dict)
    layout: str | None = None
    fetched_url: str | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A page that is not stored as an article, and why.

    `reason` is short, for counting; `detail` says it in whole; `seen_at` is ISO 8601 with offset,
    where it is not now.
    """

    url: str
    number: int | None
    reason: str
    detail: str
    seen_at: str | None = None
