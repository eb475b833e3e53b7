"""What the spiders of the site share: articles fetched, read, filtered, and remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from ecnews import catalog
from ecnews.catalog import Site
from ecnews.errors import NotAnArticle
from ecnews.extensions.bugs import is_bug
from ecnews.extensions.drift import Tally
from ecnews.extensions.memory import Memory
from ecnews.items import Article, Quarantined
from ecnews.middlewares.budget import QuietHours
from ecnews.middlewares.halt import halt, halted
from ecnews.pages import article, challenge, listing
from ecnews.pipelines.store import StorePipeline
from ecnews.spiders import arguments, failures
from ecnews.spiders.arguments import Argument
from ecnews.spiders.failures import PageFailed

if TYPE_CHECKING:
    from ecnews.storage.fetches import Key

SECTION = "数字零售"
_TRIES = 3  # as Scrapy's own for what it retries
_SKIPPED = "section "  # in the memory; `storage.recall` reads it


def section_argument(site: Site) -> Argument:
    sections = (*site.sections, "all")
    return Argument(
        arguments.one_of(*sections),
        f"NAME (one of {', '.join(sections)}; default {SECTION})",
        SECTION,
    )


MAX_REQUESTS = Argument(arguments.positive, "N (requests that the run may make; default no limit)")


class SiteSpider(Spider):
    """Fetches articles of the site, one request a number, and keeps those of one section, or all.

    Raises ArgumentError, before anything is fetched, for arguments that it does not take.
    """

    def __init__(self, site: Site | None = None, **kwargs: Any) -> None:
        super().__init__()
        self.site = site or catalog.load()
        given = arguments.parse(self.arguments_of(self.site), kwargs)
        self.max_requests: int | None = given.get("max_requests")
        section = given.get("section")
        self.section: str | None = None if section == "all" else section
        self.since: date | None = None
        self.until: date | None = None
        self.today = datetime.now(self.site.zone).date()
        self.days: dict[int, date] = {}  # of the articles read so far
        self.under_way: set[int] = set()  # numbers asked for and not answered
        self.asked: set[int] = set()
        self.gains: dict[str, int] = {}  # wanted articles by the list that brought them
        self.change = asyncio.Event()
        self.tally = Tally()
        self.retried: set[int] = set()  # numbers that former runs had in vain
        self.memory: Memory
        # Held: Scrapy reads the source of a callback anew for each method object that it meets.
        self.callback, self.errback = self.parse_article, self.article_failed
        self.configure(given)

    @classmethod
    def arguments_of(cls, site: Site) -> dict[str, Argument]:
        """What `scrapy crawl` takes behind `-a` for this spider."""
        raise NotImplementedError

    def configure(self, given: dict[str, Any]) -> None:
        """Takes the spider's own arguments. Raises ArgumentError for what does not fit together."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        QuietHours.parse(crawler.settings["ECNEWS_QUIET_HOURS"])  # for its complaint
        site = catalog.load(served_at=crawler.settings["ECNEWS_SITE_URL"])
        spider = super().from_crawler(crawler, *args, site=site, **kwargs)
        spider.memory = Memory(crawler)
        for through in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(spider.item_through, through)
        crawler.signals.connect(spider.memory.flush, signals.spider_closed)
        return spider

    @property
    def section_name(self) -> str | None:
        """What one run at a time may crawl; None if the run is not after a section."""
        return self.section or "all"

    def share(self) -> float:
        """How much of the run is over, from 0 to 1; 0 where nobody knows."""
        return float(self.crawler.stats.get_value("ecnews/share", 0))

    def request(self, number: int, source: str = "", copy: str | None = None) -> Request:
        """For an article; `source` is the list that brought it, `copy` its address if it is to be
        read on a foreign host, whose numbers are its own."""
        self.asked.add(number)
        self.under_way.add(number)
        return Request(
            copy or self.site.article_request_url(number),
            self.callback,
            errback=self.errback,
            # A redirect to an address that was asked before is dropped without a word otherwise.
            dont_filter=True,
            cb_kwargs={"number": number, "source": source, "copy": copy},
        )

    def owed(self, most: int) -> list[int]:
        """Numbers that former runs had in vain, to be asked again first."""
        numbers = self.memory.owed(most)
        self.retried.update(numbers)
        return numbers

    def parse_article(
        self, response: Response, number: int, source: str, copy: str | None
    ) -> Iterator[Article | Quarantined]:
        """Yields the page's article if it is wanted, or why the page has none."""
        self.stop_if_hopeless()
        self.count("articles")
        handed_on = False  # what is handed on is answered once the pipelines are through with it
        try:
            found = article.extract(response.body, self.site, response.url)
        except NotAnArticle as error:
            self._refuse_walls(response)
            if number not in self.retried:
                self.tally.unread(error.reason, self.site.public_url(response.url))
            handed_on = True
            yield self._quarantined(response, number, error.reason, error.detail)
        else:
            if challenge.hints_at_wall(_edges(found), self.site):
                self._refuse_walls(response)
            self._tally(found, number)
            if missing := self.lacks(found):
                detail = f"layout {found.layout}: no {missing} was found"
                handed_on = True
                yield self._quarantined(response, number, f"no {missing}", detail)
            elif self.is_wanted(found, number):
                self.gains[source] = self.gains.get(source, 0) + 1
                handed_on = True
                yield found
        finally:
            if not handed_on:
                self._answered(number)

    def _quarantined(
        self, response: Response, number: int, reason: str, detail: str
    ) -> Quarantined:
        self.memory.note(response.cb_kwargs["copy"] or number, "quarantined", reason)
        return Quarantined(self.site.public_url(response.url), number, reason, detail)

    def _tally(self, found: Article, number: int) -> None:
        """What was quarantined before says nothing of the pages that the site has now."""
        if number in self.retried:
            self.tally.reread += 1
        else:
            self.tally.read(found, found.url or "")

    def tell_list(self, name: str, response: Response, links: int) -> None:
        """Tallies the first page of a list."""
        headlines = not links and listing.shows_headlines(response.body)
        self.tally.listed(name, links, self.site.public_url(response.url), headlines)

    def tell_page(self, url: str, articles: int, wanted: int) -> None:
        """A line for each page of a list."""
        public = self.site.public_url(url)
        self.logger.info(
            "list: %s: %d articles, %d to fetch", public, articles, wanted, extra={"url": public}
        )

    def lacks(self, found: Article) -> str | None:
        """What every article of the site has, and whose lack says that the page was misread: an
        article without it would be taken for one of another section, or of another day."""
        if not found.published_at:
            return "time"
        return "section" if self.section and not found.section else None

    def is_wanted(self, found: Article, number: int) -> bool:
        """Whether the article is of the section and of the days; remembers what need not be
        fetched again."""
        day = found.published_at and datetime.fromisoformat(found.published_at).date()
        if day:
            self.days[number] = day
        if self.section and found.section != self.section:
            self.count(f"skipped/section {found.section}")
            self.memory.note(number, "skipped", f"{_SKIPPED}{found.section}")
        elif self.older(day or None):
            self.count("skipped/older than since")
        elif day and self.until and day > self.until:
            self.count("skipped/newer than until_date")
        else:
            return True
        return False

    def article_failed(self, failure: Failure) -> Iterator[Request]:
        """An article that the site no longer has is gone, not failed; what failed is owed another
        try by the next run."""
        request: Request = failure.request  # type: ignore[attr-defined]
        number, copy = request.cb_kwargs["number"], request.cb_kwargs["copy"]
        self.tell_bug(failure.value)
        cause = failures.cause(failure.value)
        if not halted(self.crawler) and cause in failures.PASSING:
            first = request.replace(url=copy or self.site.article_request_url(number))
            first.meta.pop("redirect_times", None)
            if again := get_retry_request(first, spider=self, reason=cause):
                yield again
                return
        self._answered(number)
        self.stop_if_hopeless()
        if failures.status_of(failure.value) in failures.GONE:
            self.gone(copy or number)
            return
        self._refuse_walls(getattr(failure.value, "response", None))
        self.fail(cause, request.url)
        self.memory.note(copy or number, "failed", cause)

    def gone(self, page: Key) -> None:
        self.count("skipped/gone")
        self.memory.note(page, "gone")

    async def fetch(self, request: Request) -> Response:
        """The response to a request of the spider's own. Raises PageFailed."""
        assert self.crawler.engine is not None
        for tries in range(_TRIES):
            try:
                response = await self.crawler.engine.download_async(request.copy())
                break
            except Exception as error:  # whatever a download may come to
                self.stop_if_hopeless()
                self.tell_bug(error)
                cause = failures.cause(error)
                if cause not in failures.PASSING or tries + 1 == _TRIES:
                    raise PageFailed(cause) from error
        self.stop_if_hopeless()
        if not 200 <= response.status < 300:
            self._refuse_walls(response)
            raise PageFailed(f"HTTP {response.status}", response.status)
        return response

    async def room(self, most: int) -> None:
        """Waits until no more than so many articles are under way."""
        while len(self.under_way) > most:
            self.stop_if_hopeless()
            self.change.clear()
            await self.change.wait()

    def flush(self) -> None:
        """Writes all that was found and learnt so far."""
        if pipeline := self.crawler.get_item_pipeline(StorePipeline):
            pipeline.flush()
        self.memory.flush()

    def item_through(self, response: Response) -> None:
        self._answered(response.cb_kwargs["number"])

    def older(self, day: date | None) -> bool:
        return bool(self.since and day and day < self.since)

    def stop_if_hopeless(self) -> None:
        """Ends the run once something has said that it must end."""
        if reason := halted(self.crawler):
            raise CloseSpider(reason)

    def count(self, key: str, number: int = 1) -> None:
        self.crawler.stats.inc_value(f"ecnews/{key}", number)

    def fail(self, cause: str, url: str) -> None:
        self.count(f"failed/{cause}")
        self.logger.error("failed: %s: %s", url, cause, extra={"url": url})

    def tell_bug(self, error: BaseException | None) -> None:
        """Logs what is a mistake of the program, which `extensions.bugs` counts."""
        if error is not None and is_bug(error):
            self.logger.error("a download met a mistake of the crawler", exc_info=error)

    def _answered(self, number: int) -> None:
        self.under_way.discard(number)
        self.change.set()

    def refuse(self, url: str, kind: str) -> None:
        """Ends the run at a CAPTCHA, a log-in or a pay wall."""
        halt(self.crawler, "refused", f"{url} asks for a {kind}; nothing else is tried")
        self.stop_if_hopeless()

    def _refuse_walls(self, response: Response | None) -> None:
        if response is not None and (kind := challenge.wall(response.body, self.site)):
            self.refuse(response.url, kind)


def _edges(found: Article) -> list[str]:
    """Where a wall leaves its words: at the end of the text, or among what was removed."""
    return [*(found.body or "").rsplit("\n\n", 4)[-4:], *(block.text for block in found.removed)]
