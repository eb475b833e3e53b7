"""robots.txt: obeyed by every request, its Crawl-delay too, and kept for a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred

from ecnews import catalog
from ecnews.middlewares.keep import Keep

_KEPT = timedelta(days=1)
_LONGEST = 128 * 1024  # of a robots.txt that is kept


class ObeyRobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's own, without a gap: of several requests that wait for the same robots.txt, Scrapy
    2.19 hands the rules to the first alone, and the others pass unasked.

    What a run has read serves the runs of a day: each host's is kept with its age. The larger of
    our delay and Crawl-delay holds for all hosts of the site.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.site = catalog.load(served_at=crawler.settings["ECNEWS_SITE_URL"])
        self.keep = Keep(crawler)

    async def robot_parser(self, request: Request) -> RobotParser | None:
        url = urlparse_cached(request)
        if url.netloc not in self._parsers and self.site.owns(request.url):
            self._recall(url.netloc)
        await super().robot_parser(request)
        parser = self._parsers[url.netloc]
        return None if isinstance(parser, Deferred) else parser

    def allows(self, url: str) -> bool:
        """Whether the rules allow the address, as far as they are known by now."""
        parser = self._parsers.get(urlsplit(url).netloc)
        agent = self._robotstxt_useragent or self._default_useragent
        return parser is None or isinstance(parser, Deferred) or parser.allowed(url, agent)

    def _recall(self, netloc: str) -> None:
        rules = self.keep.read(f"robots {netloc}", _KEPT)
        if rules is not None:
            self._parsers[netloc] = self._parserimpl.from_crawler(self.crawler, rules.encode())
            self._slow_down(self._parsers[netloc])

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        missing = 400 <= response.status < 500
        rules = response.body if response.status == 200 else b""
        await super()._parse_robots(response.replace(body=rules), netloc, request)
        if not self.site.owns(request.url):
            return
        self._slow_down(self._parsers[netloc])
        if (missing or response.status == 200) and len(rules) <= _LONGEST:
            text = rules.decode("utf-8", "replace").replace("\0", "")
            self.keep.write(f"robots {netloc}", text)

    def _slow_down(self, parser: Any) -> None:
        """Applies Crawl-delay, which Scrapy only parses."""
        wanted = parser.rp.crawl_delay(self._robotstxt_useragent or self._default_useragent)
        downloader = self.crawler.engine.downloader
        known = downloader.per_slot_settings.setdefault(self.site.name, {})
        ours = known.get("delay", self.crawler.settings.getfloat("DOWNLOAD_DELAY"))
        if not wanted or wanted <= ours:
            return
        known["delay"] = float(wanted)  # of a slot that is yet to be made
        self.crawler.stats.set_value("ecnews/crawl_delay", float(wanted))
        if slot := downloader.slots.get(self.site.name):
            slot.delay = max(slot.delay, float(wanted))
        throttle = self.crawler.get_extension(AutoThrottle)
        if throttle is not None:
            throttle.mindelay = float(wanted)
            throttle.maxdelay = max(throttle.maxdelay, float(wanted))
