"""The replica on a socket."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from tests.replica.articles import Corpus
from tests.replica.site import Request, Responder, Site


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the server's responder, and writes the answer in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120
    server: Server

    def do_GET(self) -> None:
        headers = self.headers
        request = Request(
            self.command, self.path, headers.get("Host", ""), headers.get("Cookie", "")
        )
        answer = self.server.responder(request)
        if self.server.verbose:
            self.log_request(answer.status, len(answer.body))
        self.wfile.write(answer.head if self.command == "HEAD" else answer.head + answer.body)
        if answer.after:
            answer.after(self)

    do_HEAD = do_GET


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], responder: Responder, verbose: bool) -> None:
        self.responder = responder
        self.verbose = verbose
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks a name server who we are.
        TCPServer.server_bind(self)
        host, port = self.server_address[:2]
        self.server_name, self.server_port = str(host), int(port)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that hangs up is no error of ours.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        return f"http://{self.server_name}:{self.server_port}"


def listen(
    responder: Responder, host: str = "127.0.0.1", port: int = 0, *, verbose: bool = False
) -> Server:
    """A server that listens and is not yet served; port 0 takes a free one."""
    return Server((host, port), responder, verbose)


@contextmanager
def serving(responder: Responder, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve whatever the responder answers from a thread of this process; gives the base URL."""
    with listen(responder, host, port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serve(
    corpus: Corpus, *, host: str = "127.0.0.1", port: int = 0, weight: int = 30
) -> Iterator[str]:
    """Serve the corpus from a thread of this process; gives the base URL."""
    with serving(Site(corpus, weight).respond, host=host, port=port) as url:
        yield url
