"""Shows a run that somebody watches how far it is: a line on stderr every few seconds."""

from __future__ import annotations

import sys
import time
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

_EVERY = 2.0  # s


class Progress:
    """On if the setting `ECNEWS_PROGRESS` says so, or, where it is not set, on a terminal."""

    def __init__(self, crawler: Crawler) -> None:
        if not _wanted(crawler.settings):
            raise NotConfigured
        self.crawler = crawler
        self.started = self.shown = time.monotonic()
        crawler.signals.connect(self.response_received, signals.response_received)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def response_received(self) -> None:
        now = time.monotonic()
        if now - self.shown < _EVERY:
            return
        self.shown = now
        stats = self.crawler.stats
        lists, articles = (stats.get_value(f"ecnews/{key}", 0) for key in ("lists", "articles"))
        found = stats.get_value("item_scraped_count", 0)
        rate = stats.get_value("response_received_count", 0) / (now - self.started)
        told = getattr(self.crawler.spider, "share", None)
        share = told() if told else 0.0
        left = (now - self.started) * (1 - share) / share if share else None
        print(
            f"{now - self.started:6.0f} s  {lists} list pages, {articles} articles read,"
            f" {found} of them wanted, {rate:.1f} pages/s"
            + (f", {share:.0%} done, {_span(left)} to go" if left is not None else ""),
            file=sys.stderr,
            flush=True,
        )


def _span(seconds: float) -> str:
    """About so long.

    >>> _span(40), _span(4000), _span(400000)
    ('40 s', '67 min', '111 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.0f} h"


def _wanted(settings: BaseSettings) -> bool:
    if str(settings["ECNEWS_PROGRESS"] or "").strip():
        return settings.getbool("ECNEWS_PROGRESS")
    return sys.stderr.isatty()
