"""Which path answers what. Knows nothing of sockets."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from tests.replica import pages
from tests.replica.articles import Corpus
from tests.replica.markup import ArticlePage

WARM_PAGES = 2048  # some 60 MB at most
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str
    host: str
    cookie: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer ready for the wire: head and body are written at once, and `after` then has the
    connection."""

    status: int
    head: bytes
    body: bytes
    after: Callable[[Any], None] | None = None


# A fault, a challenge or a mirror is a function from Responder to Responder.
Responder = Callable[[Request], Response]


def response(body: bytes, content_type: str = HTML, status: int = 200) -> Response:
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        f"Content-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return Response(status, head.encode("ascii"), body)


def clean_path(target: str) -> str:
    """The path alone: without host, query and the blank that some links end in."""
    path = re.sub(r"^https?://[^/]*", "", target, flags=re.IGNORECASE)
    return unquote(re.split(r"[?#]", path, maxsplit=1)[0]).strip() or "/"


class Site:
    """The site over one corpus. The host makes no difference: all hosts serve the same pages."""

    def __init__(self, corpus: Corpus, weight: int = 30) -> None:
        self._corpus = corpus
        self._weight = weight
        self._warm = lru_cache(maxsize=WARM_PAGES)(self._answer)
        self._routes: tuple[tuple[re.Pattern[str], Callable[..., Response | None]], ...] = (
            (re.compile(r"/detail--(\d{7})\.html"), self._article),
            (re.compile(r"/list--(\d{1,9})--(\d{1,9})\.html"), self._list),
            (re.compile(r"/robots\.txt"), self._robots),
            (re.compile(r"/"), self._home),
            (re.compile(r"/zt/(?:(\w+)/)?"), self._topic),
            (re.compile(r"/DigitalRetail/"), self._application),
        )

    def respond(self, request: Request) -> Response:
        return self._warm(clean_path(request.target), len(self._corpus))

    def _answer(self, path: str, _published: int) -> Response:
        for pattern, page in self._routes:
            match = pattern.fullmatch(path)
            found = page(*match.groups()) if match else None
            if found:
                return found
        return response(pages.not_found().encode(), status=404)

    def _article(self, number: str) -> Response | None:
        article = self._corpus.by_number(int(number))
        if article is None:
            return None
        page = ArticlePage(self._corpus, article, self._weight)
        return response(page.render(), page.label.header)

    def _list(self, cid: str, page: str) -> Response | None:
        html = pages.list_page(self._corpus, int(cid), int(page))
        return response(html.encode()) if html else None

    def _robots(self) -> Response:
        return response(pages.ROBOTS.encode(), "text/plain")

    def _home(self) -> Response:
        return response(pages.home(self._corpus).encode())

    def _topic(self, slug: str | None) -> Response:
        return response(pages.topic(slug or "").encode())

    def _application(self) -> Response:
        return response(pages.application().encode())
