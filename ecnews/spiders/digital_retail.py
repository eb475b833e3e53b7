"""The main job: the section's list pages, newest first, and the articles that they link."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from ecnews import catalog
from ecnews.catalog import Site
from ecnews.errors import NotAnArticle
from ecnews.items import Article, Quarantined
from ecnews.pages import article, challenge, listing
from ecnews.pages.listing import Entry
from ecnews.spiders import arguments
from ecnews.spiders.arguments import Argument

_PAGES = 3
_SECTION = "数字零售"


def arguments_of(site: Site) -> dict[str, Argument]:
    """What `scrapy crawl digital_retail` takes behind `-a`."""
    sections = (*site.sections, "all")
    return {
        "pages": Argument(
            arguments.positive,
            f"N (pages of each list, from 1 up; default {_PAGES}, or no limit if since is given)",
        ),
        "since": Argument(arguments.day, "YYYY-MM-DD (articles of that day and later)"),
        "section": Argument(
            arguments.one_of(*sections),
            f"NAME (one of {', '.join(sections)}; default {_SECTION})",
            _SECTION,
        ),
    }


class DigitalRetailSpider(Spider):
    """Crawls the articles of one section, or of all: `-a pages=`, `-a since=`, `-a section=`.

    Raises ArgumentError, before anything is fetched, for arguments that it does not take.
    """

    name = "digital_retail"

    def __init__(self, site: Site | None = None, **kwargs: Any) -> None:
        super().__init__()
        self.site = site or catalog.load()
        given = arguments.parse(arguments_of(self.site), kwargs)
        self.since: date | None = given["since"]
        self.pages: int | None = given["pages"] or (None if self.since else _PAGES)
        self.section: str | None = None if given["section"] == "all" else given["section"]
        self.lists = self.site.sections[self.section].lists if self.section else self.site.lists
        self.today = datetime.now(self.site.zone).date()
        self.days: dict[int, date] = {}  # of the articles read so far
        self.linked: dict[int, set[int]] = {cid: set() for cid in self.lists}

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        site = catalog.load(served_at=crawler.settings["ECNEWS_SITE_URL"])
        return super().from_crawler(crawler, *args, site=site, **kwargs)

    async def start(self) -> AsyncIterator[Request]:
        for cid in self.lists:
            yield self._list_request(cid, 1, frozenset())

    def parse_list(
        self, response: Response, cid: int, page: int, before: frozenset[int]
    ) -> Iterator[Request]:
        """Follows the entries of a list page and the next page; `before` are the numbers that the
        page before was the first to link."""
        self._stop_at_challenge(response)
        linked = listing.read(response.body, response.url, self.site, self.today)
        # What a page before linked as well stands in a sidebar, or is pinned.
        entries = [entry for entry in linked if entry.number not in self.linked[cid]]
        if not entries:
            # Past its end a list is empty, or shows its last page again.
            if page == 1:
                self._fail("list page without articles", response.url)
            return
        self._count("lists")
        numbers = frozenset(entry.number for entry in entries)
        self.linked[cid] |= numbers
        wanted = [self._article_request(entry) for entry in entries if not self._older(entry.day)]
        following = []
        if (self.pages is None or page < self.pages) and wanted and not self._all_older(before):
            following = [self._list_request(cid, page + 1, numbers)]
        # The next page goes first, so that the queue never runs dry; but where only the articles
        # can say whether it is still wanted, it waits for them.
        if self.since and not any(entry.day for entry in entries):
            yield from wanted + following
        else:
            yield from following + wanted

    def parse_article(self, response: Response) -> Iterator[Article | Quarantined]:
        """Yields the page's article if it is of the section, or why the page has none."""
        self._stop_at_challenge(response)
        self._count("articles")
        try:
            found = article.extract(response.body, self.site, response.url)
        except NotAnArticle as error:
            url = self.site.public_url(response.url)
            number = self.site.article_number(response.url)
            yield Quarantined(url, number, error.reason, error.detail)
            return
        day = found.published_at and datetime.fromisoformat(found.published_at).date()
        if found.number and day:
            self.days[found.number] = day
        if self._older(day or None):
            self._count("skipped/older than since")
        elif self.section and found.section != self.section:
            self._count(f"skipped/section {found.section}")
        else:
            yield found

    def list_failed(self, failure: Failure) -> None:
        """A page that a list does not have is its end, a list that is gone is not read; anything
        else is a failure."""
        self._stop_if_hopeless()
        request = failure.request  # type: ignore[attr-defined]
        if _status(failure) not in (404, 410):
            self._fail(_cause(failure), request.url)
        elif request.cb_kwargs["page"] == 1:
            self._count("skipped/list gone")
            self.logger.warning("%s: the site has no such list", request.url)

    def article_failed(self, failure: Failure) -> None:
        """An article that a list links and the site no longer has is gone, not failed."""
        self._stop_if_hopeless()
        if _status(failure) in (404, 410):
            self._count("skipped/gone")
            return
        self._fail(_cause(failure), failure.request.url)  # type: ignore[attr-defined]

    def _list_request(self, cid: int, page: int, before: frozenset[int]) -> Request:
        return Request(
            self.site.list_request_url(cid, page),
            self.parse_list,
            errback=self.list_failed,
            cb_kwargs={"cid": cid, "page": page, "before": before},
        )

    def _article_request(self, entry: Entry) -> Request:
        return Request(
            self.site.article_request_url(entry.number),
            self.parse_article,
            errback=self.article_failed,
        )

    def _older(self, day: date | None) -> bool:
        return bool(self.since and day and day < self.since)

    def _all_older(self, numbers: frozenset[int]) -> bool:
        """Whether every article whose day is known by now is older than wanted. All of them must
        be: an old one may be pinned to the top."""
        days = [self.days[number] for number in numbers if number in self.days]
        return bool(days) and all(map(self._older, days))

    def _stop_at_challenge(self, response: Response) -> None:
        self._stop_if_hopeless()
        if challenge.is_challenge(response.body, self.site):
            raise CloseSpider("challenged")

    def _stop_if_hopeless(self) -> None:
        """Ends the run once nothing can be fetched, or nothing stored, any more."""
        for reason in ("unreachable", "database"):
            if self.crawler.stats.get_value(f"ecnews/{reason}"):
                raise CloseSpider(reason)

    def _count(self, key: str) -> None:
        self.crawler.stats.inc_value(f"ecnews/{key}")

    def _fail(self, cause: str, url: str) -> None:
        self._count(f"failed/{cause}")
        self.logger.error("%s: %s", url, cause)


def _status(failure: Failure) -> int | None:
    error = failure.value
    return error.response.status if isinstance(error, HttpError) else None


def _cause(failure: Failure) -> str:
    if status := _status(failure):
        return f"HTTP {status}"
    return failure.getErrorMessage() or type(failure.value).__name__
