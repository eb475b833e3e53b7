"""An article page: bytes in, `Article` out.

A layout's selectors find what they name; the rest is found by the page's reading order
(`ecnews.pages.order`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin, urlsplit

from lxml import etree

from ecnews.catalog import Layout, Selector, Site
from ecnews.errors import NotAnArticle
from ecnews.items import Article, Removed
from ecnews.loaders import ArticleLoader
from ecnews.pages import around, blocks, challenge, document, order
from ecnews.pages.around import PageLine
from ecnews.pages.blocks import UNSEEN, Blocks
from ecnews.pages.hidden import is_hidden
from ecnews.text import byline, cleaning, dates, quality, spam
from ecnews.text.cleaning import Cleaned

# The line with the time names source and author as well; what is longer is a paragraph.
_INFO_LENGTH = 200
_MOST_PLACES = 20
_SAID = 80  # characters of a page that the reason quotes

_meta_keywords = etree.XPath("/html/head/meta[@name='keywords' or @name='Keywords']/@content")
_page_title = etree.XPath("string(/html/head/title)")
_page_url = etree.XPath(
    "string((/html/head/link[@rel='canonical']/@href"
    " | /html/head/meta[@property='og:url']/@content)[1])"
)
_string = etree.XPath("string(.)", smart_strings=False)
_page_base = etree.XPath("string(/html/head/base/@href)")


@dataclass(frozen=True, slots=True)
class Examined:
    """An article, and every block of its page in order as it was judged."""

    article: Article
    lines: list[PageLine]


def extract(body: bytes, site: Site, url: str | None = None) -> Article:
    """The article of a page; `url` is where it was fetched, None to believe the page.

    Raises NotAnArticle, with the reason, for a page that holds none.
    """
    return _extract(body, site, url).article


def examine(body: bytes, site: Site, url: str | None = None) -> Examined:
    """The same, with what became of each block. Raises NotAnArticle as `extract` does."""
    found = _extract(body, site, url)
    return Examined(found.article, list(around.lines(found.page, found.read, found.cleaned)))


@dataclass(frozen=True, slots=True)
class _Extracted:
    """An article and what it was made of."""

    article: Article
    page: document.Document
    read: Blocks
    cleaned: Cleaned


def _extract(body: bytes, site: Site, url: str | None) -> _Extracted:
    if challenge.is_challenge(body, site):
        raise NotAnArticle("security check", "the site asks for a browser that runs its script")
    page = document.parse(body)
    try:
        fields = _Reader(page, site).read()
    except NotAnArticle as error:
        raise _refused(page) or error from None
    url = url or _page_url(page.root).strip() or None
    base = site.canonical_url(url) if url else site.url
    cleaned = _clean(fields.body, site, urlsplit(url or "").hostname)
    loader = ArticleLoader(site=site, base=urljoin(base, _page_base(page.root)), cleaned=cleaned)
    in_text = around.in_text(page, fields.body, cleaned)
    for name, value in (
        ("layout", fields.layout),
        ("url", url),
        ("number", url),
        ("fetched_url", url),
        ("title", fields.title),
        ("body", fields.body.texts),
        ("images", fields.body.images),
        ("section", fields.section),
        ("published_at", fields.info),
        ("source", fields.info),
        ("author", fields.info),
        ("keywords", fields.keywords),
        ("removed", [*around.in_tags(page, fields.body), *in_text]),
    ):
        loader.add_value(name, value)
    article: Article = loader.load_item()
    _judge(article, page, cleaned, in_text)
    return _Extracted(article, page, fields.body, cleaned)


def _clean(read: Blocks, site: Site, host: str | None) -> Cleaned:
    """The blocks judged; `host` is the page's own, which a mirror puts into the site's links."""
    links, foreign = [], []
    for i, hrefs in read.links.items():
        if all(map(site.article_number, hrefs)):
            links.append(i)
        elif all(_is_foreign(href, site, host) for href in hrefs):
            foreign.append(i)
    return cleaning.clean(read.texts, links, foreign, read.hidden)


def _is_foreign(href: str, site: Site, host: str | None) -> bool:
    try:
        named = urlsplit(href.strip()).hostname
    except ValueError:
        return True
    return named is not None and named != host and named not in site.hosts


def _judge(
    article: Article, page: document.Document, cleaned: Cleaned, in_text: list[Removed]
) -> None:
    """Raises NotAnArticle, with the reason, for what is not fit to be stored."""
    kept, title = cleaned.kept, article.title
    if not kept and (refused := _refused(page)):
        raise refused
    if spam_there := quality.outweighed(kept, cleaned.removed, in_text):
        raise NotAnArticle("spam", spam_there)
    if not kept and in_text:
        kinds = ", ".join(sorted({block.kind for block in in_text}))
        raise NotAnArticle("only boilerplate", f"nothing but {kinds} stands in the body")
    if not kept:
        raise NotAnArticle("no body", f"layout {article.layout}: no text of the article's own")
    if not title:
        raise NotAnArticle("no title", f"layout {article.layout}: no heading and no <title>")
    text = "\n".join(kept)
    if damage := quality.garbled(f"{title}\n{text}"):
        raise NotAnArticle("garbled", damage)
    if reason := quality.refused(title, text):
        raise NotAnArticle(reason, f"the page says: {title}: {text[:_SAID]}")


def _refused(page: document.Document) -> NotAnArticle | None:
    """What a page says that is a notice rather than an article."""
    said = order.text_of(page.root)
    reason = quality.refusal(said)
    return NotAnArticle(reason, f"the page says: {said[:_SAID]}") if reason else None


@dataclass(slots=True)
class _Fields:
    """What stands on the page, uncleaned. `section` holds candidates, the likeliest first; `info`
    are the lines with time, source and author, inline elements divided by line breaks."""

    layout: str
    title: str
    section: list[str]
    info: str
    body: Blocks
    keywords: list[str]


class _Reader:
    """Reads one page by the first layout that matches it."""

    def __init__(self, page: document.Document, site: Site) -> None:
        self.site = site
        self.root = page.root
        self.layout, self.scope = self._match(page.source)

    def read(self) -> _Fields:
        return self._by_selectors() if self.layout.body else self._by_order()

    def _by_selectors(self) -> _Fields:
        body = next((e for e in self._find(self.layout.body) if _string(e).strip()), None)
        found = self._find(self.layout.breadcrumb)
        crumb = order.breadcrumb(found[0]) if found else None
        title = next(filter(None, map(order.text_of, self._find(self.layout.title))), None)
        lines = ["\n".join(order.seen_texts(element)) for element in self._find(self.layout.info)]
        if not (title and lines):
            head = order.head(self.scope, crumb, self.scope if body is None else body)
            title = title or head.title or order.head(self.root, crumb, self.scope).title
            lines = lines or head.lines
        content = Blocks() if body is None else blocks.read_one(body)
        return self._fields(crumb, order.Head(title, lines), content)

    def _by_order(self) -> _Fields:
        text: str = _string(self.scope)
        crumb, start = self._crumb_in(text)
        line = self._info_in(text, start, crumb)
        if line is None:
            raise NotAnArticle("unknown layout", self._unknown())
        head = order.head(self.scope, crumb, line.end)
        content, said = order.body(line, self.scope)
        head = order.Head(head.title, [*head.lines, line.text, *said])
        return self._fields(crumb, head, content)

    def _fields(self, crumb: order.Breadcrumb | None, head: order.Head, content: Blocks) -> _Fields:
        sections = [order.text_of(element) for element in self._find(self.layout.section)]
        keywords = [order.text_of(element) for element in self._find(self.layout.keywords)]
        return _Fields(
            layout=self.layout.id,
            title=next(self._titles(crumb, head.title), ""),
            section=[*sections, *self._sections(crumb.names if crumb else [])],
            info="\n".join(head.lines)[: 2 * _INFO_LENGTH],
            body=content,
            keywords=keywords or _meta_keywords(self.root),
        )

    def _match(self, source: bytes) -> tuple[Layout, etree._Element]:
        """The first layout that fits, and the part of the page that holds the article."""
        for layout in self.site.layouts:
            if all(name in source for name in layout.classes):
                for selector in layout.match:
                    if selector.find and (found := selector.find(self.root)):
                        return layout, found[0]
        raise NotAnArticle("unknown layout", self._unknown())

    def _unknown(self) -> str:
        names = ", ".join(layout.id for layout in self.site.layouts)
        return f"none of the layouts {names} fits, and no line names a time of publication"

    def _find(self, selectors: tuple[Selector, ...]) -> list[etree._Element]:
        for selector in selectors:
            if selector.find:
                found = selector.find(self.root if selector.on_page else self.scope)
                if found:
                    return found
        return []

    def _places(
        self, selectors: tuple[Selector, ...], text: str, start: int
    ) -> Iterator[tuple[etree._Element, int]]:
        """The innermost elements around what the expressions match in the scope's text, and where
        the match ends; a page may repeat it at will, so only so many."""
        for selector in selectors:
            if selector.expression:
                for match in islice(selector.expression.finditer(text, start), _MOST_PLACES):
                    element = order.element_at(self.scope, *match.span())
                    if element.tag not in UNSEEN and not is_hidden(element):
                        yield element, match.end()

    def _crumb_in(self, text: str) -> tuple[order.Breadcrumb | None, int]:
        """The first breadcrumb that leads anywhere, and where its label ends in the text."""
        for element, end in self._places(self.layout.breadcrumb, text, 0):
            crumb = order.breadcrumb(element)
            if len(crumb.names) > 1:
                return crumb, end
        return None, 0

    def _info_in(self, text: str, start: int, crumb: order.Breadcrumb | None) -> order.Line | None:
        """The first line with a time behind the breadcrumb that can be an article's."""
        for element, _ in self._places(self.layout.info, text, start):
            line = order.line(element, dates.find)
            # Today's date stands in many a header: without a breadcrumb before it, a label is due.
            if (
                len(line.text) <= _INFO_LENGTH
                and (crumb or byline.has_label(line.text))
                and order.is_info(line, self.scope, self.site.article_path)
            ):
                return line
        return None

    def _sections(self, crumbs: list[str]) -> list[str]:
        """Names of sections in the breadcrumb: known ones, or else what follows the home page."""
        known = [name for name in crumbs if name in self.site.section_of_crumb]
        return known or [name for name in crumbs[:-1] or crumbs if name not in self._no_title()]

    def _no_title(self) -> frozenset[str]:
        return self.site.breadcrumb_home | self.site.breadcrumb_last

    def _titles(self, crumb: order.Breadcrumb | None, shown: str | None) -> Iterator[str]:
        """What can be the title, without the spam at its ends: what the page shows; else what the
        breadcrumb ends in, or <title>, that one only where the markup vouches for the page, since
        others show times and breadcrumbs as well."""
        titles = [shown or ""]
        if crumb and len(crumb.names) > 2 and crumb.names[-1] not in self._no_title():
            titles.append(crumb.names[-1])
        if self.layout.body:
            title: str = _page_title(self.root)
            for suffix in self.site.title_suffixes:
                title = suffix.sub("", title)
            titles.append(title)
        return filter(None, (spam.cut(title).kept for title in titles))
