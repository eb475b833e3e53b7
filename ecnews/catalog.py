"""Reads what is known of the site (`ecnews/site/*.toml`) into frozen dataclasses.

The one place where the files are read. What it does not know it refuses, naming file and key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector
from w3lib.url import canonicalize_url

from ecnews.errors import DataFileError, SettingError


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector of the site file: CSS, XPath (`xpath:`) or an expression (`re:`) that the text
    of the innermost element must hold; asked within the scope, or on the whole page (`page:`)."""

    source: str
    on_page: bool
    find: Callable[[etree._Element], list[Any]] | None
    expression: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Layout:
    """How a page of some years is laid out: for each field the selectors to try in order.

    `match` finds the part of the page that holds the article. A field with no selector is found by
    the reading order. `classes` are the class names that `match` cannot do without: a page whose
    source lacks one need not be asked.
    """

    id: str
    match: tuple[Selector, ...]
    classes: tuple[bytes, ...]
    breadcrumb: tuple[Selector, ...] = ()
    section: tuple[Selector, ...] = ()
    title: tuple[Selector, ...] = ()
    info: tuple[Selector, ...] = ()
    body: tuple[Selector, ...] = ()
    keywords: tuple[Selector, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the site: its names on articles, and the cids of the lists to read for it."""

    name: str
    breadcrumb: tuple[str, ...]
    lists: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    """How the news are found: names of the ways in their order, where the JSON list and the
    applications are (a section's path, hash route included), and how JSON names what an article
    has."""

    order: tuple[str, ...]
    json_format: str
    json_number: frozenset[str]
    json_title: frozenset[str]
    json_day: tuple[str, ...]
    applications: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Wall:
    """A CAPTCHA, a log-in or a pay wall, and how it is known (the site file says what is what)."""

    kind: str
    words: tuple[str, ...]
    line: re.Pattern[str]
    needs: Callable[[etree._Element], list[Any]]
    most_text: int


@dataclass(frozen=True)
class Site:
    """What is known of one site; `served_at` is where it is reached, the site itself by default."""

    name: str
    url: str
    hosts: frozenset[str]
    zone: timezone
    article_path: re.Pattern[str]
    article_format: str
    list_path: re.Pattern[str]
    list_format: str
    lists: Mapping[int, str]
    sections: Mapping[str, Section]
    breadcrumb_home: frozenset[str]
    breadcrumb_last: frozenset[str]
    title_suffixes: tuple[re.Pattern[str], ...]
    challenge_marks: tuple[str, ...]
    challenge_max_bytes: int
    challenge_cookie_hours: int
    walls: tuple[Wall, ...]
    ways: Ways
    layouts: tuple[Layout, ...]
    served_at: str = field(default="")

    @cached_property
    def netlocs(self) -> frozenset[str]:
        """Hosts (with port where one is given) whose pages are the site's own, in lower case."""
        return self.hosts | {_netloc(self.served_at or self.url)}

    @cached_property
    def section_of_crumb(self) -> Mapping[str, str]:
        """Every name that a breadcrumb gives a known section -> the section's name."""
        return {crumb: s.name for s in self.sections.values() for crumb in s.breadcrumb}

    def owns(self, url: str) -> bool:
        """Whether the URL is on one of the site's hosts; default ports do not matter."""
        netloc = _netloc(url)
        return netloc in self.netlocs or netloc.partition(":")[0] in self.hosts

    def article_number(self, url: str) -> int | None:
        """The article number in the URL's path, on whatever host; None if it is no article's."""
        match = self.article_path.fullmatch(_path(url))
        return int(match["number"]) if match else None

    def canonical_url(self, url: str) -> str:
        """One form for one page: the site's articles at the publisher's address, whatever host,
        scheme, case, query, fragment or trailing blank they were met with; other pages keep their
        host and lose what is no part of their identity."""
        number = self.article_number(url)
        if number is not None and self.owns(url):
            return self.url + self.article_format.format(number=number)
        canonical: str = canonicalize_url(url.strip())
        if number is None:
            return canonical
        parts = urlsplit(canonical)
        return f"{parts.scheme}://{parts.netloc}{self.article_format.format(number=number)}"

    def public_url(self, url: str) -> str:
        """The site's own address of a page that was fetched where a stand-in serves it."""
        if self.served_at and url.startswith(self.served_at + "/"):
            return self.url + url.removeprefix(self.served_at)
        return url

    def article_request_url(self, number: int) -> str:
        """Where to fetch an article: one address a number, so that it is fetched once."""
        return (self.served_at or self.url) + self.article_format.format(number=number)

    def list_request_url(self, cid: int, page: int) -> str:
        """Where to fetch a page of a list; page 1 is the newest."""
        return (self.served_at or self.url) + self.list_format.format(cid=cid, page=page)

    def json_request_url(self, cid: int, page: int) -> str:
        """Where to fetch a page of a list as JSON."""
        return (self.served_at or self.url) + self.ways.json_format.format(cid=cid, page=page)

    def application_request_url(self, section: str | None) -> str | None:
        """Where a browser finds the section's application; any application if no section is
        wanted, None where the site has none for it."""
        paths = self.ways.applications
        path = paths.get(section) if section else next(iter(paths.values()), None)
        return path and (self.served_at or self.url) + path


def load(name: str = "100ec", served_at: str | None = None) -> Site:
    """The site of `site/{name}.toml`; `served_at` is `ECNEWS_SITE_URL`.

    Raises DataFileError for a file with unknown, missing or malformed keys, SettingError for a
    `served_at` that is no http or https address.
    """
    return _load(name, _base_url(served_at) if served_at else "")


@lru_cache(maxsize=8)
def _load(name: str, served_at: str) -> Site:
    file = f"{name}.toml"
    return parse((files("ecnews.site") / file).read_text("utf-8"), file, served_at)


def parse(text: str, file: str, served_at: str = "") -> Site:
    """The site of a TOML text; `file` is its name in errors."""
    try:
        top = _Table(tomllib.loads(text), file)
    except tomllib.TOMLDecodeError as error:
        raise DataFileError(f"{file}: {error}") from error
    paths, crumbs = top.table("paths"), top.table("breadcrumb")
    title, challenge = top.table("title"), top.table("challenge")
    lists = _lists(top.table("lists"))
    sections = _sections(top.table("sections"), lists)
    site = Site(
        name=top.string("name"),
        url=top.string("url").rstrip("/"),
        hosts=frozenset(host.lower() for host in top.strings("hosts")),
        zone=_zone(top),
        article_path=paths.pattern("article", {"number"}),
        article_format=paths.form("article_format", number=1),
        list_path=paths.pattern("list", {"cid", "page"}),
        list_format=paths.form("list_format", cid=1, page=1),
        lists=lists,
        sections=sections,
        breadcrumb_home=frozenset(crumbs.strings("home")),
        breadcrumb_last=frozenset(crumbs.strings("last")),
        title_suffixes=title.patterns("suffixes"),
        challenge_marks=challenge.strings("marks"),
        challenge_max_bytes=challenge.integer("max_bytes"),
        challenge_cookie_hours=challenge.integer("cookie_hours"),
        walls=tuple(_wall(table) for table in top.tables("walls")),
        ways=_ways(top.table("ways"), sections),
        layouts=tuple(_layout(table) for table in top.tables("layouts")),
        served_at=served_at,
    )
    for table in (top, paths, crumbs, title, challenge):
        table.refuse_unread()
    return site


class _Table:
    """A TOML table that remembers where it stands and which keys were read."""

    def __init__(self, values: dict[str, Any], file: str, path: str = "") -> None:
        self.values = values
        self.file = file
        self.path = path
        self.read: set[str] = set()

    def fail(self, key: str, why: str) -> NoReturn:
        raise DataFileError(f"{self.file}: {self.path}{key}: {why}")

    def take(self, key: str, kind: type, what: str) -> Any:
        self.read.add(key)
        if key not in self.values:
            self.fail(key, f"is missing ({what})")
        value = self.values[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            self.fail(key, f"must be {what}, not {value!r}")
        return value

    def string(self, key: str) -> str:
        value: str = self.take(key, str, "a string")
        return value if value.strip() else self.fail(key, "must not be empty")

    def integer(self, key: str) -> int:
        value: int = self.take(key, int, "a whole number")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        values = self.take(key, list, "a list of strings")
        if not values or not all(isinstance(v, str) and v for v in values):
            self.fail(key, "must be a list of strings, with one at least")
        return tuple(values)

    def selector(self, key: str) -> Callable[[etree._Element], list[Any]]:
        value = self.string(key)
        try:
            return CSSSelector(value, translator="html")
        except SelectorError as error:
            self.fail(key, f"{value!r} is no selector: {error}")

    def table(self, key: str) -> _Table:
        return _Table(self.take(key, dict, "a table"), self.file, f"{self.path}{key}.")

    def tables(self, key: str) -> list[_Table]:
        values = self.take(key, list, "a list of tables")
        if not values or not all(isinstance(v, dict) for v in values):
            self.fail(key, "must be a list of tables, with one at least")
        return [_Table(v, self.file, f"{self.path}{key}[{i}].") for i, v in enumerate(values)]

    def pattern(self, key: str, groups: set[str]) -> re.Pattern[str]:
        compiled = self._compile(key, self.string(key))
        if set(compiled.groupindex) != groups:
            self.fail(key, f"must have the groups {', '.join(sorted(groups))}")
        return compiled

    def patterns(self, key: str) -> tuple[re.Pattern[str], ...]:
        return tuple(self._compile(key, value) for value in self.strings(key))

    def _compile(self, key: str, value: str) -> re.Pattern[str]:
        try:
            return re.compile(value)
        except re.error as error:
            self.fail(key, f"is no regular expression: {error}")

    def form(self, key: str, **sample: int) -> str:
        value = self.string(key)
        try:
            filled = value.format(**sample)
        except (KeyError, IndexError, ValueError):
            filled = value
        if filled == value:
            self.fail(key, f"must name {', '.join('{' + name + '}' for name in sample)} only")
        return value

    def refuse_unread(self) -> None:
        for key in self.values:
            if key not in self.read:
                self.fail(key, f"is not known; known are {', '.join(sorted(self.read))}")


@lru_cache(maxsize=1024)  # every part of a crawl asks who owns a URL, and which article it is
def _path(url: str) -> str:
    try:
        return unquote(urlsplit(url.strip()).path).rstrip()
    except ValueError:  # "http://[" and their like are no URLs, so no article's
        return ""


@lru_cache(maxsize=1024)
def _netloc(url: str) -> str:
    """Host in lower case, with the port unless it is the scheme's own; empty for what is no URL."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    own = {"http": 80, "https": 443}.get(parts.scheme)
    return (parts.hostname or "") + (f":{port}" if port and port != own else "")


def _base_url(url: str) -> str:
    scheme = url.strip().partition("://")[0]
    netloc = _netloc(url)
    if scheme.lower() not in ("http", "https") or not netloc:
        raise SettingError(
            f"ECNEWS_SITE_URL: {url!r} is no address of a site; give one like https://www.100ec.cn"
        )
    path = urlsplit(url.strip()).path.rstrip("/")
    return f"{scheme.lower()}://{netloc}{path}"


def _zone(top: _Table) -> timezone:
    match = re.fullmatch(r"([+-])(\d\d):(\d\d)", top.string("utc_offset"))
    if not match or int(match[2]) > 14 or int(match[3]) > 59:
        top.fail("utc_offset", "must have the form +08:00")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


def _lists(table: _Table) -> dict[int, str]:
    lists = {}
    for key in table.values:
        if not key.isdecimal():
            table.fail(key, "must be a list number")
        lists[int(key)] = table.string(key)
    return lists


def _sections(table: _Table, lists: Mapping[int, str]) -> dict[str, Section]:
    sections = {}
    for name in table.values:
        entry = table.table(name)
        cids = entry.take("lists", list, "a list of list numbers")
        for cid in cids:
            if cid not in lists:
                entry.fail("lists", f"names {cid!r}, which [lists] does not know")
        sections[name] = Section(name, entry.strings("breadcrumb"), tuple(cids))
        entry.refuse_unread()
    return sections


WAYS = ("list", "json", "browser")


def _ways(table: _Table, sections: Mapping[str, Section]) -> Ways:
    order = table.strings("order")
    for name in order:
        if name not in WAYS:
            table.fail("order", f"names {name!r}, which is none of {', '.join(WAYS)}")
    applications = table.table("applications")
    for name in applications.values:
        if name not in sections:
            applications.fail(name, "is no section of [sections]")
    ways = Ways(
        order=order,
        json_format=table.form("json_format", cid=1, page=1),
        json_number=frozenset(table.strings("json_number")),
        json_title=frozenset(table.strings("json_title")),
        json_day=table.strings("json_day"),
        applications={name: applications.string(name) for name in applications.values},
    )
    table.refuse_unread()
    return ways


def _wall(table: _Table) -> Wall:
    wall = Wall(
        kind=table.string("kind"),
        words=table.strings("words"),
        line=table.pattern("line", set()),
        needs=table.selector("needs"),
        most_text=table.integer("most_text"),
    )
    table.refuse_unread()
    return wall


def _layout(table: _Table) -> Layout:
    optional = ("breadcrumb", "section", "title", "info", "body", "keywords")
    match = _selectors(table, "match")
    layout = Layout(
        id=table.string("id"),
        match=match,
        classes=tuple(re.findall(rb"\.([A-Za-z_][\w-]*)", match[0].source.encode()))
        if len(match) == 1
        else (),
        **{key: _selectors(table, key) for key in optional if key in table.values},
    )
    table.read |= set(optional)
    table.refuse_unread()
    return layout


def _selectors(table: _Table, key: str) -> tuple[Selector, ...]:
    sources = (
        table.strings(key) if isinstance(table.values.get(key), list) else (table.string(key),)
    )
    return tuple(_selector(table, key, source) for source in sources)


def _selector(table: _Table, key: str, source: str) -> Selector:
    expression = source.removeprefix("page:")
    find: Callable[[etree._Element], list[Any]] | None = None
    pattern: re.Pattern[str] | None = None
    try:
        if expression.startswith("xpath:"):
            find = etree.XPath(expression.removeprefix("xpath:"))
        elif expression.startswith("re:"):
            pattern = re.compile(expression.removeprefix("re:"))
        else:
            find = CSSSelector(expression, translator="html")
    except (SelectorError, etree.XPathSyntaxError, re.error) as error:
        table.fail(key, f"{source!r} is no selector: {error}")
    return Selector(source, source.startswith("page:"), find, pattern)
