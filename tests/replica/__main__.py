"""`python -m tests.replica --port P`: the replica as a process of its own."""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.replica import options
from tests.replica.articles import MOST_ARTICLES, Corpus
from tests.replica.copies import Copies
from tests.replica.hijack import hijacked
from tests.replica.server import listen, serving
from tests.replica.site import Responder, Site


class Stop(Exception):
    """Raised by SIGTERM and SIGINT."""


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Stop


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.replica",
        description="Serve a stand-in for the site, with invented articles.",
    )
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--articles", type=int, default=400, metavar="N", help="default 400")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="default 1")
    parser.add_argument("--manifest", type=Path, metavar="FILE", help="write what is to be found")
    parser.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1")
    parser.add_argument("--weight", type=int, default=30, metavar="KB", help="of an article page")
    parser.add_argument("--verbose", action="store_true", help="log each request to stderr")
    options.add(parser)
    arguments = parser.parse_args(argv)
    if not 1 <= arguments.articles <= MOST_ARTICLES - arguments.publish:
        parser.error(f"--articles: from 1 to {MOST_ARTICLES}")
    if not 0 <= arguments.spam <= 1:
        parser.error("--spam: from 0 to 1")
    return arguments


def _run(arguments: argparse.Namespace) -> None:
    corpus = Corpus(
        arguments.articles + arguments.publish,
        arguments.seed,
        held=arguments.publish,
        pinned=arguments.pinned,
    )
    if arguments.manifest:
        corpus.write_manifest(arguments.manifest)
    site = Site(corpus, arguments.weight).respond
    responder = options.wrap(site, corpus, arguments)
    options.publish(corpus, arguments)
    with ExitStack() as servers:
        server = servers.enter_context(
            listen(responder, arguments.host, arguments.port, verbose=arguments.verbose)
        )
        print(f"replica of {len(corpus)} articles at {server.url}", flush=True)
        for what, port, other in (
            ("hijacked mirror", arguments.mirror_port, hijacked(site, arguments.seed)),
            ("rewritten copies", arguments.copies_port, _copies(arguments)),
        ):
            if port is not None:
                url = servers.enter_context(serving(other, host=arguments.host, port=port))
                print(f"{what} at {url}", flush=True)
        server.serve_forever()


def _copies(arguments: argparse.Namespace) -> Responder:
    return Site(Copies(arguments.articles, arguments.seed), arguments.weight).respond


def main(argv: list[str]) -> int:
    arguments = _arguments(argv)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        _run(arguments)
    except Stop:
        return 0
    except (OSError, OverflowError) as error:
        print(f"replica: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
