"""The two spiders that `tests.bench.crawl` compares."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from ecnews.spiders.digital_retail import DigitalRetailSpider


class Bare(scrapy.Spider):
    """Fetches the pages and throws them away, with Scrapy's own settings."""

    name = "bare"

    def __init__(self, urls: list[str]) -> None:
        super().__init__()
        self.urls = urls

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for url in self.urls:
            yield scrapy.Request(url)

    def parse(self, response: Response) -> None:
        pass


class Whole(DigitalRetailSpider):
    """The main job, which writes down at its end what it fetched."""

    name = "whole"

    def __init__(self, fetched: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fetched = fetched
        self.urls: list[str] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.received, signals.response_received)
        crawler.signals.connect(spider.write_down, signals.spider_closed)
        return spider

    def received(self, response: Response) -> None:
        self.urls.append(response.url)

    def write_down(self) -> None:
        self.fetched.write_text(json.dumps(self.urls))
