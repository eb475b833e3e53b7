"""Runs the storms on both engines, and says what they have left."""

from __future__ import annotations

import atexit
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path

from tests.conftest import ROOT
from tests.replica import Corpus, serve
from tests.replica.faults import Faults
from tests.replica.server import serving
from tests.replica.site import Request, Response, Site
from tests.torture import engines
from tests.torture.compare import differences, left_in_spools, refused
from tests.torture.storm import CRAWL, Storm

ARTICLES, FAULTS = 2000, 0.1


def main(argv: list[str]) -> int:
    """0 if nothing is lost, double or half."""
    if len(argv) > 1 or not all(argument.isdecimal() for argument in argv):
        print("usage: make torture [SEED=number]", file=sys.stderr)
        return 2
    seed = int(argv[0]) if argv else random.SystemRandom().randrange(10**6)
    print(
        f"{ARTICLES} articles, {FAULTS:.0%} of the answers spoilt; again: make torture SEED={seed}"
    )
    corpus = Corpus(ARTICLES, seed)
    folder = Path(tempfile.mkdtemp(prefix="ecnews-torture-", dir="/tmp"))
    # After PostgreSQL's own, which looks into the folder once more.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)  # PostgreSQL may be another user
    print("  a crawl that nothing befalls, to compare with", flush=True)
    calm = f"sqlite:///{folder}/calm.db"
    wrong = calm_crawl(calm, corpus)
    for made in (engines.sqlite, engines.postgresql):
        own = folder / made.__name__
        own.mkdir()
        found = _torture(made(own), corpus, calm, seed, own)
        wrong += [f"{made.__name__}: {what}" for what in found]
    for what in wrong:
        print(what, file=sys.stderr)
    if wrong:
        atexit.unregister(shutil.rmtree)
        print(f"{len(wrong)} differences; logs below {folder}", file=sys.stderr)
        return 1
    print("nothing lost, nothing double, nothing half")
    return 0


def calm_crawl(url: str, corpus: Corpus) -> list[str]:
    """Fills a database by a crawl that nothing befalls; what was wrong with it."""
    with serve(corpus) as site:
        environment = os.environ | {
            "ECNEWS_SITE_URL": site,
            "ECNEWS_DATABASE_URL": url,
            "NO_PROXY": "127.0.0.1",
        }
        command = [sys.executable, "-m", "scrapy", *CRAWL]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    return [f"the calm crawl: {done.stderr}"] if done.returncode else []


def _torture(
    made: AbstractContextManager[engines.Engine],
    corpus: Corpus,
    calm: str,
    seed: int,
    folder: Path,
) -> list[str]:
    dice, asked = random.Random(seed), Counter[str]()
    spoilt = Faults(Site(corpus).respond, FAULTS, seed)

    def noting(request: Request) -> Response:
        asked["article" if re.match("/detail", request.target) else "other"] += 1
        return spoilt(request)

    began = time.monotonic()
    with made as engine, serving(noting) as site:
        print(f"{engine.name} on {engine.disk.kind}")
        storm = Storm(engine, site, asked.total, dice, folder)
        try:
            storm.rage()
            wrong = [*differences(engine.url, corpus, calm, dice), *refused(engine.url)]
        except TimeoutError as error:
            wrong = [str(error)]
        wrong += left_in_spools(folder)  # and on the disk in it
        wrong += storm.wrong
        if wrong and storm.log.parent != folder:
            shutil.copy(storm.log, folder)
        print(
            f"  {engine.name}: {storm.runs} runs, {storm.killed} of them killed,"
            f" {asked['article']} requests for {len(corpus)} articles and {asked['other']} others,"
            f" {time.monotonic() - began:.0f} s; {len(wrong)} differences",
            flush=True,
        )
    return wrong


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what was begun
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("interrupted")
