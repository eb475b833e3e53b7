"""How a run ends: each failure provoked, with its verdict, its code, its sentence and its row."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ecnews.extensions.verdict import CODES
from tests.conftest import FAST, ROOT, Scrapy, rows
from tests.replica import Corpus
from tests.replica.site import Request, Response, Site
from tests.serving import served

SPIDERS = ["in_start", "in_callback"]
BROKEN = {
    "OpeningPipeline": "ITEM_PIPELINES",
    "ClosingPipeline": "ITEM_PIPELINES",
    "ItemPipeline": "ITEM_PIPELINES",
    "RequestMiddleware": "DOWNLOADER_MIDDLEWARES",
    "ListMiddleware": "DOWNLOADER_MIDDLEWARES",
    "MadeExtension": "EXTENSIONS",
    "SignalExtension": "EXTENSIONS",
    "OpeningExtension": "EXTENSIONS",
    "ClosingExtension": "EXTENSIONS",
    "LastExtension": "EXTENSIONS",
}


@pytest.mark.parametrize("part", [*SPIDERS, *BROKEN])
def test_whatever_raises_makes_the_run_failed(
    scrapy: Scrapy, site_url: str, tmp_path: Path, part: str
) -> None:
    plugged = ("-s", 'ADDONS={"tests.broken.PlugIn": 1}', "-s", f"BROKEN_PART={part}")
    done = scrapy(
        *("crawl", "digital_retail" if part in BROKEN else part, "-a", "max_requests=12"),
        *(*FAST, "-s", f"LOG_FILE={tmp_path}/crawl.log"),
        *("-s", "SPIDER_MODULES=ecnews.spiders,tests.broken"),
        *((*plugged, "-s", f"BROKEN_KIND={BROKEN[part]}") if part in BROKEN else ()),
        ECNEWS_SITE_URL=site_url,
    )
    assert done.returncode == CODES["failed"], done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("failed: ")
    assert "in a" in last or "in start" in last
    log = (tmp_path / "crawl.log").read_text("utf-8")
    assert log.splitlines()[-1].endswith(last)
    assert "Traceback" in log or part in ("OpeningPipeline", "MadeExtension")
    found = rows(f"sqlite:///{tmp_path}/ecnews.db", "SELECT verdict, sentence FROM runs")
    assert [f"{verdict}: {sentence}" for verdict, sentence in found] == [last]


@contextmanager
def slowly(corpus: Corpus, asked: threading.Event) -> Iterator[str]:
    """A site that says when an article is asked for, and takes its time over it."""

    def answer(request: Request) -> Response:
        if "/detail" in request.target:
            asked.set()
            threading.Event().wait(0.3)
        return Site(corpus).respond(request)

    with served(answer, []) as url:
        yield url


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("times", [1, 2])
def test_a_signal_makes_the_run_stopped(
    corpus: Corpus, tmp_path: Path, number: int, times: int
) -> None:
    asked, log = threading.Event(), tmp_path / "crawl.log"
    with slowly(corpus, asked) as url:
        env = {"ECNEWS_SITE_URL": url, "ECNEWS_DATABASE_URL": f"sqlite:///{tmp_path}/ecnews.db"}
        run = subprocess.Popen(
            [
                *(sys.executable, "-m", "scrapy", "crawl", "digital_retail", *FAST),
                *("-s", "CONCURRENT_REQUESTS_PER_DOMAIN=1", "-s", f"LOG_FILE={log}"),
                *("--loglevel", "INFO"),
            ],
            cwd=ROOT, env=os.environ | env | {"NO_PROXY": "127.0.0.1"},
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert asked.wait(30)
        run.send_signal(number)
        if times == 2:
            while "shutting down gracefully" not in log.read_text("utf-8"):
                assert run.poll() is None
            run.send_signal(number)
        _, said = run.communicate(timeout=60)
    assert run.returncode == CODES["stopped"], said
    last = said.splitlines()[-1]
    assert last.startswith("stopped: a second signal" if times == 2 else "stopped: a signal")
    assert log.read_text("utf-8").splitlines()[-1].endswith(last)
    assert rows(env["ECNEWS_DATABASE_URL"], "SELECT verdict FROM runs") == [("stopped",)]
