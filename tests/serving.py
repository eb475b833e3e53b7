"""Serves any responder, and keeps note of what is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.replica.server import serving
from tests.replica.site import Request, Responder, Response


@contextmanager
def served(responder: Responder, asked: list[str]) -> Iterator[str]:
    """The base URL of a server on 127.0.0.1; the target of every request goes into `asked`."""

    def noting(request: Request) -> Response:
        asked.append(request.target)
        return responder(request)

    with serving(noting) as url:
        yield url
