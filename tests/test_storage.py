"""Storing, the same on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError

from ecnews.errors import SettingError
from ecnews.items import Article, Quarantined, Removed
from ecnews.storage import database
from ecnews.storage.schema import articles, quarantine, removed_blocks, revisions, sightings
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


def write(engine: Engine, *batch: Article | Quarantined, clock: Clock | None = None) -> Written:
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


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"title": None}, "incomplete"),
        ({"body": "长" * 1_000_001}, "too long"),
        ({"section": "节" * 501}, "too long"),
        ({"number": 2**63}, "refused"),
        ({"published_at": "yesterday"}, "refused"),
        ({"published_at": "2026-01-21T14:57:28"}, "refused"),
        ({"url": "https://www.100ec.cn/" + "x" * 5000}, "too long"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_row_that_is_refused_is_quarantined_without_its_neighbours(
    engine: Engine, change: dict[str, Any], reason: str
) -> None:
    bad = replace(make(5), **change)
    written = write(engine, *map(make, range(1, 5)), bad, *map(make, range(6, 9)))
    assert written == Written(new=7, refused=1)
    with engine.connect() as connection:
        assert len(connection.execute(select(articles.c.id)).all()) == 7
        row = connection.execute(select(quarantine)).one()
    assert row.reason == reason
    assert (bad.url or "").startswith(row.url)
    assert row.detail


def test_what_no_text_has_is_taken_out(engine: Engine) -> None:
    dirty = make(
        title="标\0题\ud800",
        body="\ud83d\ude00正文",
        keywords=["A\0I"],
        removed=[Removed("caption", "qr", "微\0信\udfff")],
    )
    assert write(engine, dirty) == Written(new=1)
    with engine.connect() as connection:
        row = connection.execute(select(articles)).one()
        block = connection.execute(select(removed_blocks.c.text)).scalar_one()
    assert (row.title, row.body, row.keywords) == ("标题\ufffd", "😀正文", ["AI"])
    assert block == "微信\ufffd"


def test_a_page_that_is_quarantined_again_counts_once_more(engine: Engine) -> None:
    page = Quarantined("https://www.100ec.cn/detail--1.html", 1, "spam", "half of it is spam")
    assert write(engine, page, make(2)) == Written(new=1, quarantined=1)
    write(engine, replace(page, reason="empty"))
    with engine.connect() as connection:
        row = connection.execute(select(quarantine)).one()
    assert (row.url, row.number, row.reason, row.times) == (page.url, 1, "empty", 2)


def test_a_clean_article_leaves_the_quarantine(engine: Engine) -> None:
    write(engine, Quarantined("http://mirror.example/detail--1.html", 1, "spam", "spam"))
    write(engine, make(1))
    with engine.connect() as connection:
        assert connection.execute(select(quarantine)).all() == []


def test_a_quarantined_copy_leaves_the_article_as_it_was(engine: Engine) -> None:
    write(engine, make(1))
    write(engine, Quarantined(make(1).url or "", 1, "spam", "spam"))
    with engine.connect() as connection:
        assert connection.execute(select(articles.c.title)).scalars().all() == ["标题"]


def test_another_text_is_a_revision(engine: Engine) -> None:
    clock = Clock()
    for title, section in (("一", "数字零售"), ("二", "数字零售"), ("三", "跨境电商")):
        write(engine, make(title=title, section=section), clock=clock)
    with engine.connect() as connection:
        rows = connection.execute(select(revisions).order_by(revisions.c.id)).all()
        assert connection.execute(select(articles.c.title)).scalar_one() == "三"
    assert [(row.changed, row.before, row.seen_at.hour) for row in rows] == [
        (["title"], {"title": "一"}, 2),
        (["title", "section"], {"title": "二", "section": "数字零售"}, 3),
    ]


def test_a_figure_that_was_corrected_is_a_revision(engine: Engine) -> None:
    write(engine, make(body="达1.5亿"))
    assert write(engine, make(body="达15亿")) == Written(changed=1)


def test_white_space_alone_is_no_change(engine: Engine) -> None:
    clock = Clock()
    write(engine, make(), clock=clock)
    again = make(title="标 题", body="第一段。\n第二段。\u3000")
    assert write(engine, again, clock=clock) == Written(unchanged=1)
    with engine.connect() as connection:
        assert connection.execute(select(articles.c.body)).scalar_one() == make().body
        assert connection.execute(select(revisions)).all() == []


SPAM = [Removed("spam", "phrases", "日韩高清无码|国产精品久久")]


@pytest.mark.parametrize(
    "tampered", [{"removed": SPAM}, {"recovered": {"annotations": 3}}], ids=["spam", "restored"]
)
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two"])
@pytest.mark.parametrize("first", ["clean", "polluted"])
def test_a_clean_copy_replaces_a_polluted_one_never_the_other_way_round(
    engine: Engine, tampered: dict[str, Any], together: bool, first: str
) -> None:
    copies = {"clean": make(), "polluted": make(body="第一段。\n\n第二。", **tampered)}
    batch, clock = sorted(copies.items(), key=lambda copy: copy[0] != first), Clock()
    if together:
        write(engine, *(article for _, article in batch), clock=clock)
    else:
        for _, article in batch:
            write(engine, article, clock=clock)
    with engine.connect() as connection:
        row = connection.execute(select(articles.c.body, articles.c.polluted)).one()
    assert tuple(row) == (make().body, False)


def test_a_polluted_copy_stays_until_a_clean_one_comes(engine: Engine) -> None:
    clock = Clock()
    write(engine, make(body="一。", removed=SPAM), clock=clock)
    write(engine, make(body="一二。", removed=SPAM), clock=clock)
    with engine.connect() as connection:
        assert connection.execute(select(articles.c.body)).scalar_one() == "一二。"


def test_that_an_article_came_clean_is_a_revision(engine: Engine) -> None:
    clock = Clock()
    write(engine, make(removed=SPAM), clock=clock)
    assert write(engine, make(), clock=clock) == Written(changed=1)
    with engine.connect() as connection:
        row = connection.execute(select(revisions.c.changed, revisions.c.before)).one()
        assert tuple(row) == (["polluted"], {"polluted": True})
        blocks = connection.execute(select(removed_blocks.c.kind)).scalars().all()
    assert blocks == ["caption"]


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


def test_what_is_said_of_a_refused_row_does_not_carry_the_article(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE UNIQUE INDEX one_title ON articles (title)"))
    write(engine, make(1, title="机密标题"), make(2, title="机密标题", body="机密正文"))
    with engine.connect() as connection:
        assert connection.execute(select(articles.c.number)).scalars().all() == [1]
        detail = connection.execute(select(quarantine.c.detail)).scalar_one()
    assert "机密" not in detail + caplog.text


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


def test_a_password_in_the_query_is_not_shown() -> None:
    url = database.parse_url("postgres://u@h/db?password=geheim&sslmode=require")
    assert "geheim" not in database.shown(url)
    error = OperationalError("", {}, Exception("no entry for geheim"))
    assert "geheim" not in str(database.explained(error, url))


@pytest.mark.parametrize("url", ["", "ecnews.db", "mysql://u:secret@h/db", "postgres://h:port/db"])
def test_other_urls_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(SettingError, match="ECNEWS_DATABASE_URL") as caught:
        database.parse_url(url)
    assert "secret" not in str(caught.value)
