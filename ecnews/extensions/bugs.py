"""Counts the exceptions that nothing caught, which Scrapy only logs: those of callbacks, pipelines,
middlewares, extensions, wherever they were raised."""

from __future__ import annotations

import logging
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

# What the site, the network or a browser can cause is raised by these, or derived from OSError.
_OF_THE_SITE = (
    "scrapy twisted scrapy_playwright playwright asyncio OpenSSL ssl h2 hpack idna zlib brotli"
    " _brotli zstandard ecnews"
).split()
# A redirect to what is no address ends in a ValueError of these.
_READERS_OF_URLS = ("scrapy", "urllib", "w3lib", "idna")


class CountBugs:
    """Keeps the stats `ecnews/errors` and, of the first, `ecnews/error`: from the log, which is
    where all of them meet. What breaks while a signal ends the run is not counted."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.handler = _Handler(crawler)
        logging.getLogger().addHandler(self.handler)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_closed(self, reason: str) -> None:
        if reason == "shutdown" and self.crawler.crawling:  # no signal: the engine broke off
            self.crawler.stats.set_value("ecnews/broken_off", True)
        self.handler.closed = True

    def engine_stopped(self) -> None:
        logging.getLogger().removeHandler(self.handler)


class _Handler(logging.Handler):
    def __init__(self, crawler: Crawler) -> None:
        super().__init__(logging.ERROR)
        self.crawler = crawler
        self.closed = False

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or not (self.crawler.crawling or self.closed) or not is_bug(error):
            return
        stats = self.crawler.stats
        stats.inc_value("ecnews/errors")
        if not stats.get_value("ecnews/error"):
            said = " ".join(str(error).split())[:200]
            kind = type(error).__name__
            stats.set_value("ecnews/error", f"{kind}: {said}" if said else kind)


def is_bug(error: BaseException) -> bool:
    """Whether an exception is a mistake of the program, not what a download may come to."""
    kind = type(error)
    if kind.__module__.partition(".")[0] in _OF_THE_SITE:
        return False
    if isinstance(error, OSError | EOFError | UnicodeError) or not isinstance(error, Exception):
        return False
    if isinstance(error, ValueError) and error.__traceback__:
        innermost = error.__traceback__
        while innermost.tb_next:
            innermost = innermost.tb_next
        raiser = str(innermost.tb_frame.f_globals.get("__name__", ""))
        return raiser.partition(".")[0] not in _READERS_OF_URLS
    return True
