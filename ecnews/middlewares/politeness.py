"""One queue for all hosts of the site, and no step away from them."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from ecnews import catalog


class PolitenessMiddleware:
    """Puts every request to a host of the site, robots.txt included, into one download slot, so
    that the delay is the site's and not each host's. Refuses to be redirected from the site to
    another host: hijackers do that."""

    def __init__(self, site: catalog.Site) -> None:
        self.site = site

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(catalog.load(served_at=crawler.settings["ECNEWS_SITE_URL"]))

    def process_request(self, request: Request) -> None:
        if self.site.owns(request.url):
            request.meta["download_slot"] = self.site.name
        elif (came := request.meta.get("redirect_urls")) and self.site.owns(came[0]):
            raise IgnoreRequest(f"redirected to another host: {request.url}")
