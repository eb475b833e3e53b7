"""Storing, the same on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from ecnews.errors import DatabaseError, SettingError
from ecnews.items import Article, Removed
from ecnews.storage import database
from ecnews.storage.schema import articles, removed_blocks, sightings
from ecnews.storage.writer import Writer, Written

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = database.connect(database_url)
    yield engine
    engine.dispose()


class Clock:
    """An hour later each time it is asked."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


def make(number: int = 1, **changes: Any) -> Article:
    article = Article(
        url=f"https://www.100ec.cn/detail--{number}.html",
        number=number,
        title="标题",
        body="第一段。\n\n第二段。",
        section="数字零售",
        source="网经社",
        keywords=["淘宝", "AI"],
        published_at="2026-01-21T14:57:28+08:00",
        removed=[Removed("caption", "qr-caption", "微信公众号")],
        layout="2026",
        fetched_url=f"http://www.100ec.cn/detail--{number}.html",
    )
    return replace(article, **changes)


def write(engine: Engine, *batch: Article, clock: Clock | None = None) -> Written:
    writer = Writer(engine, now=clock or Clock())
    for article in batch:
        writer.add(article)
    return writer.flush()


def test_an_article_is_stored_whole(engine: Engine) -> None:
    assert write(engine, make()) == Written(new=1)
    with engine.connect() as connection:
        row = connection.execute(select(articles)).one()
    assert (row.number, row.title, row.body, row.keywords, row.images, row.author) == (
        1, "标题", "第一段。\n\n第二段。", ["淘宝", "AI"], [], None
    )  # fmt: skip


def test_times_are_stored_in_utc(engine: Engine) -> None:
    write(engine, make())
    with engine.connect() as connection:
        assert connection.execute(select(articles.c.published_at)).scalar_one() == datetime(
            2026, 1, 21, 6, 57, 28, tzinfo=UTC
        )
        raw = connection.execute(
            text("SELECT CAST(published_at AS text) FROM articles")
        ).scalar_one()
    assert raw.startswith("2026-01-21 06:57:28") or raw.endswith("+08")


def test_the_same_article_again_changes_nothing(engine: Engine) -> None:
    clock = Clock()
    write(engine, make(), clock=clock)
    with engine.connect() as connection:
        before = connection.execute(select(articles)).all()
    assert write(engine, make(), clock=clock) == Written(unchanged=1)
    with engine.connect() as connection:
        assert connection.execute(select(articles)).all() == before


@pytest.mark.parametrize(
    "change",
    [
        {"title": "新题"},
        {"body": "第一段。"},
        {"author": "张三"},
        {"keywords": []},
        {"source": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_updates_the_row_and_keeps_when_it_was_first_seen(
    engine: Engine, change: dict[str, Any]
) -> None:
    clock = Clock()
    write(engine, make(), clock=clock)
    assert write(engine, replace(make(), **change), clock=clock) == Written(changed=1)
    with engine.connect() as connection:
        row = connection.execute(select(articles)).one()
    assert {key: getattr(row, key) for key in change} == change
    assert (row.first_seen_at, row.updated_at) == (
        START + timedelta(hours=1),
        START + timedelta(hours=2),
    )


def test_the_last_of_one_url_in_a_batch_counts(engine: Engine) -> None:
    assert write(engine, make(title="一"), make(title="二")) == Written(new=1)
    with engine.connect() as connection:
        assert connection.execute(select(articles.c.title)).scalars().all() == ["二"]


def test_every_address_of_an_article_is_a_sighting(engine: Engine) -> None:
    clock = Clock()
    other = "http://imgs-b2b.100ec.cn/detail--1.html"
    write(engine, make(), clock=clock)
    write(engine, make(fetched_url=other), clock=clock)
    write(engine, make(fetched_url=other), clock=clock)
    with engine.connect() as connection:
        rows = connection.execute(select(sightings).order_by(sightings.c.id)).all()
    assert [(row.host, row.first_seen_at.hour, row.last_seen_at.hour) for row in rows] == [
        ("www.100ec.cn", 1, 1),
        ("imgs-b2b.100ec.cn", 2, 3),
    ]
    assert len({row.article_id for row in rows}) == 1


def test_removed_blocks_are_those_of_the_newest_text(engine: Engine) -> None:
    write(engine, make())
    write(
        engine, make(title="新题", removed=[Removed("notice", "copyright-notice", "【版权声明】")])
    )
    with engine.connect() as connection:
        rows = connection.execute(
            select(removed_blocks.c.kind, removed_blocks.c.rule, removed_blocks.c.text)
        ).all()
    assert [tuple(row) for row in rows] == [("notice", "copyright-notice", "【版权声明】")]


def test_a_full_batch_is_written_at_once(engine: Engine) -> None:
    writer = Writer(engine, batch_size=2)
    assert writer.add(make(1)) == Written()
    assert writer.add(make(2)) == Written(new=2)


def test_a_batch_that_fails_is_not_half_written_and_stays_pending(engine: Engine) -> None:
    writer = Writer(engine)
    writer.add(make(1))
    writer.add(make(2, title=None))
    with pytest.raises(DatabaseError):
        writer.flush()
    assert len(writer.pending) == 2
    with engine.connect() as connection:
        assert connection.execute(select(articles)).all() == []


def test_crawlers_that_start_at_once_lay_the_tables_once(database_url: str) -> None:
    failures: list[BaseException] = []

    def open_and_write(number: int) -> None:
        try:
            engine = database.connect(database_url)
            write(engine, make(number))
            engine.dispose()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=open_and_write, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    engine = database.connect(database_url)
    with engine.connect() as connection:
        assert len(connection.execute(select(articles.c.id)).all()) == 8
    engine.dispose()


def test_an_error_does_not_carry_the_article(engine: Engine) -> None:
    writer = Writer(engine)
    writer.add(make(title=None, body="机密正文"))
    with pytest.raises(DatabaseError) as caught:
        writer.flush()
    assert "机密正文" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///ecnews.db", "sqlite"),
        ("postgres://u:p@h/db", "postgresql+psycopg"),
        ("postgresql://u:p@h/db", "postgresql+psycopg"),
        ("postgresql+psycopg://u:p@h/db", "postgresql+psycopg"),
    ],
)
def test_usual_urls_are_taken(url: str, driver: str) -> None:
    assert database.parse_url(url).drivername == driver


@pytest.mark.parametrize("url", ["", "ecnews.db", "mysql://u:secret@h/db", "postgres://h:port/db"])
def test_other_urls_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(SettingError, match="ECNEWS_DATABASE_URL") as caught:
        database.parse_url(url)
    assert "secret" not in str(caught.value)
