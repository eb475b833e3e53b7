"""The past: articles of some days, or of a range of numbers, newest first, however often the run is
killed on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request
from scrapy.crawler import Crawler

from ecnews.catalog import Site
from ecnews.errors import ArgumentError
from ecnews.items import Article
from ecnews.middlewares.keep import Keep
from ecnews.pages import listing
from ecnews.pages.listing import Entry
from ecnews.spiders import arguments, failures
from ecnews.spiders.arguments import Argument
from ecnews.spiders.base import MAX_REQUESTS, SiteSpider, section_argument
from ecnews.spiders.failures import PageFailed
from ecnews.spiders.ways import ListPages

if TYPE_CHECKING:
    from ecnews.storage.fetches import Key

_WINDOW = 200  # numbers looked up at a time
_AHEAD = 40  # articles under way: bounds the memory, and what a killed run fetched in vain
_BARREN = 300  # numbers in a row without an article: there are none below
_TOO_OLD = 20  # articles in a row from before from_date


class BackfillSpider(SiteSpider):
    """Crawls what was published between two days, or what has a number of a range.

    The lists are read where they reach; below that, and for a range, the numbers are asked one by
    one. What the database knows is not fetched, gaps included, so the same command goes on where a
    killed run was.
    """

    name = "backfill"

    @classmethod
    def arguments_of(cls, site: Site) -> dict[str, Argument]:
        return {
            "from_date": Argument(arguments.day, "YYYY-MM-DD (the oldest day that is wanted)"),
            "until_date": Argument(
                arguments.day, "YYYY-MM-DD (the newest day that is wanted; default today)"
            ),
            "numbers": Argument(
                arguments.span, "FIRST-LAST (articles with these numbers, instead of days)"
            ),
            "section": section_argument(site),
            "max_requests": MAX_REQUESTS,
        }

    def configure(self, given: dict[str, Any]) -> None:
        self.numbers: tuple[int, int] | None = given["numbers"]
        self.since = given["from_date"]
        self.until: date | None = given["until_date"]
        if self.numbers and (self.since or self.until):
            raise ArgumentError("give numbers, or from_date and until_date, not both")
        if not self.numbers and not self.since:
            raise ArgumentError(
                "say how far back: -a from_date=YYYY-MM-DD [-a until_date=YYYY-MM-DD],"
                " or -a numbers=FIRST-LAST"
            )
        if self.since and self.since > (self.until or self.today):
            raise ArgumentError(f"from_date={self.since} lies behind {self.until or self.today}")
        self.old = self.barren = 0  # in a row, among what is asked by number
        self.found = False  # an article, by number: gaps above it may yet be filled
        self.lowest: dict[str, int] = {}  # number that each list shows
        self.reaching: set[str] = set()  # lists that go back as far as is wanted
        self.keep: Keep

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.keep = Keep(crawler)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        if self.numbers:
            self.count("by_number")
            first, last = self.numbers
            async for request in self._by_number(last, first):
                yield request
            return
        lists = self.site.sections[self.section].lists if self.section else tuple(self.site.lists)
        way = ListPages(self.site, lists, self.today)
        for number in self.owed(_WINDOW):  # on pages that lie behind
            yield self.request(number)
        for source in way.sources:
            async for request in self._list(way, source):
                yield request
        await self.room(0)
        short = [low for source, low in self.lowest.items() if source not in self.reaching]
        if short:
            self.logger.info("lists end above %s; on by number", self.since)
            async for request in self._by_number(max(short) - 1, 1):
                yield request

    async def _by_number(self, newest: int, oldest: int) -> AsyncIterator[Request]:
        total = newest - oldest + 1
        floor = self.keep.read(self._floor) or 0
        for top in range(newest, max(oldest, floor + 1) - 1, -_WINDOW):
            window = range(top, max(top - _WINDOW, oldest - 1), -1)
            known = self.memory.settled(window, self.section)
            self.stop_if_hopeless()
            for number in window:
                if number in known:
                    self.count("skipped/known")
                    continue
                await self.room(_AHEAD)
                if self.since and self.old >= _TOO_OLD:
                    return
                if self.since and self.barren >= _BARREN:
                    self.flush()
                    self.keep.write(self._floor, number)
                    return
                yield self.request(number)
            self._forget()
            self.crawler.stats.set_value("ecnews/share", (newest - window[-1] + 1) / total)

    async def _list(self, way: ListPages, source: str) -> AsyncIterator[Request]:
        """The requests for one list, from the page that a killed run was at."""
        name = f"backfill {source} {self.section} {self.since} {self.until} {way.site.served_at}"
        page = max(1, int(self.keep.read(name) or 1) - 1)
        seen: set[int] = set()
        while True:
            request = way.request(source, page, lambda _: False)
            try:
                response = await self.fetch(request)
                linked = way.read(response)
            except PageFailed as error:
                if error.status not in failures.GONE:
                    self.fail(error.cause, request.url)
                return
            if page == 1:
                self.tell_list(f"{way.name} {source}", response, len(linked))
            entries = listing.unseen(linked, seen)
            seen |= {entry.number for entry in linked}
            if not entries:
                return
            self.count("lists")
            self.lowest[source] = min(entry.number for entry in entries if not entry.aside)
            wanted = self._wanted(entries)
            self.tell_page(request.url, len(entries), len(wanted))
            for number in wanted:
                yield self.request(number, source)
            await self.room(0)
            self.stop_if_hopeless()
            self.flush()
            self.keep.write(name, page)
            days = [e.day or self.days.get(e.number) for e in entries if not e.aside]
            dated = [day for day in days if day]
            if dated:
                self._passed(way.sources.index(source), len(way.sources), min(dated))
            if any(map(self.older, dated)):
                self.reaching.add(source)
            self._forget()
            if dated and all(map(self.older, dated)):
                return
            page += 1

    def _forget(self) -> None:
        """What the database knows by now: the past may be long."""
        self.asked.clear()
        self.days.clear()

    def _passed(self, index: int, lists: int, day: date) -> None:
        """Notes how much of the way lies behind: a list of all, and its days."""
        assert self.since is not None
        newest = self.until or self.today
        days = max(1, (newest - self.since).days)
        share = (index + min(1.0, (newest - day).days / days)) / lists
        self.crawler.stats.set_value("ecnews/share", share)

    @property
    def _floor(self) -> str:
        return f"backfill floor {self.site.served_at or self.site.url}"

    def _wanted(self, entries: Sequence[Entry]) -> list[int]:
        inside = [
            e.number
            for e in entries
            if not self.older(e.day) and not (self.until and e.day and e.day > self.until)
        ]
        known = self.memory.settled(inside, self.section)
        self.stop_if_hopeless()
        if met := known - self.asked:
            self.count("skipped/known", len(met))
        return [number for number in inside if number not in known and number not in self.asked]

    def is_wanted(self, found: Article, number: int) -> bool:
        wanted = super().is_wanted(found, number)
        day = self.days.get(number)
        self.found, self.barren = True, 0
        self.old = self.old + 1 if self.older(day) else 0
        return wanted

    def gone(self, page: Key) -> None:
        """A gap is remembered, unless it lies above all articles: it may yet be filled."""
        self.barren += 1
        if self.found or self.since:
            super().gone(page)
        else:
            self.count("skipped/gone")
