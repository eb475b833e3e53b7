"""Hands articles to the database and keeps count of what became of them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.utils.asyncio import create_looping_call

from ecnews.errors import DatabaseError, SettingError
from ecnews.items import Article, Quarantined

if TYPE_CHECKING:
    from ecnews.storage.writer import Writer, Written

logger = logging.getLogger(__name__)

_TICK = 1.0  # s between two looks at whether something is due


class StorePipeline:
    """Stores in batches, and when items come slowly, by the clock. While the database is away the
    run goes on, and the items wait (`storage.writer`). What still waits at the end is left to the
    next run, and the stat `ecnews/database` says so."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.writer: Writer | None = None
        self.timer: Any = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        # Late, so that `scrapy list` needs no database driver.
        from ecnews.storage import database
        from ecnews.storage.spool import Spool
        from ecnews.storage.writer import Writer

        settings = self.crawler.settings
        # A folder of its own: scrapyd clears away files beside the logs.
        spool = Path(settings["LOG_FILE"] or "ecnews.log").parent / "ecnews-spool"
        try:
            engine = database.shared(self.crawler, settings["ECNEWS_DATABASE_URL"])
        except (DatabaseError, SettingError) as error:
            self._failed(str(error))
            raise CloseSpider("database") from error
        self.writer = Writer(
            engine,
            settings.getint("ECNEWS_BATCH_SIZE"),
            every=settings.getfloat("ECNEWS_BATCH_SECONDS"),
            patience=settings.getfloat("ECNEWS_DATABASE_PATIENCE"),
            spool=Spool(spool, engine.url),
        )
        self._take_in(self.writer)
        self.timer = create_looping_call(self._tick)
        self.timer.start(_TICK, now=False)

    def process_item(self, item: Article | Quarantined) -> Article | Quarantined:
        assert self.writer is not None
        if isinstance(item, Quarantined):
            self.crawler.stats.inc_value(f"ecnews/quarantined/{item.reason}")
            logger.info(
                "quarantined: %s: %s: %s", item.url, item.reason, item.detail,
                extra={"url": item.url, "number": item.number, "reason": item.reason},
            )  # fmt: skip
        try:
            self._count(self.writer.add(item))
        except DatabaseError as error:
            self._failed(str(error))
        return item

    def flush(self) -> None:
        """Writes what is pending: a spider is about to note that it need not come back. If the
        database is away that waits, and is written later, by the next run if need be."""
        if self.writer is None or self.writer.outage.pausing:
            return
        try:
            self._count(self.writer.flush())
        except DatabaseError as error:
            logger.warning("%s", error)

    async def close_spider(self) -> None:
        if self.writer is None:
            return
        self.timer.stop()
        try:
            await self._settle(self.writer)
        except DatabaseError as error:
            waiting = len(self.writer.pending)
            self._failed(f"{error}; {waiting} items are not stored, the next run fetches them")
        self._tell(self.writer)
        self.writer.engine.dispose()

    async def _settle(self, writer: Writer) -> None:
        """Writes what waits; once the patience is over, leaves it in the spool."""
        while True:
            try:
                self._count(writer.flush())
                return
            except DatabaseError as error:
                if writer.outage.lasts >= writer.patience:
                    writer.give_up()
                    self._failed(
                        f"{error}; {writer.spooled} items wait in {writer.spool},"
                        " which the next run takes in"
                    )
                    return
                await asyncio.sleep(writer.outage.pause)

    def _take_in(self, writer: Writer) -> None:
        """What an earlier run could not store."""
        try:
            written = writer.flush()
        except DatabaseError as error:
            logger.warning("%s", error)
            return
        if taken := sum(asdict(written).values()):
            self.crawler.stats.inc_value("ecnews/taken_in", taken)
        self._count(written)

    def _tick(self) -> None:
        assert self.writer is not None
        try:
            self._count(self.writer.write_if_due())
        except DatabaseError as error:
            logger.error("%s", error)

    def _count(self, written: Written) -> None:
        for name in ("new", "changed", "unchanged"):
            if count := getattr(written, name):
                self.crawler.stats.inc_value(f"ecnews/stored/{name}", count)
        if written.refused:
            self.crawler.stats.inc_value("ecnews/quarantined/refused", written.refused)

    def _tell(self, writer: Writer) -> None:
        if writer.outage.times:
            self.crawler.stats.set_value("ecnews/outages", writer.outage.times)
            self.crawler.stats.set_value("ecnews/outage_seconds", round(writer.outage.total))

    def _failed(self, sentence: str) -> None:
        logger.error(sentence)
        self.crawler.stats.set_value("ecnews/database", sentence)
