"""A day of news, a run an hour: what it costs the site, against a crawler without a memory that
reads three list pages and their articles each time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

from tests.bench.measure import Figure, Row
from tests.replica import Corpus
from tests.replica.articles import RETAIL_LISTS
from tests.replica.server import serving
from tests.replica.site import Request, Response, Site

RUNS, NEW = 24, 40
_MANNERS = "DOWNLOAD_DELAY=0 AUTOTHROTTLE_ENABLED=0 CONCURRENT_REQUESTS_PER_DOMAIN=8".split()


class Meter:
    """Counts what a site answers."""

    def __init__(self, corpus: Corpus) -> None:
        self._site = Site(corpus)
        self.requests = self.bytes = 0

    def __call__(self, request: Request) -> Response:
        answer = self._site.respond(request)
        self.requests += 1
        self.bytes += len(answer.head) + len(answer.body)
        return answer


def rows() -> Iterator[Row]:
    """Requests and bytes of a day, as the server counts them; the first run of all is not
    counted."""
    corpus = Corpus(600, seed=8, held=NEW)
    ours, theirs = Meter(corpus), Meter(corpus)
    with (
        serving(ours) as url,
        serving(theirs) as other,
        tempfile.TemporaryDirectory() as folder,
    ):
        _crawl(url, folder)
        ours.requests = ours.bytes = 0
        for run in range(RUNS):
            corpus.publish(NEW * (run + 1) // RUNS - NEW * run // RUNS)
            _crawl(url, folder)
            _without_memory(other)
    name = f"{RUNS} runs, {NEW} new articles"
    yield _row(f"{name}, requests : no memory", ours.requests, theirs.requests, "requests")
    yield _row(f"{name}, MB : no memory", ours.bytes / 1e6, theirs.bytes / 1e6, "MB")


def _row(name: str, ours: float, theirs: float, unit: str) -> Row:
    return Row(name, Figure((ours,)), Figure((theirs,)), unit, ceiling=0.1)


def _crawl(url: str, folder: str) -> None:
    settings = [word for setting in _MANNERS for word in ("-s", setting)]
    environment = os.environ | {
        "ECNEWS_SITE_URL": url,
        "ECNEWS_DATABASE_URL": f"sqlite:///{Path(folder, 'day.db')}",
        "NO_PROXY": "127.0.0.1",
    }
    command = [sys.executable, "-m", "scrapy", "crawl", "digital_retail", *settings]
    subprocess.run(command, env=environment, check=True, capture_output=True)


def _without_memory(url: str) -> None:
    """One list: the cheapest that such a crawler can do, and it misses what the others have."""
    _read(f"{url}/robots.txt")
    numbers: set[str] = set()
    for page in (1, 2, 3):
        text = _read(f"{url}/list--{RETAIL_LISTS[0]}--{page}.html")
        links = re.findall(r'<li><a href="([^"]+)" target', text)  # those of the list itself
        numbers.update(re.findall(r"/detail--(\d+)\.html", " ".join(links)))
    for number in numbers:
        _read(f"{url}/detail--{number}.html")


def _read(url: str) -> str:
    with urlopen(url) as answer:
        return bytes(answer.read()).decode("utf-8", "replace")
