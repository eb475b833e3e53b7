"""Whether the site has changed its pages: what a run read, against what the last good runs read.

Plain functions over plain numbers. A layout that fits no more shows in two ways: pages that cannot
be read, and fields that are missing where they always were. How few pages are enough to say so
follows from chance: three, of a field that was never missing; more, of one that often is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import comb
from operator import methodcaller
from statistics import median
from typing import Any, Self

from ecnews.items import Article

FIELDS: Mapping[str, str] = {  # its name in reports -> the item's
    "title": "title",
    "body": "body",
    "time": "published_at",
    "section": "section",
    "source": "source",
    "author": "author",
    "keywords": "keywords",
    "images": "images",
}
ESSENTIAL = ("time", "section")  # besides title and body, without which there is no article
# Reasons of the quarantine that speak of the layout, not of what stands in it.
UNREAD = frozenset(("unknown layout", "no body", "no title", "empty page"))
_FIRST = 5  # pages that a run without predecessors must have read
_ALL = 0.9  # of them that must give nothing
_RARELY = 0.02  # a page may always be odd: what is never missing counts as missing so often
_CERTAIN = 200  # pages beyond which a share needs no chance


@dataclass(frozen=True, slots=True)
class Limits:
    """`chance`: how seldom a run may deviate so far by accident; `drop`: to what part of the usual
    share a field must fall; `longer`: how many times longer or shorter bodies must be, and `least`
    how many of them it takes."""

    chance: float = 1e-5
    drop: float = 0.5
    longer: float = 3.0
    least: int = 8


@dataclass(slots=True)
class Layout:
    """What the articles of one layout had: `fields` counts those that had a field, `length` and
    `removed` are medians of characters kept and of the share taken out, `example` is the URL of
    a page without the field."""

    pages: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    length: int = 0
    removed: float = 0.0
    recovered: int = 0
    example: dict[str, str] = field(default_factory=dict)

    def share(self, name: str) -> float:
        return self.fields.get(name, 0) / self.pages if self.pages else 0.0


@dataclass(slots=True)
class Report:
    """What a run read: articles by layout; pages that could not be read and quarantined ones, by
    reason, with an example of each; links on the first page of each list."""

    layouts: dict[str, Layout] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    example: dict[str, str] = field(default_factory=dict)
    drift: dict[str, str] = field(default_factory=dict)  # of a Drift

    @property
    def read(self) -> int:
        return sum(layout.pages for layout in self.layouts.values())

    @property
    def pages(self) -> int:
        return self.read + sum(self.unread.values())

    def share(self, name: str) -> float:
        """Of all pages that should be articles, those that had a field."""
        has = sum(layout.fields.get(name, 0) for layout in self.layouts.values())
        return has / self.pages if self.pages else 0.0

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, value: Mapping[str, Any] | None) -> Self:
        """Of what `dump` gave, be it by an older version."""
        known = {name: dict(value[name]) for name in cls.__slots__ if value and name in value}
        layouts = known.pop("layouts", {})
        return cls(layouts={name: Layout(**layout) for name, layout in layouts.items()}, **known)


@dataclass(frozen=True, slots=True)
class Drift:
    """What no longer fits, in words; the `url` of an example; what is `missing` (`links`,
    `article`, `length` or a field) and of which layout, if of one."""

    what: str
    url: str
    missing: str
    layout: str = ""

    def is_over(self, tally: Tally) -> bool:
        """Whether a later run, in which nothing else is found, has seen that all is well again.
        What it has seen may be too little to tell anything: then nothing is over."""
        layouts = tally.report.layouts
        among = [layouts[self.layout]] if self.layout in layouts else layouts.values()
        if self.missing == "article":
            return tally.reread > 0 or any(layout.pages for layout in layouts.values())
        if self.missing == "length":
            return self.layout in layouts
        return self.missing == "links" or any(layout.fields.get(self.missing) for layout in among)


class Tally:
    """Counts what is read while a run goes on."""

    def __init__(self) -> None:
        self.report = Report()
        self.lengths: dict[str, list[int]] = {}
        self.shares: dict[str, list[float]] = {}
        self.bare: dict[str, tuple[str, bool]] = {}  # lists without a link: URL, looks like one
        self.reread = 0

    def read(self, found: Article, url: str) -> None:
        """An article that was read."""
        name = found.layout or "none"
        layout = self.report.layouts.setdefault(name, Layout())
        layout.pages += 1
        layout.recovered += any(found.recovered.values())
        for title, attribute in FIELDS.items():
            if getattr(found, attribute):
                layout.fields[title] = layout.fields.get(title, 0) + 1
            else:
                layout.example[title] = url
        layout.example["length"] = url
        kept, taken = len(found.body or ""), sum(len(block.text) for block in found.removed)
        self.lengths.setdefault(name, []).append(kept)
        self.shares.setdefault(name, []).append(taken / (kept + taken or 1))

    def unread(self, reason: str, url: str) -> None:
        """A page that is no article."""
        counted = self.report.unread if reason in UNREAD else self.report.quarantined
        counted[reason] = counted.get(reason, 0) + 1
        self.report.example[reason] = url

    def listed(self, source: str, links: int, url: str, looks_like_one: bool = True) -> None:
        """The first page of a list."""
        self.report.lists[source] = links
        self.report.example[f"list {source}"] = url
        if not links:
            self.bare[source] = url, looks_like_one

    def sum_up(self) -> Report:
        for name, layout in self.report.layouts.items():
            layout.length = round(median(self.lengths[name]))
            layout.removed = round(median(self.shares[name]), 3)
        return self.report


def find(tally: Tally, past: Sequence[Report], limits: Limits, served: bool = True) -> Drift | None:
    """What no longer fits; None if all is as it was, as far as can be told.

    `past` are the last good runs; `served` says whether any list gave articles.
    """
    report = tally.sum_up()
    found = next(_of_lists(tally, past, limits, served), None)
    if found or not report.pages:
        return found
    known = [former for former in past if former.read]
    if not known:
        return _of_first(report)
    checks = (_of_unread, _of_essential, _of_fields, _of_lengths)
    return next((hit for check in checks for hit in check(report, known, limits)), None)


def usual(values: Iterable[tuple[float, int]]) -> float | None:
    """The median of values with their weights; None of nothing.

    >>> usual([(1.0, 30), (0.0, 1), (0.9, 5)]), usual([])
    (1.0, None)
    """
    ranked = sorted((value, weight) for value, weight in values if weight)
    half = sum(weight for _, weight in ranked) / 2
    passed = 0
    for value, weight in ranked:
        passed += weight
        if passed >= half:
            return value
    return None


def usual_of(past: Iterable[Report], name: str, of: Callable[[Layout], float]) -> float | None:
    """The same of something that the layout `name` has had."""
    layouts = (report.layouts[name] for report in past if name in report.layouts)
    return usual((of(layout), layout.pages) for layout in layouts)


Hits = Iterator[Drift]


def _of_lists(tally: Tally, past: Sequence[Report], limits: Limits, served: bool) -> Hits:
    for source, links in tally.report.lists.items():
        url = tally.report.example[f"list {source}"]
        known = usual((former.lists[source], 1) for former in past if former.lists.get(source))
        if known and links < limits.drop * known:
            yield Drift(f"list pages link {links} articles, usually {known:.0f}", url, "links")
        elif not known and not served and tally.bare.get(source, ("", False))[1]:
            yield Drift("list pages show headlines and link no article", url, "links")


def _of_first(report: Report) -> Drift | None:
    """Without predecessors: pages that a list links as articles, and next to none is one."""
    bad: list[tuple[int, str, str]] = [
        (n, reason, report.example[reason]) for reason, n in report.unread.items()
    ]
    lacks = []
    for name in ESSENTIAL:
        layouts = report.layouts.values()
        lacking = sum(layout.pages - layout.fields.get(name, 0) for layout in layouts)
        url = next((layout.example[name] for layout in layouts if name in layout.example), "")
        lacks.append(lacking)
        bad.append((lacking, f"no {name}", url))
    without = sum(report.unread.values()) + max(lacks)
    most, what, url = max(bad)
    if report.pages < _FIRST or without < _ALL * report.pages or not most:
        return None
    what = f"{without} of {report.pages} pages that should be articles cannot be read: {what}"
    return Drift(what, url, "article" if report.unread else what.rpartition(" ")[2])


def _of_unread(report: Report, past: Sequence[Report], limits: Limits) -> Hits:
    unread = sum(report.unread.values())
    known = usual((sum(former.unread.values()) / former.pages, former.pages) for former in past)
    rate = max(known or 0.0, _RARELY)
    if unread > report.pages * rate and (
        _tail(report.pages - unread, report.pages, 1 - rate) < limits.chance
    ):
        reason = max(report.unread, key=lambda name: report.unread[name])
        what = f"{unread} of {report.pages} article pages cannot be read: {reason}"
        what = f"{what}, no title, time and body found"
        yield Drift(what, report.example[reason], "article")


def _of_essential(report: Report, past: Sequence[Report], limits: Limits) -> Hits:
    """Of all layouts together: pages may fall from one to another."""
    for name in ESSENTIAL:
        has = sum(layout.fields.get(name, 0) for layout in report.layouts.values())
        known = usual(
            (layout.share(name), layout.pages)
            for former in past
            for layout in former.layouts.values()
        )
        if _fell(has, report.read, known, limits):
            layouts = report.layouts.values()
            url = next(layout.example[name] for layout in layouts if name in layout.example)
            what = f"{_lacking(has, report.read)} no {name}, usually {1 - (known or 0):.0%}"
            yield Drift(what, url, name)


def _of_fields(report: Report, past: Sequence[Report], limits: Limits) -> Hits:
    for name, layout in report.layouts.items():
        for title in FIELDS:
            known = usual_of(past, name, methodcaller("share", title))
            has = layout.fields.get(title, 0)
            if _fell(has, layout.pages, known, limits):
                lacking = _lacking(has, layout.pages)
                usually = f"usually {1 - (known or 0):.0%}"
                what = f"layout {name}: {lacking} no {title}, {usually}"
                yield Drift(what, layout.example[title], title, name)


def _of_lengths(report: Report, past: Sequence[Report], limits: Limits) -> Hits:
    for name, layout in report.layouts.items():
        enough = [former for former in past if name in former.layouts]
        seen = sum(former.layouts[name].pages for former in enough)
        known = usual_of(past, name, lambda former: former.length)
        if not known or min(layout.pages, seen) < limits.least:
            continue
        if not 1 / limits.longer <= layout.length / known <= limits.longer:
            what = f"bodies have {layout.length} characters, usually {known:.0f}"
            yield Drift(f"layout {name}: {what}", layout.example["length"], "length", name)


def _fell(has: int, pages: int, known: float | None, limits: Limits) -> bool:
    """Whether so few pages have a field that usually this share of them has."""
    if not known or not pages or has / pages > limits.drop * known:
        return False
    return _tail(has, pages, min(known, 1 - _RARELY)) < limits.chance


def _lacking(has: int, pages: int) -> str:
    lacking = f"{pages - has} of {pages}" if has else f"{pages}"
    return f"{lacking} articles have"


def _tail(most: int, of: int, share: float) -> float:
    """The chance that at most so many of so many have what this share of all has.

    >>> round(_tail(0, 3, 0.98), 6), round(_tail(0, 2, 0.98), 4)
    (8e-06, 0.0004)
    """
    if of > _CERTAIN:
        return 0.0 if most < of * share / 2 or of - most > 3 * of * (1 - share) else 1.0
    return sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(most + 1))
