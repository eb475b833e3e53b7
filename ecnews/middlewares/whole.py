"""Pages that were cut short on their way, where nothing but the page itself tells."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response

from ecnews import catalog
from ecnews.middlewares.keep import Keep

CUT_SHORT = "cut short"
_END = (b"</html", b"</HTML")


class WholeMiddleware:
    """Asks again for a page without its end tag: a connection that ends early goes unnoticed where
    the length was not announced, or announced wrong. A page that comes twice in the same length has
    no end tag; a site that has such a page is believed from then on, by later runs too."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.site = catalog.load(served_at=crawler.settings["ECNEWS_SITE_URL"])
        self.keep = Keep(crawler)
        self.believed: bool | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response | Request:
        body = response.body
        if (
            response.status != 200
            or any(body.rfind(tag) >= 0 for tag in _END)
            or not isinstance(response, HtmlResponse)
            or "playwright" in response.flags
            or not self.site.owns(response.url)
        ):
            return response
        if self._ends_are_left_out() and "partial" not in response.flags:
            return response
        lengths = request.meta.get("cut_lengths", ())
        if len(body) in lengths:
            self.believed = True
            self.keep.write(self._name, True)
            return response
        assert self.crawler.spider is not None
        again = get_retry_request(request, spider=self.crawler.spider, reason=CUT_SHORT)
        if again is None:
            raise IgnoreRequest(CUT_SHORT)
        again.meta["cut_lengths"] = (*lengths, len(body))
        return again

    def _ends_are_left_out(self) -> bool:
        if self.believed is None:
            self.believed = bool(self.keep.read(self._name))
        return self.believed

    @property
    def _name(self) -> str:
        return f"pages without end {self.site.served_at or self.site.url}"
