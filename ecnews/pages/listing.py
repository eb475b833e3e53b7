"""A list: which articles it links, newest first, and when they were published. Lists are pages, or
JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
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
_ADDRESS_LENGTH = 300
_ALIKE = 3
_HAN = re.compile("[\u3400-\u9fff]")
_HEADLINE, _HEADLINES = 10, 10  # characters of Chinese in a title at least; titles of a list
_shown_texts = etree.XPath(
    "//text()[not(ancestor::script or ancestor::style or ancestor::head)]", smart_strings=False
)
_NUMBER = re.compile(r"[1-9]\d{4,11}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A link to an article: its number and the day that the list gives it, if it gives one.

    `aside` says that it stands elsewhere on the page than the list: in a sidebar. `place` is where:
    without days a page may have several that could be the list.
    """

    number: int
    day: date | None
    aside: bool = False
    place: str = field(default="", compare=False)


def read(body: bytes, url: str, site: Site, today: date) -> list[Entry]:
    """The articles that a page of the site links, each once, in the page's order.

    Links are known by the pattern of their URL; those to other hosts are another site's articles.
    A page without markup links none.
    """
    try:
        page = document.parse(body)
    except NotAnArticle:
        return []
    found: dict[int, tuple[date | None, str]] = {}
    for link in _links(page.root):
        href = (link.get("href") or "").strip()
        if not site.article_path.search("/" + href):  # most are not, and joining takes time
            continue
        number = _number(href, url, site)
        if number is None:
            continue
        day, place = found.get(number, (None, ""))
        if day is None:
            found[number] = _day(link, today), place or _place(link)
    return _entries(found)


def read_json(body: bytes, url: str, site: Site, today: date, strict: bool = False) -> list[Entry]:
    """The articles in a JSON document of whatever shape, each once, in its order: objects with a
    number and a title under the names that the site file knows, and addresses of articles.

    `strict` is for documents that need not be lists: there an object with neither a day nor an
    address counts only if several are alike. Raises ValueError for what is no JSON.
    """
    found: dict[int, tuple[date | None, str]] = {}
    bare = set()  # numbers of objects with a title and nothing else that tells
    for value in _walk(json.loads(body.decode("utf-8-sig"))):
        if isinstance(value, dict):
            number, day, addressed = _of_object(value, url, site, today)
        else:
            number, day, addressed = _number(value, url, site), None, True
        if number is not None and found.get(number, (None, ""))[0] is None:
            found[number] = day, ""
            if not (day or addressed):
                bare.add(number)
    few = bare if strict and len(bare) < _ALIKE else set()
    return [entry for entry in _entries(found) if entry.number not in few]


def unseen(entries: Iterable[Entry], seen: Container[int]) -> list[Entry]:
    """The entries that no page of the list before has shown: what it has, stands in a sidebar, or
    is pinned. Where all that is left stands aside, it is the list after all."""
    left = [entry for entry in entries if entry.number not in seen]
    if all(entry.aside for entry in left):
        return [replace(entry, aside=False) for entry in left]
    return left


def shows_headlines(body: bytes) -> bool:
    """Whether a page shows lines enough that could be titles, linked or not: one that links no
    article is then a list that has changed, rather than none."""
    try:
        page = document.parse(body)
    except NotAnArticle:
        return False
    texts = {text.strip() for text in _shown_texts(page.root)}
    return sum(len(_HAN.findall(text)) >= _HEADLINE for text in texts) >= _HEADLINES


def _entries(found: dict[int, tuple[date | None, str]]) -> list[Entry]:
    """With one place as the list: that of most entries with a day, since sidebars seldom give one.
    Without days it is the place of most entries, or of at least half as many: there is no telling.
    The rows of a list share their ancestors' tags and classes, however many elements it is divided
    into."""
    dated = Counter(place for day, place in found.values() if day)
    places = dated or Counter(place for _, place in found.values())
    most = max(places.values(), default=0)
    lists = {place for place, n in places.items() if n == most or (not dated and 2 * n >= most)}
    return [Entry(number, day, place not in lists, place) for number, (day, place) in found.items()]


def _number(href: str, url: str, site: Site) -> int | None:
    """The number of the site's article that the address leads to."""
    try:
        target = urljoin(url, href)
    except ValueError:
        return None
    number = site.article_number(target)
    return number if number is not None and site.owns(target) else None


def _place(link: etree._Element) -> str:
    # Rows may be classed apart (odd, even, last): the nearest elements count by their tags.
    return "/".join(
        f"{e.tag!s}.{(depth > 1 and e.get('class')) or ''!s}"
        for depth, e in enumerate(link.iterancestors())
    )


def _walk(value: Any) -> Iterator[dict[str, Any] | str]:
    """Every object of the document, and every text that may be an address, in their order."""
    pending = [value]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            yield value
            pending.extend(reversed(value.values()))
        elif isinstance(value, list):
            pending.extend(reversed(value))
        elif isinstance(value, str) and len(value) < _ADDRESS_LENGTH:
            yield value


def _of_object(
    value: dict[str, Any], url: str, site: Site, today: date
) -> tuple[int | None, date | None, bool]:
    """Number and day of the article that the object stands for, and whether it has its address."""
    days = (_json_day(value.get(key), today, site) for key in site.ways.json_day)
    day = next(filter(None, days), None)
    for text in value.values():
        if isinstance(text, str) and len(text) < _ADDRESS_LENGTH:
            number = _number(text, url, site)
            if number is not None:
                return number, day, True
    if any(value.get(key) for key in site.ways.json_title):
        for text in (str(value[key]) for key in site.ways.json_number if key in value):
            path = site.article_format.format(number=text)
            if _NUMBER.fullmatch(text) and site.article_path.fullmatch(path):
                return int(text), day, False
    return None, None, False


def _json_day(value: object, today: date, site: Site) -> date | None:
    """A day as text, or as seconds or milliseconds since 1970."""
    if isinstance(value, str):
        match = dates.find(value)
        if match:
            try:
                return date(int(match["year"]), int(match["month"]), int(match["day"]))
            except ValueError:
                return None
        if found := dates.list_date(value, today):
            return found
        value = int(value) if value.isascii() and value.isdecimal() else None
    if isinstance(value, int) and not isinstance(value, bool):
        seconds = value / 1000 if value > 10**11 else value
        if 10**9 < seconds < 10**10:
            return datetime.fromtimestamp(seconds, site.zone).date()
    return None


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
