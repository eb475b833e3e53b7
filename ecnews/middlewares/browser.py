"""Downloads by plain HTTP, or by a browser where the request asks for one (meta `playwright`).

Browser and driver take 700 MB, so they are started when a request first asks for them.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings

from ecnews import catalog
from ecnews.errors import NoBrowser
from ecnews.middlewares.budget import BudgetMiddleware
from ecnews.middlewares.robots import ObeyRobotsMiddleware

if TYPE_CHECKING:
    from playwright.async_api import Page
    from playwright.async_api import Request as PageRequest
    from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_NOT_NEEDED = {"image", "font", "media", "stylesheet"}
_NAVIGATIONS = 4  # of one page; the security check takes two
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--mute-audio",
    "--no-first-run",
)


def meta(settings: BaseSettings, **more: Any) -> dict[str, Any]:
    """The meta of a request that a browser is to make, under the crawler's own name. All of them
    share one context, and so their cookies."""
    return {
        "playwright": True,
        "playwright_context": "site",
        "playwright_context_kwargs": {
            "user_agent": settings["USER_AGENT"],
            "service_workers": "block",
            "accept_downloads": False,
        },
        "dont_retry": True,
        **more,
    }


class DownloadHandler(HTTP11DownloadHandler):
    """Scrapy's own, with a browser behind it."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.crawler = crawler
        self.site = catalog.load(served_at=crawler.settings["ECNEWS_SITE_URL"])
        self.starting = asyncio.Lock()
        self.browser: ScrapyPlaywrightDownloadHandler | None = None
        self.navigations: WeakKeyDictionary[Page, int] = WeakKeyDictionary()

    async def download_request(self, request: Request) -> Response:
        if not request.meta.get("playwright"):
            return await super().download_request(request)
        async with self.starting:
            if self.browser is None:
                self.browser = await self._start()
        response: Response = await self.browser.download_request(request)
        return response

    async def close(self) -> None:
        await super().close()
        if self.browser is not None:
            await self.browser.close()

    async def _start(self) -> ScrapyPlaywrightDownloadHandler:
        from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

        executable = find(self.crawler.settings["ECNEWS_BROWSER"])
        browser = ScrapyPlaywrightDownloadHandler(self.crawler)
        browser.abort_request = self._refuses
        browser.config.launch_options = {
            "args": [*_FLAGS, *(["--no-sandbox"] if _is_root() else [])],
            **({"executable_path": executable} if executable else {}),
        }
        # It launches at the start of the engine, which is long past.
        await browser._launch()
        if (
            executable is None
            and not Path(browser.browser_provider.browser_type.executable_path).is_file()
        ):
            await browser.close()
            raise NoBrowser
        return browser

    def _refuses(self, request: PageRequest) -> bool:
        """Whether the page does not get what it asks for: it runs its own scripts, and that is
        all."""
        if request.resource_type in _NOT_NEEDED or not self.site.owns(request.url):
            return True
        if request.is_navigation_request():
            page = request.frame.page
            self.navigations[page] = self.navigations.get(page, 0) + 1
            if self.navigations[page] > _NAVIGATIONS:
                return True
        elif self._forbids(request.url):
            return True
        self.crawler.stats.inc_value("ecnews/browser_requests")
        return False

    def _forbids(self, url: str) -> bool:
        """Whether robots.txt or the run's budget speaks against what a page asks for."""
        robots = self.crawler.get_downloader_middleware(ObeyRobotsMiddleware)
        budget = self.crawler.get_downloader_middleware(BudgetMiddleware)
        return bool(robots and not robots.allows(url)) or bool(budget and budget.spent)


def find(named: str | None) -> str | None:
    """The browser to start: the one that the setting names, or one on the PATH; None leaves it to
    playwright, which may have one of its own. Raises NoBrowser if the one named is not there."""
    if named:
        found = shutil.which(named)
        if found is None:
            raise NoBrowser(named)
        return found
    return next(filter(None, map(shutil.which, _NAMES)), None)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
