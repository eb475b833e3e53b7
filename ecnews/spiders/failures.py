"""Why a page could not be had, in a few words that can be counted."""

from __future__ import annotations

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.spidermiddlewares.httperror import HttpError

from ecnews.errors import EcnewsError
from ecnews.middlewares.whole import CUT_SHORT

GONE = (404, 410)
REFUSED = ("Forbidden by robots.txt", "HTTP 401", "HTTP 402", "HTTP 403")
_TOO_LARGE, _LOOP = "too large", "redirected in a circle"
# Not tried again by Scrapy itself.
PASSING = (_TOO_LARGE, _LOOP)
_CAUSES: dict[type[Exception], str] = {
    ResponseDataLossError: CUT_SHORT,
    DownloadCancelledError: _TOO_LARGE,
    DownloadTimeoutError: "no answer in time",
    CannotResolveHostError: "its name cannot be resolved",
    DownloadConnectionRefusedError: "the connection is refused",
    DownloadFailedError: "the connection fails",
}


class PageFailed(Exception):
    """A list cannot be had. Raised by the spiders for themselves."""

    def __init__(self, cause: str, status: int | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.status = status


def status_of(error: BaseException | None) -> int | None:
    """The HTTP status, where that is what failed."""
    return error.response.status if isinstance(error, HttpError) else None


def cause(error: BaseException | None) -> str:
    """A short cause of an exception that a download may end in."""
    if status := status_of(error):
        return f"HTTP {status}"
    if isinstance(error, EcnewsError):
        return str(error)
    if isinstance(error, IgnoreRequest):
        text = str(error)
        if text.startswith("max redirections"):
            return _LOOP
        if "DOWNLOAD_MAXSIZE" in text:  # unpacked
            return _TOO_LARGE
        return text.partition(": http")[0] or "ignored"
    if error is None:
        return "unknown"
    kinds = type(error).__mro__
    return next((_CAUSES[kind] for kind in kinds if kind in _CAUSES), type(error).__name__)
