"""Gives up early where the site cannot be reached at all, and says why."""

from __future__ import annotations

from typing import NoReturn, Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Response

_CAUSES: dict[type[Exception], str] = {
    CannotResolveHostError: "its name cannot be resolved; is this machine online?",
    DownloadConnectionRefusedError: "it refuses the connection",
    DownloadTimeoutError: "it does not answer in time",
    DownloadFailedError: "the connection fails",
}


class UnreachableMiddleware:
    """Ends the run after a second failure to connect, as long as nothing has ever answered.

    Without it, a robots.txt and a list page would each be tried three times for a time-out. The
    cause is left in the stat `ecnews/unreachable`; requests from then on fail at once.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.answered = False
        self.failures = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if cause := self.crawler.stats.get_value("ecnews/unreachable"):
            raise IgnoreRequest(cause)

    def process_response(self, request: Request, response: Response) -> Response:
        self.answered = True
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        cause = next((_CAUSES[kind] for kind in type(exception).__mro__ if kind in _CAUSES), None)
        if self.answered or cause is None:
            return
        self.failures += 1
        if self.failures > 1:
            self._give_up(f"{urlsplit(request.url).netloc} cannot be reached: {cause}")

    def _give_up(self, sentence: str) -> NoReturn:
        self.crawler.stats.set_value("ecnews/unreachable", sentence)
        raise IgnoreRequest(sentence)
