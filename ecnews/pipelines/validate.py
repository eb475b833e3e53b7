"""Drops what is not fit to be kept, with the reason."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from ecnews.items import Article, Quarantined

_NEEDED = ("url", "number", "title", "body")


class ValidatePipeline:
    """An article needs an address, a number, a title and a body; what is quarantined passes."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_item(self, item: Article | Quarantined) -> Article | Quarantined:
        if isinstance(item, Quarantined):
            return item
        missing = [name for name in _NEEDED if not getattr(item, name)]
        if missing:
            self.crawler.stats.inc_value(f"ecnews/skipped/no {missing[0]}")
            raise DropItem(f"{item.fetched_url}: no {', '.join(missing)}")
        return item
