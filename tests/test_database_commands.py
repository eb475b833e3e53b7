"""`scrapy search` and `scrapy db`, run as a user runs them, and the ledger of runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from ecnews.items import Article
from ecnews.storage import database, migrations, runs
from ecnews.storage.runs import Run
from ecnews.storage.schema import runs as table
from ecnews.storage.search import hits
from ecnews.storage.writer import Writer
from tests.conftest import ROOT, Scrapy

START = datetime(2026, 1, 1, 4, tzinfo=UTC)


def fill(url: str) -> None:
    engine = database.connect(url)
    writer = Writer(engine)
    for day, title, body, section in (
        (0, "淘宝发力即时零售", "淘宝闪购（ＡＩ）上线。", "数字零售"),
        (1, "京东补贴", "淘宝与京东的补贴。" + "长" * 300 + "补贴", "数字零售"),
        (2, "跨境", "出口与补贴。", "跨境电商"),
    ):
        moment = (START + timedelta(days=day)).isoformat()
        address = f"https://www.100ec.cn/detail--{day}.html"
        writer.add(Article(address, day, title, body, section, published_at=moment))
    writer.flush()
    engine.dispose()


def found(scrapy: Scrapy, url: str, *args: str) -> list[int]:
    done = scrapy("search", *args, "--json", ECNEWS_DATABASE_URL=url)
    assert done.returncode == (0 if done.stdout else 1), done.stderr
    return [json.loads(line)["number"] for line in done.stdout.splitlines()]


def test_search_finds_on_both_engines(scrapy: Scrapy, database_url: str) -> None:
    fill(database_url)
    assert found(scrapy, database_url, "补贴") == [2, 1]
    assert found(scrapy, database_url, "淘宝 补贴") == [1]
    assert found(scrapy, database_url, "淘宝 -补贴", "--section", "数字零售") == [0]
    assert found(scrapy, database_url, "补贴", "--until", "2026-01-02") == [1]
    assert found(scrapy, database_url, "补贴", "--since", "2026-01-03") == [2]
    assert found(scrapy, database_url, "补贴", "--relevance", "--limit", "1") == [1]
    assert found(scrapy, database_url, "拼多多") == []


def test_a_day_is_the_sites_own(scrapy: Scrapy, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ecnews.db"
    engine = database.connect(url)
    writer = Writer(engine)
    for number, hour in ((1, 15), (2, 16)):
        moment = datetime(2026, 1, 1, hour, 59, tzinfo=UTC).isoformat()
        writer.add(Article(f"https://h/{number}", number, "淘宝", "x", published_at=moment))
    writer.flush()
    engine.dispose()
    assert found(scrapy, url, "淘宝", "--since", "2026-01-02") == [2]
    assert found(scrapy, url, "淘宝", "--until", "2026-01-01") == [1]


def test_what_is_found_is_shown_with_the_words_marked(scrapy: Scrapy, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ecnews.db"
    fill(url)
    done = scrapy("search", "ai 即时", ECNEWS_DATABASE_URL=url)
    assert done.stdout == (
        "2026-01-01 12:00  数字零售  淘宝发力【即时】零售\n"
        "    淘宝闪购（【ＡＩ】）上线。\n"
        "    https://www.100ec.cn/detail--0.html\n"
    )
    assert done.stderr == ""


def test_a_snippet_begins_shortly_before_the_first_word() -> None:
    body = "一" * 200 + "\n\n据淘宝，淘宝网" + "二" * 200
    piece = hits.snippet(body, ["淘宝", "宝网"])
    assert piece.marked("[", "]").startswith("…" + "一" * 28 + " 据[淘宝]，[淘宝网]二")
    assert piece.text.endswith("二…")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["淘宝", "--since", "20260101"], "YYYY-MM-DD"),
        (["淘宝", "--until", "2026-02-30"], "YYYY-MM-DD"),
        (["淘宝", "--limit", "0"], "from 1 up"),
        ([], "give a word"),
        (["  "], "give a word"),
    ],
    ids=str,
)
def test_a_search_that_is_wrong_is_refused_with_the_right_way(
    scrapy: Scrapy, args: list[str], said: str
) -> None:
    done = scrapy("search", *args)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_not_there_is_not_made_by_a_search(
    scrapy: Scrapy, tmp_path: Path
) -> None:
    for command in (("search", "淘宝"), ("db", "current"), ("db", "check")):
        done = scrapy(*command, ECNEWS_DATABASE_URL=f"sqlite:///{tmp_path}/none.db")
        assert done.returncode != 0
        assert "there is no such file" in done.stderr
    assert not (tmp_path / "none.db").exists()


def test_db_tells_and_upgrades_the_schema(scrapy: Scrapy, database_url: str) -> None:
    engine = database.open_as_is(database_url)
    with engine.begin() as connection:
        migrations.upgrade(connection, "0001")
    newest = migrations.newest()

    def db(action: str) -> tuple[int, str]:
        done = scrapy("db", action, ECNEWS_DATABASE_URL=database_url)
        return done.returncode, (done.stdout + done.stderr).partition(": ")[2].strip()

    assert db("current") == (0, f"schema 0001; this version needs {newest}")
    assert db("check") == (
        1,
        f"schema 0001, not {newest}; scrapy db upgrade brings it there",
    )
    assert db("upgrade") == (0, f"schema {newest}, up to date")
    assert db("check") == (0, f"schema {newest}, up to date")
    fill(database_url)
    assert db("reindex") == (0, "3 articles indexed")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    code, said = db("check")
    assert (code, "newer" in said) == (1, True)
    engine.dispose()


def test_db_names_its_actions(scrapy: Scrapy) -> None:
    done = scrapy("db", "drop")
    assert done.returncode == 2
    assert "current, check, upgrade, reindex" in done.stderr


RUN = Run("digital_retail", {"pages": "3"}, None, "1.0", "abc")


def verdicts(engine: Engine) -> list[str | None]:
    with engine.connect() as connection:
        return list(connection.execute(select(table.c.verdict).order_by(table.c.id)).scalars())


def test_a_run_that_was_killed_is_told_by_the_next(database_url: str) -> None:
    code = (
        "import os, sys; from datetime import datetime, UTC; from ecnews.storage import *;"
        "from ecnews.storage import database, runs;"
        "engine = database.connect(sys.argv[1]);"
        "runs.begin(engine, runs.Run('s', {}, None, '1', 'r'), datetime.now(UTC));"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, database_url], cwd=ROOT, check=False)
    engine = database.connect(database_url)
    assert verdicts(engine) == [None]
    runs.begin(engine, RUN, datetime.now(UTC))
    assert verdicts(engine) == ["killed", None]
    engine.dispose()


def test_a_run_that_is_alive_is_left_alone(database_url: str) -> None:
    engine = database.connect(database_url)
    first = runs.begin(engine, RUN, START)
    runs.begin(engine, RUN, START)
    with engine.begin() as connection:  # of another process of this machine, and of another one
        alive = {"pid": os.getppid()}
        connection.execute(table.update().where(table.c.id == first).values(alive))
        connection.execute(table.update().where(table.c.id != first).values(host="elsewhere"))
    runs._ours.clear()
    runs.begin(engine, RUN, START + timedelta(minutes=10))
    assert verdicts(engine) == [None, None, None]
    runs.begin(engine, RUN, START + timedelta(minutes=20))
    assert verdicts(engine) == ["killed", "killed", None, None]
    engine.dispose()


def test_a_run_is_kept_up_to_date(database_url: str) -> None:
    engine = database.connect(database_url)
    id_ = runs.begin(engine, RUN, START)
    runs.go_on(engine, id_, {"pages": 7}, START + timedelta(minutes=1))
    with engine.connect() as connection:
        row = connection.execute(select(table)).one()
    assert (row.updated_at, row.counts, row.finished_at) == (
        START + timedelta(minutes=1),
        {"pages": 7},
        None,
    )
    runs.finish(engine, id_, "ok", "7 new", {"pages": 9}, START + timedelta(minutes=2))
    with engine.connect() as connection:
        row = connection.execute(select(table)).one()
    assert (row.verdict, row.sentence, row.counts) == ("ok", "7 new", {"pages": 9})
    assert row.finished_at == START + timedelta(minutes=2)
    engine.dispose()
