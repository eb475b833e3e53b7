"""Hands articles to the database and keeps count of what became of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from ecnews.errors import DatabaseError, SettingError
from ecnews.items import Article

if TYPE_CHECKING:
    from ecnews.storage.writer import Writer, Written

logger = logging.getLogger(__name__)


class StorePipeline:
    """Stores in batches. A failure is left in the stat `ecnews/database`; what could not be written
    stays pending and is tried once more at the end of the run."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.writer: Writer | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        # Late, so that `scrapy list` needs no database driver.
        from ecnews.storage import database
        from ecnews.storage.writer import Writer

        settings = self.crawler.settings
        try:
            engine = database.shared(self.crawler, settings["ECNEWS_DATABASE_URL"])
        except (DatabaseError, SettingError) as error:
            self._failed(str(error))
            raise CloseSpider("database") from error
        self.writer = Writer(engine, settings.getint("ECNEWS_BATCH_SIZE"))

    def process_item(self, item: Article) -> Article:
        assert self.writer is not None
        try:
            self._count(self.writer.add(item))
        except DatabaseError as error:
            self._failed(str(error))
        return item

    def flush(self) -> None:
        """Writes what is pending: a spider is about to note that it need not come back."""
        if self.writer is None:
            return
        try:
            self._count(self.writer.flush())
        except DatabaseError as error:
            self._failed(f"{error}; {len(self.writer.pending)} articles are not stored")

    def close_spider(self) -> None:
        self.flush()
        if self.writer is not None:
            self.writer.engine.dispose()

    def _count(self, written: Written) -> None:
        for name in ("new", "changed", "unchanged"):
            if count := getattr(written, name):
                self.crawler.stats.inc_value(f"ecnews/stored/{name}", count)

    def _failed(self, sentence: str) -> None:
        logger.error(sentence)
        self.crawler.stats.set_value("ecnews/database", sentence)
