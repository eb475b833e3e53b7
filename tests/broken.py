"""Parts of a crawl that break, each in its own way; tests plug them in by settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from ecnews.spiders.digital_retail import DigitalRetailSpider


class Boom(Exception):
    """What no code of ours raises."""


class PlugIn:
    """An add-on: plugs in what BROKEN_PART names, beside all that there is."""

    def update_settings(self, settings: BaseSettings) -> None:
        name, kind = settings["BROKEN_PART"], settings["BROKEN_KIND"]
        settings[kind][f"tests.broken.{name}"] = 1


class InStart(DigitalRetailSpider):
    name = "in_start"

    async def start(self) -> AsyncIterator[Request]:
        raise Boom("in start")
        yield


class InCallback(DigitalRetailSpider):
    name = "in_callback"

    def is_wanted(self, found: Any, number: int) -> bool:
        raise Boom("in a callback")


class OpeningPipeline:
    def open_spider(self) -> None:
        raise Boom("in a pipeline that opens")

    def process_item(self, item: Any) -> Any:
        return item


class ClosingPipeline:
    def process_item(self, item: Any) -> Any:
        return item

    def close_spider(self) -> None:
        raise Boom("in a pipeline that closes")


class ItemPipeline:
    def process_item(self, item: Any) -> Any:
        raise Boom("in a pipeline")


class RequestMiddleware:
    def process_request(self, request: Request) -> None:
        if "/detail" in request.url:
            raise Boom("in a middleware")


class ListMiddleware:
    def process_request(self, request: Request) -> None:
        if "/list" in request.url:
            raise ValueError("in a middleware")


class MadeExtension:
    def __init__(self) -> None:
        raise Boom("in an extension that is made")


class SignalExtension:
    signal = signals.response_received

    def __init__(self, crawler: Crawler) -> None:
        crawler.signals.connect(self.hear, self.signal)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SignalExtension:
        return cls(crawler)

    def hear(self) -> None:
        raise Boom("in an extension")


class OpeningExtension(SignalExtension):
    signal = signals.spider_opened


class ClosingExtension(SignalExtension):
    signal = signals.spider_closed


class LastExtension(SignalExtension):
    signal = signals.engine_stopped
