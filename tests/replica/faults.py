"""What goes wrong between a site and its reader."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

from tests.replica.dice import mix
from tests.replica.site import Request, Responder, Response, response

_HUGE = 9 * 1024 * 1024
_WAIT = threading.Event().wait


def slow(then: Responder, seconds: float = 0.3) -> Responder:
    """Takes its time over each answer."""

    def answer(request: Request) -> Response:
        _WAIT(seconds)
        return then(request)

    return answer


def gone(then: Responder, share: float = 0.05) -> Responder:
    """Has lost a share of the articles that its lists still link: always the same."""

    def answer(request: Request) -> Response:
        digits = "".join(filter(str.isdigit, request.target))
        if request.target.startswith("/detail") and is_gone(int(digits[:7] or 0), share):
            return response(b"<html><body>404</body></html>", status=404)
        return then(request)

    return answer


def is_gone(number: int, share: float = 0.05) -> bool:
    return mix(3, number, 17) % 1000 < share * 1000


class Faults:
    """Spoils a share of the answers, each in one of eight manners in turn; a seed decides which."""

    def __init__(self, then: Responder, rate: float, seed: int = 1) -> None:
        self._then = then
        self._rate = rate
        self._seed = seed
        self._count = 0
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Response:
        with self._lock:
            self._count += 1
            draw = mix(self._seed, self._count, 5)
        answer = self._then(request)
        if draw % 10_000 >= self._rate * 10_000:
            return answer
        return MANNERS[draw // 10_000 % len(MANNERS)](request, answer)


def _server_error(_: Request, __: Response) -> Response:
    return response(b"<html><body>502 Bad Gateway</body></html>", status=502)


def _busy(_: Request, __: Response) -> Response:
    return response(b"<html><body>503</body></html>", status=503)


def _reset(_: Request, answer: Response) -> Response:
    return replace(answer, head=b"", body=b"", after=_hang_up)


def _truncated(_: Request, answer: Response) -> Response:
    """Shorter than its length says."""
    return replace(answer, body=answer.body[: len(answer.body) // 2], after=_hang_up)


def _cut(_: Request, answer: Response) -> Response:
    """Cut before its length was counted."""
    short = response(answer.body[: len(answer.body) // 2], status=answer.status)
    return short if answer.status == 200 else answer


def _wrong_charset(_: Request, answer: Response) -> Response:
    head = answer.head.replace(b"charset=utf-8", b"charset=big5").replace(b"=gbk", b"=utf-8")
    return replace(answer, head=head)


def _loop(request: Request, _: Response) -> Response:
    head = f"HTTP/1.1 302 Found\r\nLocation: {request.target}\r\nContent-Length: 0\r\n\r\n"
    return Response(302, head.encode(), b"")


def _huge(_: Request, __: Response) -> Response:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {_HUGE}\r\n\r\n"
    return Response(200, head.encode(), b"", _pour(_HUGE))


def _endless(_: Request, __: Response) -> Response:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    return Response(200, head, b"", _pour(None))


def _pour(most: int | None) -> Callable[[BaseHTTPRequestHandler], None]:
    def pour(handler: BaseHTTPRequestHandler) -> None:
        poured, piece = 0, b"<p>" + b"x" * 65_530
        handler.close_connection = True
        while most is None or poured < most:
            handler.wfile.write(piece)
            poured += len(piece)

    return pour


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Resets the connection, without a proper end."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.wfile.flush()
    handler.connection.close()


MANNERS: tuple[Callable[[Request, Response], Response], ...] = (
    _server_error,
    _busy,
    _reset,
    _truncated,
    _cut,
    _wrong_charset,
    _loop,
    _huge,
    _endless,
)
