"""Keeps the row of this run in the database."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import create_looping_call

from ecnews import __version__
from ecnews.errors import DatabaseError, SettingError
from ecnews.extensions import logs
from ecnews.extensions.verdict import Verdict, judge

logger = logging.getLogger(__name__)

_EVERY = 15.0  # s between two signs of life


class RunLedger:
    """Writes the row at the start, keeps it up to date, and says at the end what became of the
    run. A database that is away is no reason to stop: the row then stays as it was."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.engine: Any = None
        self.id: int | None = None
        self.timer: Any = None
        self.verdict: Verdict | None = None  # as it was written
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_opened(self) -> None:
        if self._begin():
            self.timer = create_looping_call(self.go_on)
            self.timer.start(_EVERY, now=False)

    def go_on(self) -> None:
        from ecnews.storage import runs

        assert self.id is not None
        try:
            runs.go_on(self.engine, self.id, self._counts(), datetime.now(UTC))
        except DatabaseError as error:
            logger.warning("%s", error)

    def spider_closed(self, reason: str) -> None:
        if self.timer:
            self.timer.stop()
        self.finish(judge(self.crawler.stats.get_stats() | {"finish_reason": reason}))

    def engine_stopped(self) -> None:
        """What others met at the end may have changed the verdict."""
        self.finish(judge(self.crawler.stats.get_stats()))

    def finish(self, verdict: Verdict) -> None:
        """Writes the verdict, unless it is written; of a run that never began, the whole row."""
        from ecnews.storage import runs

        if verdict == self.verdict or (self.id is None and not self._begin_late(verdict)):
            return
        assert self.id is not None
        try:
            now = datetime.now(UTC)
            runs.finish(self.engine, self.id, verdict.name, verdict.sentence, self._counts(), now)
            self.verdict = verdict
        except DatabaseError as error:
            logger.warning("%s", error)
        self.engine.dispose()

    def _begin(self) -> bool:
        # Late, so that `scrapy list` needs no database driver.
        from ecnews.storage import database, runs

        settings = self.crawler.settings
        arguments = dict(settings["ECNEWS_ARGUMENTS"] or {})
        job = arguments.pop("_job", None)
        name = self.crawler.spidercls.name
        run = runs.Run(name, arguments, job, __version__, rules_fingerprint())
        try:
            self.engine = database.shared(self.crawler, settings["ECNEWS_DATABASE_URL"])
            self.id = runs.begin(self.engine, run, datetime.now(UTC))
        except (DatabaseError, SettingError) as error:  # the pipeline has said so already
            logger.debug("%s", error)
            return False
        logs.add_context(run=self.id, spider=name, **({"job": job} if job else {}))
        return True

    def _begin_late(self, verdict: Verdict) -> bool:
        """Once, and not for a database that could not even be opened."""
        self.verdict = verdict
        return verdict.name != "database" and self._begin()

    def _counts(self) -> dict[str, Any]:
        try:
            stats = self.crawler.stats.get_stats()
        except RuntimeError:  # there are none yet
            return {}
        counts = {
            key.removeprefix("ecnews/"): value
            for key, value in sorted(stats.items())
            if key.startswith("ecnews/") and isinstance(value, int)
        }
        health = stats.get("ecnews/health")
        return {
            "pages": stats.get("response_received_count", 0),
            **counts,
            **({"health": health} if health else {}),
        }


@cache
def rules_fingerprint() -> str:
    """Twelve hex digits that change with the rules and the site file."""
    digest = hashlib.sha256()
    for package in ("ecnews.site", "ecnews.text.rules"):
        files = {file.name: file for file in resources.files(package).iterdir() if file.is_file()}
        for name in sorted(files):
            if not name.endswith((".py", ".pyc")):
                digest.update(name.encode() + b"\0" + files[name].read_bytes() + b"\0")
    return digest.hexdigest()[:12]
