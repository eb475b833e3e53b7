"""What the documentation says of tables, verdicts and settings is what there is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import text as sql

from ecnews.extensions.verdict import CODES
from ecnews.items import Article, Removed
from ecnews.storage import database, runs
from ecnews.storage.schema import metadata
from ecnews.storage.writer import Writer
from tests.conftest import ROOT

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def table_after(heading: str, text: str) -> list[str]:
    """The first cells of the table below a heading."""
    part = text.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    return re.findall(r"^\| `([\w-]+)`", part, re.M)


def test_every_table_and_column_is_described() -> None:
    text = (ROOT / "docs" / "database.md").read_text("utf-8")
    described = {
        name: table_after(f"## {name}", text) for name in re.findall(r"^## ([a-z_]+)$", text, re.M)
    }
    assert described.pop("news") == ["id"], "the view has the columns of articles"
    assert described == {name: table.columns.keys() for name, table in metadata.tables.items()}


def test_the_queries_run_on_both_engines(database_url: str) -> None:
    text = (ROOT / "docs" / "database.md").read_text("utf-8").split("\n## Ten queries\n")[1]
    queries = re.findall(r"```sql\n(.*?)```", text.split("\n## ")[0], re.S)
    assert len(queries) == 10
    engine = database.connect(database_url)
    writer = Writer(engine)
    for title in ("旧题", "新题"):
        writer.add(
            Article(
                "https://www.100ec.cn/detail--1.html",
                1,
                title,
                "淘宝与京东",
                author="张三",
                published_at="2026-01-21T14:57:28+08:00",
                fetched_url="http://imgs-b2b.100ec.cn/detail--1.html",
                removed=[Removed("caption", "qr", "微信")],
            )
        )
        writer.flush()
    run = runs.Run("digital_retail", {}, None, "1", "r")
    runs.go_on(engine, runs.begin(engine, run, NOW), {"stored/new": 1}, NOW)
    with database.reading(engine) as connection:
        for query in queries:
            assert connection.execute(sql(query)).all(), query
    engine.dispose()


def test_the_searches_in_sql_find_what_the_command_finds(database_url: str) -> None:
    engine = database.connect(database_url)
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[engine.dialect.name]
    text = (ROOT / "docs" / "database.md").read_text("utf-8")
    query = re.findall(r"```sql\n(.*?)```", text.split(f"### Search in SQL, on {name}\n")[1], re.S)[
        0
    ]
    writer = Writer(engine)
    for number, body in enumerate(
        ("即时零售与淘宝", "淘宝的即时零售", "即时零售，淘宝，京东", "即时零售")
    ):
        when = (NOW + timedelta(days=number)).isoformat()
        writer.add(Article(f"https://h/{number}", number, f"第{number}篇", body, published_at=when))
    writer.flush()
    with database.reading(engine) as connection:
        assert [row.title for row in connection.exec_driver_sql(query)] == ["第1篇", "第0篇"]
    engine.dispose()


def test_every_verdict_is_described_with_its_code() -> None:
    text = (ROOT / "docs" / "spiders.md").read_text("utf-8")
    described = dict(re.findall(r"^\| `([\w-]+)` \| (\d+) \|", text, re.M))
    assert described == {name: str(code) for name, code in CODES.items()}


def test_both_readmes_name_the_same_commands_and_pages() -> None:
    texts = [(ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md")]
    commands, pages = (
        [re.findall(pattern, text, re.M) for text in texts]
        for pattern in (r"^(make \w+|\S*scrapy \w+ [^#\n]*?)\s*(?:#|$)", r"\]\((docs/[\w.]+)\)")
    )
    assert commands[0] == commands[1]
    assert commands[0]
    assert pages[0] == pages[1]
    assert all((ROOT / page).is_file() for page in pages[0])
