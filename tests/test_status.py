"""`scrapy status`: what an operator and a monitor see."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ecnews.items import Quarantined
from ecnews.storage import database, runs
from ecnews.storage.runs import Run
from ecnews.storage.schema import runs as table
from ecnews.storage.writer import Writer
from tests.conftest import Scrapy
from tests.test_drift import report

NOW = datetime.now(UTC)


def run(
    url: str, verdict: str | None, hours: float, spider: str = "digital_retail", /, **counts: Any
) -> None:
    """A run that ended so many hours ago; without a verdict, one that was killed then."""
    engine = database.connect(url)
    end = NOW - timedelta(hours=hours)
    id_ = runs.begin(engine, Run(spider, {}, None, "1", "r"), end - timedelta(minutes=5))
    runs.finish(engine, id_, verdict or "ok", "the sentence", counts, end)
    if verdict is None:
        with engine.begin() as connection:
            gone = {"verdict": None, "sentence": None, "finished_at": None, "pid": 0}
            connection.execute(table.update().where(table.c.id == id_).values(gone))
    engine.dispose()


def test_the_age_of_the_last_good_run_decides(scrapy: Scrapy, database_url: str) -> None:
    def code(*args: str) -> int:
        return scrapy("status", *args, ECNEWS_DATABASE_URL=database_url).returncode

    run(database_url, "nothing-new", 30)
    run(database_url, "partial", 2)
    run(database_url, "ok", 1, "articles")
    assert code() == 0
    assert code("--max-age", "31h") == 0
    assert code("--max-age", "26h") == 1, "neither a partial run nor another spider's counts"
    assert code("--max-age", "26h", "--spider", "articles") == 0
    assert code("--max-age", "26h", "--spider", "backfill") == 1, "there is none"


def test_it_shows_runs_quarantine_and_trend(scrapy: Scrapy, database_url: str) -> None:
    for hours in (60, 50):
        run(database_url, "ok", hours, **{"health": report(30).report.dump(), "stored/new": 12})
    run(database_url, None, 40)
    drifted = report(20, "source", unread=5).report.dump()
    run(database_url, "drifted", 1, health=drifted)
    engine = database.connect(database_url)
    writer = Writer(engine)
    for number in range(3):
        writer.add(Quarantined(f"https://h/{number}", number, "no time", "layout 2026: no time"))
    writer.flush()
    engine.dispose()
    said = scrapy("status", "--max-age", "26h", ECNEWS_DATABASE_URL=database_url).stdout
    lines = said.splitlines()
    assert lines[0] == "last good run of digital_retail: 50 h ago (ok) - TOO OLD"
    table = [line.split()[2:] for line in lines if "digital_retail  " in line]
    assert table == [
        ["digital_retail", "drifted", "0", "5", "min"],
        ["digital_retail", "killed", "0", "5", "min"],
        ["digital_retail", "ok", "12", "5", "min"],
        ["digital_retail", "ok", "12", "5", "min"],
    ]
    assert "the sentence" in said
    assert "in quarantine: 3, no time 3" in said
    assert "not readable 20% (0%) !" in said
    assert "source 0% (100%) !" in said
    assert "title 100% (100%)  " in said
    assert re.search(r"of all +title 80% \(100%\) !  body 80%", said), "with those not readable"
    found = json.loads(scrapy("status", "--json", ECNEWS_DATABASE_URL=database_url).stdout)
    assert [row["verdict"] for row in found["runs"]] == ["drifted", "killed", "ok", "ok"]
    assert found["health"]["2026"]["fields"]["source"] == {"share": 0.0, "usual": 1.0}
    assert found["health"]["all"]["pages"] == 25
    assert found["quarantine"] == {"no time": 3}
    assert round(found["age_seconds"] / 3600) == 50
    assert found["fresh"] is True


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///{folder}/none.db", "there is no such file"),
        ("sqlite:///{folder}/text.db", "not a database"),
        ("sqlite:///{folder}/empty.db", "it is empty; crawl first"),
        ("postgresql://u:geheim@127.0.0.1:9/news", "127.0.0.1"),
        ("mysql://u:geheim@h/news", "not supported"),
    ],
)
def test_a_database_that_cannot_be_read_is_an_error_and_is_not_made(
    scrapy: Scrapy, tmp_path: Path, url: str, said: str
) -> None:
    (tmp_path / "text.db").write_text("no database at all, only text" * 50)
    (tmp_path / "empty.db").touch()
    done = scrapy("status", ECNEWS_DATABASE_URL=url.format(folder=tmp_path))
    assert done.returncode == 2
    assert said in done.stderr
    assert "geheim" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "none.db").exists()
    assert not (tmp_path / "empty.db").stat().st_size


@pytest.mark.parametrize("args", [("--max-age", "26"), ("--limit", "0"), ("x",)])
def test_what_it_does_not_take_is_refused(scrapy: Scrapy, args: tuple[str, ...]) -> None:
    done = scrapy("status", *args)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
