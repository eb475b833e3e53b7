"""Serves any responder, and keeps note of what is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.replica.server import listen
from tests.replica.site import Request, Responder, Response


@contextmanager
def served(responder: Responder, asked: list[str]) -> Iterator[str]:
    """The base URL of a server on 127.0.0.1; the target of every request goes into `asked`."""

    def noting(request: Request) -> Response:
        asked.append(request.target)
        return responder(request)

    with listen(noting) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()
