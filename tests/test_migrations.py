"""The schema, brought up to date from every version that has been, on both engines."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text

from ecnews.errors import DatabaseError
from ecnews.storage import database, migrations, search
from ecnews.storage.schema import articles, metadata, removed_blocks, sightings

VERSIONS = ["0001", "0002", "0003", "0004", "0005", "0006", "0007"]
MOMENT = "2026-01-21 06:57:28"
# A row for each table of a version, in the columns that the version has.
ROWS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "0001": [
        ("articles", {
            "id": 7, "number": 6659669, "url": "https://www.100ec.cn/detail--6659669.html",
            "title": "标题", "body": "第一段。\n\n第二段。", "section": "数字零售",
            "source": "网经社", "author": None,
            "keywords": '["淘宝"]', "images": "[]", "published_at": MOMENT,
            "first_seen_at": MOMENT, "updated_at": MOMENT, "content_hash": "0" * 64,
        }),
        ("sightings", {
            "id": 3, "url": "http://www.100ec.cn/detail--6659669.html", "article_id": 7,
            "host": "www.100ec.cn", "first_seen_at": MOMENT, "last_seen_at": MOMENT,
        }),
        ("removed_blocks", {
            "id": 5, "article_id": 7, "kind": "caption", "rule": "qr", "text": "微信公众号",
        }),
    ],
    "0002": [
        ("revisions", {
            "id": 1, "article_id": 7, "seen_at": MOMENT, "changed": '["title"]',
            "before": '{"title": "旧题"}',
        }),
        ("quarantine", {
            "id": 1, "url": "https://www.100ec.cn/detail--1.html", "number": 1, "reason": "x",
            "detail": "y", "seen_at": MOMENT, "times": 2,
        }),
        ("fetches", {
            "id": 1, "number": 2, "url": None, "outcome": "gone", "detail": None,
            "fetched_at": MOMENT, "times": 1,
        }),
        ("runs", {
            "id": 1, "spider": "digital_retail", "arguments": "{}", "job": None, "host": "h",
            "pid": 1, "version": "0", "rules": "r", "started_at": MOMENT, "updated_at": MOMENT,
            "finished_at": None, "verdict": None, "sentence": None, "counts": "{}",
        }),
    ],
    "0003": [],
    "0004": [
        ("fingerprints", {
            "article_id": 7, "slots": b"01" * 128, "shingles": 9, "figures": b"0" * 16,
            "own": True, "recovered": 3,
        }),
        ("bands", {"key": -5, "article_id": 7}),
        ("dedupe", {"id": 1, "threshold": 0.5, "rebuilt_at": MOMENT}),
    ],
    "0005": [
        ("kept", {"name": "robots www.100ec.cn", "value": '""', "kept_at": MOMENT}),
    ],
    "0006": [],
    "0007": [],
}  # fmt: skip


@pytest.fixture
def bare(database_url: str) -> Iterator[Engine]:
    """An engine on an empty database."""
    engine = database.open_as_is(database_url)
    yield engine
    engine.dispose()


def lay(engine: Engine, version: str) -> None:
    """The schema of a version, with a row in each table."""
    with engine.begin() as connection:
        migrations.upgrade(connection, version)
        for former in VERSIONS[: VERSIONS.index(version) + 1]:
            for table, row in ROWS[former]:
                columns = ", ".join(f":{name}" for name in row)
                statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({columns})"
                if engine.dialect.name == "postgresql":
                    statement = _typed(connection, table, row)
                connection.execute(text(statement), row)


def _typed(connection: Any, table: str, row: dict[str, Any]) -> str:
    types = {column["name"]: column["type"] for column in inspect(connection).get_columns(table)}
    values = ", ".join(
        f"CAST(:{name} AS {types[name].compile(dialect=connection.dialect)})" for name in row
    )
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})"


def not_of_search(name: str | None, _kind: str, _parents: Any) -> bool:
    """The tables of the search index are no part of the schema: they differ with the engine."""
    return not (name or "").startswith("search")


def differences(engine: Engine) -> list[Any]:
    """What the database has otherwise than the schema says."""
    with database.reading(engine) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": not_of_search}
        )
        found: list[Any] = compare_metadata(context, metadata)
    if engine.dialect.name == "sqlite":
        # A key that was added to a table shows without its name; the next test looks at it.
        found = [change for change in found if "fk" not in change[0]]
    return found


def test_the_migrations_lay_what_the_schema_says(database_url: str) -> None:
    engine = database.connect(database_url)
    assert differences(engine) == []
    assert inspect(engine).get_view_names() == ["news"]
    engine.dispose()


def test_a_story_whose_article_goes_leaves_the_others(database_url: str) -> None:
    engine = database.connect(database_url)
    lay(engine, VERSIONS[-1])
    with engine.begin() as connection:
        connection.execute(articles.update().values(story_id=7))
        columns = [column.name for column in articles.c if column.name not in ("id", "url")]
        others = ", ".join(columns)
        connection.execute(
            text(f"INSERT INTO articles (id, url, {others}) SELECT 8, 'u', {others} FROM articles")
        )
        connection.execute(articles.delete().where(articles.c.id == 7))
        assert connection.execute(select(articles.c.id, articles.c.story_id)).all() == [(8, None)]
    engine.dispose()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_filled_database_of_a_former_version_is_upgraded_without_loss(
    bare: Engine, database_url: str, version: str
) -> None:
    lay(bare, version)
    before = contents(bare, version)
    engine = database.connect(database_url)
    assert differences(engine) == []
    assert contents(engine, version) == before
    engine.dispose()


def contents(engine: Engine, version: str) -> dict[str, Any]:
    """Every table of a version in the columns that it had."""
    with database.reading(engine) as connection:
        return {
            table: connection.execute(text(f"SELECT {', '.join(row)} FROM {table}")).all()
            for former in VERSIONS[: VERSIONS.index(version) + 1]
            for table, row in ROWS[former]
        }


def test_what_was_recovered_before_is_polluted(bare: Engine, database_url: str) -> None:
    lay(bare, "0004")
    engine = database.connect(database_url)
    with database.reading(engine) as connection:
        assert connection.execute(select(articles.c.polluted)).scalar_one() is True
    engine.dispose()


def test_an_index_of_fts5_alone_is_built_anew(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ecnews.db"
    former = database.open_as_is(url)
    lay(former, "0006")
    with former.begin() as connection:
        add = "INSERT INTO search (rowid, title, body) VALUES (7, '标 题', '第 一 段 。')"
        connection.execute(text(add))
    former.dispose()
    engine = database.connect(url)
    with database.reading(engine) as connection:
        for word in ("标题", "第一段。"):
            assert search.find(connection, search.parse(word)) == [7]
            assert search.find(connection, search.parse(word), None) == [7]
        assert connection.execute(text("SELECT count(*) FROM search_tail")).scalar() == 0
    engine.dispose()


def test_a_database_made_before_there_were_migrations_is_upgraded(
    bare: Engine, database_url: str
) -> None:
    lay(bare, "0001")
    with bare.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    engine = database.connect(database_url)
    assert differences(engine) == []
    with database.reading(engine) as connection:
        assert migrations.current(connection) == migrations.newest()
        rows = [
            connection.execute(select(t.c.id)).all() for t in (articles, sightings, removed_blocks)
        ]
    assert rows == [[(7,)], [(3,)], [(5,)]]
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused(bare: Engine, database_url: str) -> None:
    lay(bare, VERSIONS[-1])
    with bare.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match=r"9999.*newer.*upgrade ecnews"):
        database.connect(database_url)


def test_a_database_of_another_program_is_refused(bare: Engine, database_url: str) -> None:
    with bare.begin() as connection:
        connection.execute(text("CREATE TABLE articles (id integer)"))
    with pytest.raises(DatabaseError, match="another program"):
        database.connect(database_url)


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    bare: Engine, database_url: str
) -> None:
    lay(bare, "0001")
    with bare.begin() as connection:
        connection.execute(text("CREATE TABLE runs (mine integer)"))
    with pytest.raises(DatabaseError, match="runs"):
        database.connect(database_url)
    with database.reading(bare) as connection:
        assert migrations.current(connection) == "0001"
        assert "quarantine" not in inspect(connection).get_table_names()


def test_crawls_that_open_an_old_database_at_once_upgrade_it_once(
    bare: Engine, database_url: str
) -> None:
    lay(bare, "0001")
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            database.connect(database_url).dispose()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert differences(bare) == []


def test_the_newest_version_is_among_those_that_are_tested() -> None:
    assert migrations.newest() == VERSIONS[-1]
