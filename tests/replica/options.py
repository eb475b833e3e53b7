"""What the replica can be made to do, beyond serving its pages: each option wraps the responder."""

from __future__ import annotations

import argparse
import threading

from tests.replica import application, check, faults
from tests.replica.articles import Corpus
from tests.replica.pollution import polluted
from tests.replica.redesign import KINDS, redesigned
from tests.replica.site import Responder

LISTS, JSON, APPLICATION = r"/list--", r"/Home/Jzbxcx/", r"/DigitalRetail/|/flash/"


def add(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what the site may do")
    group.add_argument("--challenge", action="store_true", help="ask for the security check")
    group.add_argument(
        "--challenge-after", type=int, default=0, metavar="N", help="requests before the check"
    )
    group.add_argument(
        "--cookie-uses", type=int, metavar="N", help="requests that a cookie serves; default all"
    )
    only = group.add_mutually_exclusive_group()
    only.add_argument("--spa-only", action="store_true", help="no lists but in the application")
    only.add_argument("--json-only", action="store_true", help="no lists but as JSON")
    group.add_argument("--gone", action="store_true", help="some listed articles are no more")
    group.add_argument("--pinned", action="store_true", help="an old article tops every list")
    group.add_argument("--slow", action="store_true", help="each answer takes 0.3 s")
    group.add_argument(
        "--faults", type=float, default=0.0, metavar="RATE", help="share of answers spoilt: 0.1"
    )
    group.add_argument(
        "--publish", type=int, default=0, metavar="N", help="articles that appear while it runs"
    )
    group.add_argument(
        "--publish-every", type=float, default=2.0, metavar="S", help="one in S seconds; default 2"
    )
    group.add_argument(
        "--spam", type=float, default=0.0, metavar="RATE", help="share of polluted pages, 0 to 1"
    )
    group.add_argument(
        "--redesign", choices=KINDS, help="pages in a layout that nobody has seen yet"
    )
    group.add_argument(
        "--copies-port", type=int, metavar="P", help="rewritten copies, on a port of their own"
    )
    group.add_argument(
        "--mirror-port", type=int, metavar="P", help="a hijacked mirror of it, on a port of its own"
    )


def wrap(then: Responder, corpus: Corpus, options: argparse.Namespace) -> Responder:
    """The responder with what the options ask for; the site's own trouble lies outermost."""
    then = polluted(then, options.spam, corpus.seed)
    if options.redesign:
        then = redesigned(then, corpus, options.redesign)
    if not options.json_only:
        then = application.with_application(then, corpus)
    if options.spa_only:
        then = application.without(then, LISTS, JSON)
    elif options.json_only:
        then = application.without(then, LISTS, APPLICATION)
    if not options.spa_only:
        then = application.with_json(then, corpus)
    if options.gone:
        then = faults.gone(then)
    if options.challenge or options.challenge_after:
        then = check.Check(then, options.challenge_after, options.cookie_uses)
    if options.faults:
        then = faults.Faults(then, options.faults)
    if options.slow:
        then = faults.slow(then)
    return then


def publish(corpus: Corpus, options: argparse.Namespace) -> None:
    """Publishes what was held back, one by one, from a thread."""

    def run() -> None:
        while corpus.held:
            threading.Event().wait(options.publish_every)
            corpus.publish(1)

    threading.Thread(target=run, daemon=True).start()


def of(*words: str) -> argparse.Namespace:
    """The options as the command line has them: `of("--faults", "0.1")`."""
    parser = argparse.ArgumentParser()
    add(parser)
    return parser.parse_args(words)
