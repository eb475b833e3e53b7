"""A list page: which articles it links, newest first, and when they were published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urljoin

from lxml import etree

from ecnews.catalog import Site
from ecnews.errors import NotAnArticle
from ecnews.pages import document
from ecnews.text import dates

_links = etree.XPath("//a[@href]")
# Up from the link: its list item, its table row. What is wider holds several articles.
_ENTRY = ("li", "tr", "dl", "dd", "dt", "p", "div")
_ENTRY_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """A link to an article: its number and the day that the list gives it, if it gives one."""

    number: int
    day: date | None


def read(body: bytes, url: str, site: Site, today: date) -> list[Entry]:
    """The articles that a page of the site links, each once, in the page's order.

    Links are known by the pattern of their URL; those to other hosts are another site's articles.
    A page without markup links none.
    """
    try:
        page = document.parse(body)
    except NotAnArticle:
        return []
    entries: dict[int, Entry] = {}
    for link in _links(page.root):
        href = (link.get("href") or "").strip()
        if not site.article_path.search("/" + href):  # most are not, and joining takes time
            continue
        try:
            target = urljoin(url, href)
        except ValueError:
            continue
        number = site.article_number(target)
        if number is None or not site.owns(target):
            continue
        known = entries.get(number)
        if known is None or known.day is None:
            entries[number] = Entry(number, _day(link, today))
    return list(entries.values())


def _day(link: etree._Element, today: date) -> date | None:
    """The date beside the link, in the nearest element that holds one but not several articles."""
    for element in link.iterancestors(*_ENTRY):
        texts = list(element.itertext())
        if sum(map(len, texts)) > _ENTRY_LENGTH:
            break
        for text in texts:
            if found := dates.list_date(text, today):
                return found
    return None
