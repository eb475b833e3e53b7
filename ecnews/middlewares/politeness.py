"""One queue for all hosts of the site, no step away from them, and no more than it wants."""

from __future__ import annotations

import ipaddress
import time
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.asyncio import call_later

from ecnews import catalog
from ecnews.middlewares.halt import halt

_LONGEST_PAUSE = 600  # s that a run waits; where the site asks for more, the run ends
_PAUSES = (429, 503)
_UNSAID = 5  # delays that 429 without Retry-After is worth


class PolitenessMiddleware:
    """Puts every request to a host of the site, robots.txt included, into one download slot, so
    that the delay is the site's and not each host's. Refuses to be redirected from the site to
    another host (hijackers do that), and private addresses."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.site = catalog.load(served_at=crawler.settings["ECNEWS_SITE_URL"])
        self.at_home = _at_home(crawler, self.site)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if self.site.owns(request.url):
            request.meta["download_slot"] = self.site.name
        elif (came := request.meta.get("redirect_urls")) and self.site.owns(came[0]):
            raise _refused(self.crawler, "redirected to another host", request.url)
        elif not self.at_home and is_private(urlsplit(request.url).hostname or ""):
            raise _refused(self.crawler, "private address", request.url)


class RestMiddleware:
    """Rests when the site says 429, or 503 with Retry-After: nothing leaves the site's slot before
    it is over. Refuses what came from a private address. Stands before the retries."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        # Comes before the slot lets out the next request, a middleware's turn after it.
        crawler.signals.connect(self.rest, signals.response_downloaded)
        self.site = catalog.load(served_at=crawler.settings["ECNEWS_SITE_URL"])
        self.at_home = _at_home(crawler, self.site)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        address = response.ip_address
        # A public name may lead to a private address; a proxy may stand on one.
        private = address is not None and not address.is_global
        if private and not self.at_home and not request.meta.get("proxy"):
            raise _refused(self.crawler, "private address", request.url)
        return response

    def rest(self, response: Response) -> None:
        if response.status not in _PAUSES or not self.site.owns(response.url):
            return
        said = response.headers.get("Retry-After")
        seconds = _seconds(said.decode("latin-1")) if said else None
        slot = self.crawler.engine.downloader.slots.get(self.site.name)
        if seconds is None:
            if response.status != 429 or slot is None:
                return
            seconds = _UNSAID * slot.delay
        if seconds > _LONGEST_PAUSE:
            until = datetime.now(self.site.zone) + timedelta(seconds=seconds)
            halt(
                self.crawler,
                "refused",
                f"the site asks to be left alone until {until:%Y-%m-%d %H:%M} (Retry-After)",
            )
            return
        self.crawler.stats.inc_value("ecnews/pauses")
        if slot is not None:
            self._pause(slot, seconds)

    def _pause(self, slot: Slot, seconds: float) -> None:
        """Lets nothing out of the slot for so long, whatever waits in it already."""
        if slot.latercall:
            slot.latercall.cancel()
        slot.latercall = call_later(seconds, self.crawler.engine.downloader._latercall, slot)


def _refused(crawler: Crawler, why: str, url: str) -> IgnoreRequest:
    crawler.stats.inc_value(f"ecnews/refused_addresses/{why}")
    return IgnoreRequest(f"{why}: {url}")


def _at_home(crawler: Crawler, site: catalog.Site) -> bool:
    """Whether the site itself is served on this machine or in its network, or such addresses are
    wanted."""
    return crawler.settings.getbool("ECNEWS_PRIVATE") or is_private(
        urlsplit(site.served_at or site.url).hostname or ""
    )


def _seconds(retry_after: str) -> float | None:
    """How long Retry-After asks to wait: seconds, or a date. None for what is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def is_private(host: str) -> bool:
    """Whether the host, by its name alone, is this machine or one of its network."""
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        name = host.lower().rstrip(".")
        return name == "localhost" or name.endswith((".localhost", ".local", ".internal"))
