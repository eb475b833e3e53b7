"""Ways to list the news: each knows where a list is and how to read it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from scrapy import Request
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import BaseSettings

from ecnews.catalog import Site
from ecnews.middlewares import browser
from ecnews.pages import listing
from ecnews.pages.listing import Entry

if TYPE_CHECKING:
    from playwright.async_api import Page
    from playwright.async_api import Response as PageResponse

Met = Callable[[Sequence[Entry]], bool]  # whether these entries, the newest first, end the reading
_SCREENS = 300
_SETTLE = 4000.0  # ms that a screen has to load
_LARGEST = 8 * 1024 * 1024


class Way(Protocol):
    """`sources` are the names of its lists, most likely first; `paged`, whether a list has a page
    after page 1, or comes at once."""

    name: str
    sources: tuple[str, ...]
    paged: bool

    def request(self, source: str, page: int, met: Met) -> Request: ...

    def read(self, response: Response) -> list[Entry]:
        """Raises ValueError for what cannot be read."""
        ...


class ListPages:
    """List pages over plain HTTP."""

    name, paged = "list", True

    def __init__(self, site: Site, cids: Sequence[int], today: date) -> None:
        self.site = site
        self.today = today
        self.sources = tuple(map(str, cids))

    def request(self, source: str, page: int, met: Met) -> Request:
        return _request(self.site.list_request_url(int(source), page))

    def read(self, response: Response) -> list[Entry]:
        return listing.read(response.body, response.url, self.site, self.today)


class JsonList:
    """The same lists as JSON."""

    name, paged = "json", True

    def __init__(self, site: Site, cids: Sequence[int], today: date) -> None:
        self.site = site
        self.today = today
        self.sources = tuple(map(str, cids))

    def request(self, source: str, page: int, met: Met) -> Request:
        return _request(self.site.json_request_url(int(source), page))

    def read(self, response: Response) -> list[Entry]:
        return listing.read_json(response.body, response.url, self.site, self.today)


class Application:
    """The section's single-page application, run in a browser: what it shows and what it loads,
    scrolled until nothing new comes or known ground is met."""

    name, paged = "browser", False

    def __init__(
        self, site: Site, section: str | None, today: date, settings: BaseSettings
    ) -> None:
        self.site = site
        self.today = today
        self.settings = settings
        self.url = site.application_request_url(section)
        self.sources: tuple[str, ...] = ("application",) if self.url else ()

    def request(self, source: str, page: int, met: Met) -> Request:
        from scrapy_playwright.page import PageMethod

        assert self.url is not None
        loaded: list[tuple[str, bytes]] = []  # address and body of JSON that the page loads

        async def listen(page: Page, _request: Request) -> None:
            page.on("response", lambda response: self._keep(response, loaded))

        async def scroll(page: Page) -> None:
            await self._scroll(page, loaded, met)

        meta = browser.meta(
            self.settings,
            playwright_page_init_callback=listen,
            playwright_page_methods=[PageMethod(scroll)],
            ecnews_loaded=loaded,
            download_timeout=600,
        )
        return _request(self.url, meta)

    def read(self, response: Response) -> list[Entry]:
        loaded = response.meta["ecnews_loaded"]
        return self._entries(response.body, response.url, loaded)

    async def _keep(self, response: PageResponse, loaded: list[tuple[str, bytes]]) -> None:
        from playwright.async_api import Error

        if response.request.resource_type not in ("xhr", "fetch") or not response.ok:
            return
        try:
            body = await response.body()
        except Error:  # the page has moved on
            return
        if len(body) <= _LARGEST and body.lstrip()[:1] in (b"{", b"["):
            loaded.append((response.url, body))

    async def _scroll(self, page: Page, loaded: list[tuple[str, bytes]], met: Met) -> None:
        found = 0
        for _ in range(_SCREENS):
            entries = await self._settled(page, loaded, found)
            if len(entries) <= found or met(entries):
                return
            found = len(entries)
            await page.evaluate(_TO_THE_END)

    async def _settled(
        self, page: Page, loaded: list[tuple[str, bytes]], found: int
    ) -> list[Entry]:
        """The entries once there are more than were found, and no more come; or after a while."""
        entries: list[Entry] = []
        waited, quiet = 0.0, 0
        while waited < _SETTLE and quiet < 2:
            await page.wait_for_timeout(_STEP)
            waited += _STEP
            before = len(entries)
            entries = self._entries((await page.content()).encode(), page.url, loaded)
            quiet = quiet + 1 if len(entries) == before > found else 0
        return entries

    def _entries(self, page: bytes, url: str, loaded: list[tuple[str, bytes]]) -> list[Entry]:
        """What the page has loaded, then what it shows beyond; in the order of the lists."""
        entries: dict[int, Entry] = {}
        for address, body in loaded:
            try:
                read = listing.read_json(body, address, self.site, self.today, strict=True)
            except ValueError:
                continue
            for entry in read:
                entries.setdefault(entry.number, entry)
        for entry in listing.read(page, url, self.site, self.today):
            entries.setdefault(entry.number, entry)
        return list(entries.values())


_STEP = 150.0  # ms
# The window, and whatever else scrolls on the page.
_TO_THE_END = """() => {
    window.scrollTo(0, document.documentElement.scrollHeight);
    for (const e of document.querySelectorAll('div, section, main, ul'))
        if (e.scrollHeight > e.clientHeight + 40) e.scrollTop = e.scrollHeight;
    window.dispatchEvent(new Event('scroll'));
}"""


def all_of(
    site: Site, section: str | None, cids: Sequence[int], today: date, settings: BaseSettings
) -> list[Way]:
    """The ways in the site's order."""
    made: dict[str, Callable[[], Way]] = {
        "list": lambda: ListPages(site, cids, today),
        "json": lambda: JsonList(site, cids, today),
        "browser": lambda: Application(site, section, today, settings),
    }
    return [made[name]() for name in site.ways.order]


def _request(url: str, meta: dict[str, Any] | None = None) -> Request:
    return Request(url, NO_CALLBACK, dont_filter=True, priority=10, meta=meta)
