"""An article page: bytes in, `Article` out.

A layout's selectors find what they name; the rest is found by the page's reading order
(`ecnews.pages.order`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from ecnews.catalog import Layout, Selector, Site
from ecnews.errors import NotAnArticle
from ecnews.items import Article
from ecnews.loaders import ArticleLoader
from ecnews.pages import blocks, challenge, document, order
from ecnews.pages.blocks import Blocks
from ecnews.text import dates
from ecnews.text.whitespace import squeeze

# The line with the time names source and author as well; what is longer is a paragraph.
_INFO_LENGTH = 200

_meta_keywords = etree.XPath("/html/head/meta[@name='keywords' or @name='Keywords']/@content")
_page_title = etree.XPath("string(/html/head/title)")
_page_url = etree.XPath(
    "string((/html/head/link[@rel='canonical']/@href"
    " | /html/head/meta[@property='og:url']/@content)[1])"
)
_string = etree.XPath("string(.)", smart_strings=False)
_page_base = etree.XPath("string(/html/head/base/@href)")


def extract(body: bytes, site: Site, url: str | None = None) -> Article:
    """The article of a page; `url` is where it was fetched, None to believe the page.

    Raises NotAnArticle, with the reason, for a page that holds none.
    """
    if challenge.is_challenge(body, site):
        raise NotAnArticle("security check", "the site asks for a browser that runs its script")
    page = document.parse(body)
    fields = _Reader(page, site).read()
    url = url or _page_url(page.root).strip() or None
    loader = ArticleLoader(site=site, base=_page_base(page.root) or url or site.url)
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
        ("author", [fields.info, *fields.body.texts]),
        ("keywords", fields.keywords),
    ):
        loader.add_value(name, value)
    loader.add_value("removed", loader.context.get("removed", []))
    article: Article = loader.load_item()
    if not article.title:
        raise NotAnArticle("no title", f"layout {fields.layout}: no heading and no <title>")
    if not article.body:
        raise NotAnArticle("no body", f"layout {fields.layout}: no text of the article's own")
    return article


@dataclass(slots=True)
class _Fields:
    """What stands on the page, uncleaned. `section` holds candidates, the likeliest first; `info`
    is the line with the time, its inline elements divided by line breaks."""

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
        self.texts: dict[etree._Element, str] = {}
        self.layout = self._match(page.text)
        self.scope = self._find(self.layout.scope, self.root)[0]

    def read(self) -> _Fields:
        crumb = self._breadcrumb()
        body = self._first(self.layout.body)
        info = self._info(body)
        if body is not None:
            content = blocks.read_one(body)
        elif info is not None:
            content = order.body(info, self.scope)
        elif self.layout.body:
            content = Blocks()
        else:
            raise NotAnArticle("unknown layout", self._unknown())
        crumbs = crumb.names if crumb else []
        return _Fields(
            layout=self.layout.id,
            title=self._title(crumb, info, body),
            section=[*map(_text, self._find(self.layout.section)), *self._sections(crumbs)],
            info=info.text if info else "",
            body=content,
            keywords=[_text(e) for e in self._find(self.layout.keywords)]
            or _meta_keywords(self.root),
        )

    def _match(self, text: str) -> Layout:
        for layout in self.site.layouts:
            if all(name in text for name in layout.classes) and self._find(layout.match, self.root):
                return layout
        raise NotAnArticle("unknown layout", self._unknown())

    def _unknown(self) -> str:
        names = ", ".join(layout.id for layout in self.site.layouts)
        return f"none of the layouts {names} fits, and no line names a time of publication"

    def _find(
        self, selectors: tuple[Selector, ...], scope: etree._Element | None = None
    ) -> list[etree._Element]:
        within = self.scope if scope is None else scope
        for selector in selectors:
            if found := list(self._ask(selector, self.root if selector.on_page else within)):
                return found
        return []

    def _ask(self, selector: Selector, scope: etree._Element) -> Iterable[etree._Element]:
        if selector.find:
            return selector.find(scope)
        assert selector.expression
        if scope not in self.texts:
            self.texts[scope] = _string(scope)
        return order.innermost(selector.expression, scope, self.texts[scope])

    def _first(self, selectors: tuple[Selector, ...]) -> etree._Element | None:
        """The first element that shows any text."""
        return next((e for e in self._find(selectors) if squeeze("".join(e.itertext()))), None)

    def _breadcrumb(self) -> order.Breadcrumb | None:
        found = self._find(self.layout.breadcrumb)
        return order.breadcrumb(found[0]) if found else None

    def _sections(self, crumbs: list[str]) -> list[str]:
        """Names of sections in the breadcrumb: known ones, or else what follows the home page."""
        known = [name for name in crumbs if name in self.site.section_of_crumb]
        return known or [
            name
            for name in crumbs[:-1] or crumbs
            if name not in self.site.breadcrumb_home and name not in self.site.breadcrumb_last
        ]

    def _info(self, body: etree._Element | None) -> order.Line | None:
        inside = set(body.iter()) if body is not None else ()
        for element in self._find(self.layout.info):
            line = order.line(element, dates.find)
            if element not in inside and len(line.text) <= _INFO_LENGTH and dates.find(line.text):
                return line
        return None

    def _title(
        self, crumb: order.Breadcrumb | None, info: order.Line | None, body: etree._Element | None
    ) -> str:
        for element in self._find(self.layout.title):
            if heading := _text(element):
                return heading
        end = info.start if info else body
        if end is not None and (shown := order.title(self.scope, crumb, end)):
            return shown
        if crumb and crumb.names and crumb.names[-1] not in self.site.breadcrumb_last:
            return crumb.names[-1]
        title: str = _page_title(self.root)
        for suffix in self.site.title_suffixes:
            title = suffix.sub("", title)
        return title


def _text(element: etree._Element) -> str:
    return squeeze("".join(element.itertext()))
