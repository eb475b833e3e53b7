"""The main job: the section's lists, newest first, and the articles that they link."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler

from ecnews.catalog import WAYS, Site
from ecnews.middlewares.keep import Keep
from ecnews.pages import challenge, listing
from ecnews.pages.listing import Entry
from ecnews.spiders import arguments, failures, ground, ways
from ecnews.spiders.arguments import Argument
from ecnews.spiders.base import MAX_REQUESTS, SiteSpider, section_argument
from ecnews.spiders.failures import PageFailed
from ecnews.spiders.ground import Ground
from ecnews.spiders.ways import Way

_PAGES = 3  # of a list that is not known yet
_DEEPEST = 50  # of one that is: where its known ground has vanished
_AHEAD = 60  # articles under way beyond which no further list page is read
_OWED = 200  # articles that failed before and are tried again in a run
_WAY_KEPT = timedelta(days=1)


class DigitalRetailSpider(SiteSpider):
    """Crawls the articles of one section, or of all; see docs/spiders.md for its arguments.

    Without `pages` and `since` it reads each list down to where the last good run knew it.
    """

    name = "digital_retail"

    @classmethod
    def arguments_of(cls, site: Site) -> dict[str, Argument]:
        return {
            "pages": Argument(
                arguments.positive,
                f"N (pages of each list, from 1 up; default as far as needed, {_PAGES} at first)",
            ),
            "since": Argument(arguments.day, "YYYY-MM-DD (articles of that day and later)"),
            "section": section_argument(site),
            "via": Argument(
                arguments.one_of(*WAYS), f"NAME (one of {', '.join(WAYS)}; default each in turn)"
            ),
            "refresh": Argument(
                arguments.natural,
                "DAYS (known articles not fetched for so long are fetched again; 0: all of them)",
            ),
            "max_requests": MAX_REQUESTS,
        }

    def configure(self, given: dict[str, Any]) -> None:
        self.pages: int | None = given["pages"]
        self.since = given["since"]
        self.via: str | None = given["via"]
        days = given["refresh"]
        self.refresh: timedelta | None = None if days is None else timedelta(days=days)
        self.thorough = bool(self.pages or self.since)
        self.lists = self.site.sections[self.section].lists if self.section else self.site.lists
        self.way: str | None = None  # that served
        # Lists read to their end: what is kept of each, by the name under which it is kept.
        self.read: dict[str, tuple[str, Ground | None, list[int]]] = {}
        self.due = self.done = 0  # lists
        self.keep: Keep

    def share(self) -> float:
        """How much of the run is over: of its lists, and of the articles asked for."""
        if not self.due or not self.asked:
            return 0.0
        answered = 1 - len(self.under_way) / len(self.asked)
        return min(self.done / self.due, 1.0) * answered

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.keep = Keep(crawler)
        crawler.signals.connect(spider.remember, signals.spider_closed)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        for number in self.owed(_OWED):
            yield self.request(number)
        failed: list[tuple[str, str]] = []  # URL and cause
        for way in self._ways():
            served = self.crawler.stats.get_value("ecnews/lists", 0)
            async for request in self._by(way, failed):
                yield request
            if self.crawler.stats.get_value("ecnews/lists", 0) > served:
                self.count(f"via/{way.name}")
                self.way = way.name
                return
            why = ", ".join(dict.fromkeys(cause for _, cause in failed)) or "no list"
            self.logger.warning("nothing usable by way of %s: %s", way.name, why)
            if any(cause in failures.REFUSED for _, cause in failed):
                break  # no is no, whatever the way
        for url, cause in failed:
            self.fail(cause, url)

    def _ways(self) -> list[Way]:
        made = ways.all_of(
            self.site, self.section, list(self.lists), self.today, self.crawler.settings
        )
        if self.via:
            return [way for way in made if way.name == self.via]
        served = self.keep.read(f"way {self._where}", _WAY_KEPT)
        return sorted(made, key=lambda way: way.name != served)

    async def _by(self, way: Way, failed: list[tuple[str, str]]) -> AsyncIterator[Request]:
        """The requests for what one way brings; `failed` holds, at the end, what it could not
        read, unless that has been counted since the way served."""
        failed.clear()
        grounds = {
            source: Ground.load(self.keep.read(self._ground_name(way, source)))
            for source in way.sources
        }
        ranked, wanted = ground.order(grounds, datetime.now(UTC))
        served = 0
        self.due, self.done = len(ranked) if self.thorough else min(wanted, len(ranked)), 0
        for source in ranked:
            if served == wanted and not self.thorough:
                break
            before = self.crawler.stats.get_value("ecnews/lists", 0)
            async for request in self._list(way, source, grounds[source], failed):
                yield request
            self.done += 1
            served += self.crawler.stats.get_value("ecnews/lists", 0) > before
        if served:
            for url, cause in failed:
                self.fail(cause, url)
            failed.clear()

    async def _list(
        self, way: Way, source: str, known: Ground | None, failed: list[tuple[str, str]]
    ) -> AsyncIterator[Request]:
        """The requests for one list's articles, page by page."""
        seen: set[int] = set()
        top: list[int] = []
        met = self._end_of(known)
        page, broken = 0, 0
        while page < self._most(known):
            page += 1
            request = way.request(source, page, met)
            try:
                linked = await self._entries(way, request, source if page == 1 else "")
            except PageFailed as error:
                if error.status in failures.GONE:
                    if page == 1:
                        self.count("skipped/list gone")
                        self.logger.warning("%s: the site has no such list", request.url)
                    break
                failed.append((request.url, error.cause))
                broken += 1
                if page == 1 or broken > 1 or not way.paged:
                    return  # not read to its end: the next run goes as deep
                continue
            entries = listing.unseen(linked, seen)
            if not entries:
                if page == 1:
                    failed.append((request.url, "list page without articles"))
                    return
                break
            self.count("lists")
            seen |= {entry.number for entry in linked}
            top += [entry.number for entry in entries if not entry.aside]
            wanted = self._wanted(entries, source)
            self.tell_page(request.url, len(entries), len(wanted))
            for found in wanted:
                yield found
            if not way.paged or met(entries) or await self._older(entries):
                break
            await self.room(_AHEAD)
        if not broken:
            self.read[self._ground_name(way, source)] = source, known, top

    async def _entries(self, way: Way, request: Request, begins: str) -> list[Entry]:
        """What a page of a list links; asked twice where it cannot be read. `begins` names the list
        whose first page it is."""
        for last in (False, True):
            response = await self.fetch(request)
            try:
                entries = way.read(response)
            except ValueError as error:
                if last:
                    raise PageFailed(f"{way.name}: not readable") from error
                continue
            if not entries and (kind := challenge.wall(response.body, self.site)):
                self.refuse(response.url, kind)
            if begins and way.paged:
                self.tell_list(f"{way.name} {begins}", response, len(entries))
            return entries
        raise AssertionError

    def _wanted(self, entries: Sequence[Entry], source: str) -> list[Request]:
        numbers = [entry.number for entry in entries if not self.older(entry.day)]
        known = self.memory.settled(numbers, self.section, self.refresh)
        self.stop_if_hopeless()
        if met := known - self.asked:
            self.count("skipped/known", len(met))
        return [
            self.request(number, source)
            for number in numbers
            if number not in known and number not in self.asked
        ]

    def _most(self, known: Ground | None) -> int:
        """How many pages of a list to read at most."""
        if self.pages:
            return self.pages
        if self.since:
            return 10**6
        return _DEEPEST if known and known.numbers else _PAGES

    def _end_of(self, known: Ground | None) -> ways.Met:
        """What ends the reading of a list."""

        def met(entries: Sequence[Entry]) -> bool:
            if self.thorough or known is None:
                return bool(self.since) and self._dated_older(entries)
            return known.met(entries)

        return met

    def _dated_older(self, entries: Sequence[Entry]) -> bool:
        """Whether every entry whose day is known by now is older than wanted. All of them must be:
        an old one may be pinned to the top."""
        days = [e.day or self.days.get(e.number) for e in entries if not e.aside]
        known = [day for day in days if day]
        return bool(known) and all(map(self.older, known))

    async def _older(self, entries: Sequence[Entry]) -> bool:
        """With `since`, whether a page is the last that is wanted; where only the articles can say,
        it waits for them."""
        if not self.since:
            return False
        if not any(entry.day for entry in entries):
            await self.room(0)
            stored = self.memory.days([entry.number for entry in entries])
            self.days |= {n: at.astimezone(self.site.zone).date() for n, at in stored.items()}
        return self._dated_older(entries)

    def remember(self, reason: str) -> None:
        """Keeps what the run has learnt of the lists, if it came to its end."""
        self.memory.flush()
        if reason != "finished" or self.crawler.stats.get_value("ecnews/database"):
            return
        now = datetime.now(UTC)
        for name, (source, known, numbers) in self.read.items():
            gain = self.gains.get(source, 0)
            self.keep.write(name, ground.advanced(known, numbers, now, gain).dump())
        if self.way:
            self.keep.write(f"way {self._where}", self.way)

    def _ground_name(self, way: Way, source: str) -> str:
        return f"list {way.name} {source} {self._where}"

    @property
    def _where(self) -> str:
        return f"{self.section or 'all'} {self.site.served_at or self.site.url}"
