"""The security check: passed once in a browser, whose cookie then serves plain requests."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from http.cookiejar import Cookie
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.cookies import CookiesMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from ecnews import catalog
from ecnews.errors import NoBrowser
from ecnews.middlewares import browser
from ecnews.middlewares.halt import halt
from ecnews.middlewares.keep import Keep
from ecnews.pages.challenge import is_challenge

if TYPE_CHECKING:
    from playwright.async_api import Page

logger = logging.getLogger(__name__)

_TRIES = 2
_PATIENCE = 15.0  # s that a browser has to get past the check
_STEP = 0.15  # s
_READY = "document.readyState == 'complete' && !!document.body && !!document.body.childNodes.length"


class ChallengeMiddleware:
    """Recognises the check on whatever status, robots.txt included, has a browser pass it (one at a
    time, two tries), carries the cookies over, and sends the request again. What cannot be passed
    ends the run as `challenged`.

    Cookies are kept with their age for the next run.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.site = catalog.load(served_at=crawler.settings["ECNEWS_SITE_URL"])
        self.keep = Keep(crawler)
        self.passing = asyncio.Lock()
        self.passed = 0  # how often
        self.tries = 0  # since a page last came through
        self.cookies: dict[str, list[dict[str, Any]]] = {}  # by host and port

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if not self.site.owns(request.url):
            return
        netloc = urlsplit(request.url).netloc
        if netloc not in self.cookies:
            self.cookies[netloc] = self._kept(netloc)
            self._carry(self.cookies[netloc])
        request.meta["checks_passed"] = self.passed
        if request.meta.get("playwright"):
            self._prepare(request, netloc)

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        if not is_challenge(response.body, self.site) or not self.site.owns(response.url):
            if self.tries and not request.meta.get("passing_check"):
                self.tries = 0
            return response
        if request.meta.get("passing_check"):
            return response
        async with self.passing:
            # Unless another request has passed it since this one was sent.
            if request.meta.get("checks_passed") == self.passed:
                await self._pass(request)
        again = request.replace(dont_filter=True, priority=request.priority + 1)
        again.meta.pop("playwright_page", None)
        return again

    async def _pass(self, request: Request) -> None:
        """Returns once a browser is past the check."""
        while self.tries < _TRIES:
            self.tries += 1
            logger.info("%s: security check, try %d", request.url, self.tries)
            try:
                over = await self._in_browser(request)
            except NoBrowser as error:
                raise halt(
                    self.crawler,
                    "challenged",
                    f"the site asks for its security check, which takes a browser: {error}",
                ) from None
            except IgnoreRequest:
                raise
            except Exception as error:  # whatever a browser may come to
                logger.warning("%s: the browser failed: %s", request.url, error)
                continue
            if over:
                self.passed += 1
                self.crawler.stats.inc_value("ecnews/checks_passed")
                return
        raise halt(
            self.crawler,
            "challenged",
            f"the site answers with its security check, and {_TRIES} tries in a browser did not"
            " get past it",
        )

    async def _in_browser(self, request: Request) -> bool:
        """Whether a browser got past the check."""
        passing = Request(
            request.url,
            callback=NO_CALLBACK,
            priority=1000,
            dont_filter=True,
            meta=browser.meta(self.crawler.settings, passing_check=True, dont_obey_robotstxt=True),
        )
        await self.crawler.engine.download_async(passing)
        return bool(passing.meta.get("check_over"))

    def _prepare(self, request: Request, netloc: str) -> None:
        """Has the browser begin with the cookies there are, and wait for the check to be over
        before anything else is done on the page."""
        from scrapy_playwright.page import PageMethod

        if self.cookies[netloc]:
            request.meta["playwright_context_kwargs"].setdefault(
                "storage_state", {"cookies": self.cookies[netloc]}
            )
        methods = request.meta.setdefault("playwright_page_methods", [])
        if not any(method.method == self._wait for method in methods):
            methods.insert(0, PageMethod(self._wait, request.meta))

    async def _wait(self, page: Page, meta: dict[str, Any]) -> None:
        """Until the page is not the check, or patience ends; keeps the cookies it then has."""
        from playwright.async_api import Error

        deadline, quiet = time.monotonic() + _PATIENCE, 0
        while quiet < 2 and time.monotonic() < deadline:
            try:
                # Once it has loaded too often it may load no more, and shows an error.
                if not (await page.evaluate("location.href")).startswith("http"):
                    return
                ready = await page.evaluate(_READY)
                checked = is_challenge((await page.content()).encode(), self.site)
                quiet = quiet + 1 if ready and not checked else 0
            except Error:  # it is just loading the next page
                quiet = 0
            await asyncio.sleep(_STEP)
        if quiet >= 2:
            meta["check_over"] = True
            await self._take(page)

    async def _take(self, page: Page) -> None:
        netloc = urlsplit(page.url).netloc
        cookies: list[dict[str, Any]] = [dict(c) for c in await page.context.cookies(page.url)]
        if cookies and cookies != self.cookies.get(netloc):
            self.cookies[netloc] = cookies
            self._carry(cookies)
            self.keep.write(f"cookies {netloc}", cookies)

    def _carry(self, cookies: list[dict[str, Any]]) -> None:
        """Puts the cookies of a browser into the jar of plain requests."""
        plain = self.crawler.get_downloader_middleware(CookiesMiddleware)
        if plain is None or not cookies:
            return
        for cookie in cookies:
            plain.jars[None].set_cookie(_plain(cookie))

    def _kept(self, netloc: str) -> list[dict[str, Any]]:
        age = timedelta(hours=self.site.challenge_cookie_hours)
        return self.keep.read(f"cookies {netloc}", age) or []


def _plain(cookie: dict[str, Any]) -> Cookie:
    expires = cookie.get("expires", -1)
    domain = cookie["domain"]
    return Cookie(
        version=0,
        name=cookie["name"],
        value=cookie["value"],
        port=None,
        port_specified=False,
        domain=domain,
        domain_specified=domain.startswith("."),
        domain_initial_dot=domain.startswith("."),
        path=cookie.get("path") or "/",
        path_specified=True,
        secure=bool(cookie.get("secure")),
        expires=int(expires) if expires > 0 else None,
        discard=expires <= 0,
        comment=None,
        comment_url=None,
        rest={},
    )
