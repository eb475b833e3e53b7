"""The whole crawl (fetch, extract, store) against a bare spider that throws the same pages away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.measure import Figure, Row, pin
from tests.replica.articles import RETAIL_LISTS

ARTICLES = 2000
ROUNDS = 7
MANNERS = {
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "LOG_LEVEL": "WARNING",
}


def rows() -> Iterator[Row]:
    """Pages per second by the clock, bare and whole in turn, the crawler on one core and the
    replica on the other."""
    with _replica() as url, tempfile.TemporaryDirectory() as folder:
        pages = Path(folder, "pages.json")
        _run("whole", url, pages, folder)  # warms the replica and writes down what is fetched
        bare, whole = [], []
        for _ in range(ROUNDS):
            bare.append(_run("bare", url, pages, folder))
            whole.append(_run("whole", url, pages, folder))
    yield Row(
        f"whole crawl of {ARTICLES} articles : bare spider",
        Figure(tuple(whole)),
        Figure(tuple(bare)),
        "pages/s",
        floor=0.45,
    )


def dedupe_row() -> Row:
    """What share of a crawl's CPU goes into finding copies."""
    with _replica() as url, tempfile.TemporaryDirectory() as folder:
        pages = Path(folder, "pages.json")
        shares = [_run("dedupe", url, pages, folder) for _ in range(3)]
    whole = Figure((1.0,) * len(shares))
    return Row(
        "finding copies : CPU of the whole crawl", Figure(tuple(shares)), whole, "", ceiling=0.25
    )


@contextmanager
def _replica() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.replica", "--port", "0", "--articles", str(ARTICLES)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: pin(1)
    ) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()


def _run(kind: str, url: str, pages: Path, folder: str) -> float:
    """Pages per second of one run in a process of its own; of `dedupe`, its share of the CPU."""
    database = Path(folder, "bench.db")
    for file in Path(folder).glob("bench.db*"):
        file.unlink()
    environment = os.environ | {
        "ECNEWS_SITE_URL": url,
        "ECNEWS_DATABASE_URL": f"sqlite:///{database}",
        "NO_PROXY": "127.0.0.1",
    }
    command = [sys.executable, "-m", "tests.bench.crawl", kind, str(pages)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def _main(kind: str, pages: Path) -> None:
    """In the child: one crawl; prints its pages per second, or the share that dedupe took."""
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings
    from scrapy.utils.project import get_project_settings

    from tests.bench.spiders import Bare, Whole

    pin(0)
    settings = Settings() if kind == "bare" else get_project_settings()
    settings.setdict(MANNERS, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Bare if kind == "bare" else Whole)
    if kind == "dedupe":
        telling = _timed_telling()
    if kind != "bare":
        process.crawl(crawler, pages=len(RETAIL_LISTS) * ARTICLES, fetched=pages)
    else:
        process.crawl(crawler, urls=json.loads(pages.read_text()))
    process.start()
    if kind == "dedupe":
        print(sum(telling) / time.process_time())
        return
    stats = crawler.stats.get_stats()
    print(stats["response_received_count"] / stats["elapsed_time_seconds"])


def _timed_telling() -> list[float]:
    """Seconds of CPU that finding copies takes from now on, a batch each."""
    from ecnews.storage import stories

    taken: list[float] = []
    tell = stories.tell

    def timed(*arguments: Any) -> None:
        begin = time.process_time()
        tell(*arguments)
        taken.append(time.process_time() - begin)

    stories.tell = timed  # type: ignore[assignment]
    return taken


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
