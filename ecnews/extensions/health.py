"""Compares what a run has read with the last good runs: has the site changed its pages?"""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from ecnews.errors import DatabaseError, SettingError
from ecnews.extensions import drift
from ecnews.extensions.drift import Drift, Limits, Report, Tally
from ecnews.extensions.verdict import SOUND

logger = logging.getLogger(__name__)

_NOT_JUDGED = ("busy", "stopped", "killed")


class Health:
    """At the end of a run, sets the stat `ecnews/health` to its report, and `ecnews/drifted` to a
    sentence if a layout fits no more. The spider keeps the tally."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.limits = limits(crawler.settings)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_closed(self) -> None:
        tally: Tally | None = getattr(self.crawler.spider, "tally", None)
        stats = self.crawler.stats
        if tally is None or stats.get_value("ecnews/busy"):
            return
        past, last = self._past()
        found = drift.find(tally, past, self.limits, bool(stats.get_value("ecnews/lists")))
        if found is None and last and not last.is_over(tally):
            found = last
        if self.limits.chance <= 0:  # it is not wanted
            found = None
        if found:
            tally.report.drift = asdict(found)
            example = f"; an example: {found.url}" if found.url else ""
            stats.set_value("ecnews/drifted", found.what + example)
        stats.set_value("ecnews/health", tally.report.dump())

    def _past(self) -> tuple[list[Report], Drift | None]:
        """The reports of the last sound runs of the same spider and section; and what the last run
        found to have changed."""
        from ecnews.storage import database, runs

        settings = self.crawler.settings
        arguments = settings["ECNEWS_ARGUMENTS"] or {}
        try:
            engine = database.shared(self.crawler, settings["ECNEWS_DATABASE_URL"])
            with database.asking(engine) as connection:
                former = runs.like(connection, self.crawler.spidercls.name, arguments)
        except (DatabaseError, SettingError) as error:
            logger.warning("%s", error)
            return [], None
        most = settings.getint("ECNEWS_HEALTH_RUNS")
        reports = [Report.load(run.counts.get("health")) for run in former if run.verdict in SOUND]
        last = next((run for run in former if run.verdict not in _NOT_JUDGED), None)
        found = last and last.verdict == "drifted" and last.counts.get("health", {}).get("drift")
        return reports[:most], Drift(**found) if found else None


def limits(settings: BaseSettings) -> Limits:
    """As the settings have them. Raises SettingError."""
    try:
        return Limits(
            settings.getfloat("ECNEWS_DRIFT_CHANCE"),
            settings.getfloat("ECNEWS_DRIFT_DROP"),
            settings.getfloat("ECNEWS_DRIFT_LONGER"),
        )
    except ValueError as error:
        raise SettingError(f"ECNEWS_DRIFT_…: {error}") from None
