"""How a run ends: each failure provoked, with its verdict, its code, its sentence and its row."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from ecnews.extensions.verdict import CODES
from ecnews.storage import database
from ecnews.storage.lock import Lock
from tests.conftest import FAST, ROOT, Scrapy, rows, verdict_of
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


def begin(url: str, database: str, log: Path, *more: str) -> subprocess.Popen[str]:
    """A crawl that is watched while it runs."""
    env = {"ECNEWS_SITE_URL": url, "ECNEWS_DATABASE_URL": database, "NO_PROXY": "127.0.0.1"}
    command = [
        *(sys.executable, "-m", "scrapy", "crawl", "digital_retail", *FAST, *more),
        *("-s", "CONCURRENT_REQUESTS_PER_DOMAIN=1", "-s", f"LOG_FILE={log}"),
        *("--loglevel", "INFO"),
    ]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | env, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("times", [1, 2])
def test_a_signal_makes_the_run_stopped(
    corpus: Corpus, tmp_path: Path, number: int, times: int
) -> None:
    asked, log = threading.Event(), tmp_path / "crawl.log"
    url_of_it = f"sqlite:///{tmp_path}/ecnews.db"
    with slowly(corpus, asked) as url:
        run = begin(url, url_of_it, log)
        assert asked.wait(30)
        run.send_signal(number)
        if times == 2:
            while "shutting down gracefully" not in log.read_text("utf-8"):
                assert run.poll() is None
            run.send_signal(number)
        _, said = run.communicate(timeout=60)
    assert run.returncode == CODES["stopped"], said
    last = said.splitlines()[-1]
    how = "before it could close" if times == 2 else "before its end"
    assert last.startswith(f"stopped: a signal ended the run {how}")
    assert log.read_text("utf-8").splitlines()[-1].endswith(last)
    assert rows(url_of_it, "SELECT verdict FROM runs") == [("stopped",)]


def test_of_two_runs_at_once_the_second_ends_without_a_request(
    scrapy: Scrapy, corpus: Corpus, tmp_path: Path, database_url: str
) -> None:
    asked, held, targets = threading.Event(), threading.Event(), list[str]()

    def answer(request: Request) -> Response:
        """The first article that is asked for has to wait."""
        if "/detail" in request.target and not asked.is_set():
            asked.set()
            held.wait(60)
        return Site(corpus).respond(request)

    with served(answer, targets) as url:
        where = {"ECNEWS_SITE_URL": url, "ECNEWS_DATABASE_URL": database_url}
        first = begin(url, database_url, tmp_path / "first.log")
        assert asked.wait(30)
        for spider in (
            ["digital_retail", "-a", "pages=1"],
            ["backfill", "-a", "numbers=1-5"],
        ):
            done = scrapy("crawl", *spider, *FAST, **where)
            assert done.returncode == CODES["busy"] == 12, done.stderr
            assert re.search(
                rf"^busy: run 1 \(digital_retail, .* process {first.pid} ", done.stderr
            )
        assert not any("--1.html" in t for t in targets if t.startswith("/detail"))
        # Another section, no section, and a site at another address are no business of the first.
        for spider, site in (
            (["backfill", "-a", "numbers=1-2", "-a", "section=跨境电商"], url),
            (["articles", "-a", "urls=9"], url),
            (["backfill", "-a", "numbers=1-2"], url.replace("127.0.0.1", "localhost")),
        ):
            done = scrapy("crawl", *spider, *FAST, **where | {"ECNEWS_SITE_URL": site})
            assert verdict_of(done) != "busy", done.stderr
        first.kill()
        first.communicate()
        held.set()
        done = scrapy("crawl", "digital_retail", "-a", "max_requests=9", *FAST, **where)
        assert verdict_of(done) == "partial", done.stderr
    found = rows(database_url, "SELECT verdict FROM runs ORDER BY id")
    assert [verdict for (verdict,) in found][:3] == ["killed", "busy", "busy"]


def test_a_lock_that_the_server_lost_is_taken_again(postgres: str) -> None:
    engine = database.connect(postgres)
    first, second = Lock(engine, "http://h"), Lock(engine, "http://h")
    assert first.take()
    assert not second.take()
    other = Lock(engine, "http://other")
    assert other.take()
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as admin:
        held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory'"
        admin.execute(text(f"SELECT pg_terminate_backend(pid) FROM ({held}) AS held"))
    assert first.keep()
    assert other.keep()
    assert not second.take()
    first.release()
    assert second.take()
    for lock in (second, other):
        lock.release()
    engine.dispose()
