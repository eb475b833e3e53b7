"""How much a run may ask of the site, and when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from ecnews import catalog
from ecnews.errors import SettingError
from ecnews.middlewares.halt import halt, halted


class BudgetMiddleware:
    """Ends the run when it has made as many requests as it may (`-a max_requests=`), robots.txt
    and a browser's included, or when quiet hours begin; and lets nothing out of a run that is to
    end. Stands behind robots.txt, so that it counts what leaves."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.zone = catalog.load(served_at=crawler.settings["ECNEWS_SITE_URL"]).zone
        self.quiet = QuietHours.parse(crawler.settings["ECNEWS_QUIET_HOURS"])
        self.sent = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        stats = self.crawler.stats
        if reason := halted(self.crawler):
            raise IgnoreRequest(stats.get_value(f"ecnews/{reason}"))
        if self.spent:
            sentence = f"the run may make {self.most} requests, and has; the next one goes on"
            raise halt(self.crawler, "budget", sentence)
        if self.quiet and (end := self.quiet.end(datetime.now(self.zone))):
            sentence = f"quiet hours until {end:%H:%M} ({self.zone}); a run after that goes on"
            raise halt(self.crawler, "quiet", sentence)
        self.sent += 1

    @property
    def most(self) -> int | None:
        return getattr(self.crawler.spider, "max_requests", None)

    @property
    def spent(self) -> bool:
        """Whether no further request may be made, by a page in a browser either."""
        by_pages = self.crawler.stats.get_value("ecnews/browser_requests", 0)
        return self.most is not None and self.sent + by_pages >= self.most


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the day in which the site is not asked, by the site's clock; they may begin before
    midnight."""

    begin: time
    until: time

    @classmethod
    def parse(cls, text: str | None) -> Self | None:
        """None for an empty text. Raises SettingError for what is no `HH:MM-HH:MM`."""
        if not (text or "").strip():
            return None
        match = re.fullmatch(r"\s*(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)\s*", text or "")
        try:
            if match:
                begin, until = (
                    time(int(match[1]), int(match[2])),
                    time(int(match[3]), int(match[4])),
                )
                if begin != until:
                    return cls(begin, until)
        except ValueError:
            pass
        raise SettingError(f"ECNEWS_QUIET_HOURS: {text!r} must have the form 01:00-06:30")

    def end(self, now: datetime) -> datetime | None:
        """When the quiet hours end that `now` is in; None if it is in none.

        >>> hours = QuietHours.parse("23:00-06:00")
        >>> hours.end(datetime(2026, 1, 5, 23, 30)), hours.end(datetime(2026, 1, 5, 6, 0))
        (datetime.datetime(2026, 1, 6, 6, 0), None)
        """
        clock = now.time()
        over_midnight = self.begin > self.until
        if over_midnight:
            quiet = clock >= self.begin or clock < self.until
        else:
            quiet = self.begin <= clock < self.until
        if not quiet:
            return None
        tomorrow = over_midnight and clock >= self.begin
        return datetime.combine(now.date() + timedelta(days=tomorrow), self.until, now.tzinfo)
