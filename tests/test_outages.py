"""What becomes of items while the database is away."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scrapy.utils.test import get_crawler
from sqlalchemy import Engine, create_engine, select, text

from ecnews.errors import DatabaseError
from ecnews.extensions.memory import Memory
from ecnews.items import Article, Quarantined, Removed
from ecnews.middlewares.keep import Keep
from ecnews.storage import database
from ecnews.storage.schema import articles, quarantine, runs
from ecnews.storage.spool import Spool
from ecnews.storage.writer import Writer, Written
from tests.conftest import FAST, Scrapy


def make(number: int = 1, **changes: Any) -> Article:
    article = Article(
        f"https://www.100ec.cn/detail--{number}.html",
        number,
        "标题",
        "正文",
        published_at="2026-01-21T14:57:28+08:00",
        removed=[Removed("caption", "qr", "微信")],
    )
    return replace(article, **changes)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = database.connect(database_url, wait=0.05)
    yield engine
    engine.dispose()


@pytest.fixture
def spool(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Spool:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return Spool(tmp_path / "logs", engine.url)


class Outage:
    """Takes a database away, and gives it back: SQLite by a lock, PostgreSQL by letting nobody
    in, as when it restarts."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.lock: sqlite3.Connection | None = None

    def begin(self) -> None:
        if self.engine.dialect.name == "sqlite":
            file = str(self.engine.url.database)
            self.lock = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self.lock.execute("BEGIN IMMEDIATE")
            return
        self._as_admin(
            "ALTER DATABASE {} ALLOW_CONNECTIONS false",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
        )

    def end(self) -> None:
        if self.lock:
            self.lock.close()
            self.lock = None
        elif self.engine.dialect.name == "postgresql":
            self._as_admin("ALTER DATABASE {} ALLOW_CONNECTIONS true")

    def _as_admin(self, *statements: str) -> None:
        admin = create_engine(
            self.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT"
        )
        with admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement.format(self.engine.url.database)))
        admin.dispose()


@pytest.fixture
def outage(engine: Engine) -> Iterator[Outage]:
    outage = Outage(engine)
    yield outage
    outage.end()


def stored(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return sorted(connection.execute(select(articles.c.number)).scalars())


def test_items_wait_and_are_written_when_the_database_is_back(
    engine: Engine, outage: Outage
) -> None:
    writer = Writer(engine, batch_size=2)
    writer.add(make(1))
    outage.begin()
    assert writer.add(make(2)) == Written()  # tried, and failed
    assert writer.add(make(3)) == Written()  # not tried again at once
    assert writer.outage.times == 1
    outage.end()
    assert writer.flush() == Written(new=3)
    assert stored(engine) == [1, 2, 3]


def test_the_pause_between_two_tries_doubles(engine: Engine, outage: Outage) -> None:
    writer = Writer(engine)
    writer.add(make())
    outage.begin()
    pauses = []
    for _ in range(3):
        with pytest.raises(DatabaseError):
            writer.flush()
        pauses.append(writer.outage.pause)
    assert pauses == [0.5, 1.0, 2.0]


def test_after_the_patience_items_go_to_the_spool_and_come_back(
    engine: Engine, outage: Outage, spool: Spool
) -> None:
    writer = Writer(engine, batch_size=1, patience=0, spool=spool)
    outage.begin()
    for item in (make(1), Quarantined("https://h/2", 2, "spam", "spam")):
        writer.outage.pause = 0
        writer.add(item)
    assert not writer.pending
    assert writer.spooled == 2
    outage.end()
    assert Writer(engine, spool=spool).flush() == Written(new=1, quarantined=1)
    with engine.connect() as connection:
        assert connection.execute(select(articles.c.title)).scalars().all() == ["标题"]
        assert connection.execute(select(quarantine.c.number)).scalars().all() == [2]
    assert not any(path.exists() for path in spool.paths)


def test_an_item_keeps_the_time_when_it_was_seen(
    engine: Engine, outage: Outage, spool: Spool
) -> None:
    first = Writer(engine, spool=spool)
    first.add(make())
    seen = first.pending[make().url or ""][1]
    first.give_up()
    Writer(engine, spool=spool).flush()
    with engine.connect() as connection:
        assert connection.execute(select(articles.c.first_seen_at)).scalar_one() == seen


def test_what_waited_does_not_overwrite_what_was_seen_since(engine: Engine, spool: Spool) -> None:
    late = Writer(engine, spool=spool)
    late.add(make(title="旧"))
    late.give_up()
    other = Writer(engine)
    other.add(make(title="新"))
    other.flush()
    assert Writer(engine, spool=spool).flush() == Written(unchanged=1)
    with engine.connect() as connection:
        assert connection.execute(select(articles.c.title)).scalar_one() == "新"


def test_the_spool_keeps_what_no_database_takes(engine: Engine, spool: Spool) -> None:
    writer = Writer(engine, spool=spool)
    writer.add(make(1, title="标\0题\ud800"))
    writer.add(replace(make(2), number=2**70))
    writer.give_up()
    assert Writer(engine, spool=spool).flush() == Written(new=1, refused=1)


def test_half_a_line_in_the_spool_is_set_aside_and_the_rest_taken_in(
    engine: Engine, spool: Spool
) -> None:
    writer = Writer(engine, spool=spool)
    writer.add(make(1))
    path = writer.give_up()
    assert path
    with path.open("ab") as file:
        file.write(b'{"kind": "article", "se')
    writer.add(make(2))
    writer.give_up()
    assert Writer(engine, spool=spool).flush() == Written(new=2)
    assert path.with_suffix(".unreadable").read_bytes() == b'{"kind": "article", "se\n'


def test_a_spool_is_of_one_database(engine: Engine, spool: Spool, tmp_path: Path) -> None:
    other = Spool(tmp_path / "logs", database.parse_url(f"sqlite:///{tmp_path}/other.db"))
    assert not set(other.paths) & set(spool.paths)


def test_a_folder_that_cannot_be_written_has_a_stand_in(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "logs").write_text("a file, not a folder")
    writer = Writer(engine, spool=Spool(tmp_path / "logs", engine.url))
    writer.add(make())
    path = writer.give_up()
    assert path
    assert path.is_relative_to(tmp_path / "tmp")
    assert path.stat().st_mode & 0o077 == 0
    assert Writer(engine, spool=Spool(tmp_path / "logs", engine.url)).flush() == Written(new=1)


def test_what_neither_database_nor_spool_takes_goes_on_waiting(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("logs", "tmp"):
        (tmp_path / name).write_text("a file, not a folder")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    writer = Writer(engine, spool=Spool(tmp_path / "logs", engine.url))
    writer.add(make())
    with pytest.raises(DatabaseError, match="nor can a file keep"):
        writer.give_up()
    assert writer.flush() == Written(new=1)


def test_a_full_disk_is_waited_for(tmp_path: Path) -> None:
    engine = database.connect(f"sqlite:///{tmp_path}/ecnews.db")
    with engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    writer = Writer(engine, spool=Spool(tmp_path, engine.url))
    for number in range(1, 30):
        writer.add(make(number, body="正" * 5000))
    with engine.connect() as connection:  # the pool has one connection, which keeps this
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")
    with pytest.raises(DatabaseError, match="full"):
        writer.flush()
    assert len(writer.pending) == 29
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert writer.flush() == Written(new=29)
    engine.dispose()


@pytest.fixture
def crawl(scrapy: Scrapy, site_url: str, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Runs the main job and gives its exit code and what it says."""

    def run(url: str, *more: str) -> tuple[int, str]:
        done = scrapy(
            *("crawl", "digital_retail", "-a", "pages=2", *FAST, *more),
            *("-s", f"LOG_FILE={tmp_path}/crawl.log", "-s", "ECNEWS_DATABASE_PATIENCE=0"),
            ECNEWS_SITE_URL=site_url,
            ECNEWS_DATABASE_URL=url,
        )
        return done.returncode, done.stderr

    return run


def test_a_run_leaves_what_it_fetched_to_the_next_and_says_so(
    crawl: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/ecnews.db"
    database.connect(url).dispose()
    with closing(sqlite3.connect(tmp_path / "ecnews.db", isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        code, said = crawl(url)
    assert code == 9
    found = re.search(r"(\d+) items wait in \S+, which the next run takes in", said)
    assert found, said
    code, said = crawl(url)
    assert code == 0
    assert f"took in     {found[1]} that" in said


def test_a_run_has_its_row(crawl: Callable[..., tuple[int, str]], database_url: str) -> None:
    crawl(database_url, "-a", "_job=abc")
    engine = database.connect(database_url)
    with engine.connect() as connection:
        row = connection.execute(select(runs)).one()
        count = len(connection.execute(select(articles.c.id)).all())
    engine.dispose()
    assert (row.spider, row.arguments, row.job) == ("digital_retail", {"pages": "2"}, "abc")
    assert row.verdict == "ok"
    assert row.started_at <= row.updated_at == row.finished_at
    assert row.counts["stored/new"] == count > 0


def test_what_a_crawl_remembers_waits_too(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ecnews.db"
    crawler = get_crawler(settings_dict={"ECNEWS_DATABASE_URL": url})
    memory, keep = Memory(crawler), Keep(crawler)
    keep.on = True
    keep.write("way", "list")
    with closing(sqlite3.connect(tmp_path / "ecnews.db", isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        memory.note(7, "gone")
        memory.flush()
        keep.write("way", "json")
        assert memory.settled([7], None) == set()
        assert keep.read("way") == "list"
    memory.flush()
    assert memory.settled([7], None) == {7}
    assert crawler.stats.get_value("ecnews/database") is None
    database.shared(crawler, url).dispose()
