"""Lets one run at a time crawl a section of a site into a database."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.utils.asyncio import create_looping_call

from ecnews import catalog
from ecnews.errors import DatabaseError

logger = logging.getLogger(__name__)

_EVERY = 30.0  # s between two looks at whether the lock is still there


class OneAtATime:
    """Ends the run before its first request if another one crawls the same section, whatever its
    spider: both would ask for the same pages. A spider that crawls none (`section_name` None) waits
    for nobody. A run against a stand-in hinders no run against the site.

    A database that is away is no matter of this: the pipeline says so.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.lock: Any = None
        self.timer: Any = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_opened(self, spider: Spider) -> None:
        from ecnews.storage import database
        from ecnews.storage.lock import Lock

        settings, stats = self.crawler.settings, self.crawler.stats
        section = getattr(spider, "section_name", None)
        if section is None or stats.get_value("ecnews/database"):
            return
        site = catalog.load(served_at=settings["ECNEWS_SITE_URL"])
        try:
            engine = database.shared(self.crawler, settings["ECNEWS_DATABASE_URL"])
            self.lock = Lock(engine, f"{site.served_at or site.url} {section}")
            taken = self.lock.take()
        except DatabaseError as error:
            stats.set_value("ecnews/database", str(error))
            raise CloseSpider("database") from error
        if not taken:
            stats.set_value("ecnews/busy", self._by_whom(engine))
            raise CloseSpider("busy")
        self.timer = create_looping_call(self.look)
        self.timer.start(_EVERY, now=False)

    def look(self) -> None:
        try:
            if not self.lock.keep():
                logger.warning("the database lost this run's lock, and another run has it now")
        except DatabaseError as error:
            logger.warning("%s", error)

    def spider_closed(self) -> None:
        if self.timer:
            self.timer.stop()
        if self.lock:
            self.lock.release()

    def _by_whom(self, engine: Any) -> str:
        from ecnews.storage import database, runs

        mine = dict(self.crawler.settings["ECNEWS_ARGUMENTS"] or {}).get("section")
        try:
            with database.asking(engine) as connection:
                alive = runs.under_way(connection, datetime.now(UTC))
        except DatabaseError:
            alive = []
        others = [run for run in alive if run.arguments.get("section") == mine]
        if len(others) != 1:
            return "another run crawls this section into this database"
        (other,) = others
        return (
            f"run {other.id} ({other.spider}, since {other.started_at:%Y-%m-%d %H:%M} UTC, process"
            f" {other.pid} on {other.host}) crawls this section into this database"
        )
