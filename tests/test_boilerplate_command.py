"""`scrapy boilerplate`, run as a user runs it, on a database of either engine."""

from __future__ import annotations

import json
from pathlib import Path

from ecnews.items import Article
from ecnews.storage import database
from ecnews.storage.writer import Writer
from tests.conftest import Scrapy

UNKNOWN = "本栏目由某合作伙伴冠名播出"


def fill(url: str, count: int) -> None:
    engine = database.connect(url)
    writer = Writer(engine)
    for i in range(count):
        body = f"第{i}篇的正文。\n\n{UNKNOWN}" if i % 2 else f"第{i}篇的正文。\n\n完"
        writer.add(
            Article(
                url=f"https://www.100ec.cn/detail--{i}.html",
                number=i,
                title=f"第{i}篇",
                body=body,
                published_at=f"2026-01-{i + 1:02}T08:00:00+08:00",
            )
        )
    writer.flush()
    engine.dispose()


def test_what_ends_many_articles_is_listed_with_where_and_when(
    scrapy: Scrapy, database_url: str
) -> None:
    fill(database_url, 20)
    done = scrapy("boilerplate", "--json", "--least", "10", ECNEWS_DATABASE_URL=database_url)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found == [
        {
            "text": UNKNOWN,
            "count": 10,
            "first_day": "2026-01-02",
            "last_day": "2026-01-20",
            "urls": [f"https://www.100ec.cn/detail--{i}.html" for i in (19, 17, 15)],
        }
    ]


def test_it_reads_well_without_json(scrapy: Scrapy, tmp_path: Path) -> None:
    fill(f"sqlite:///{tmp_path}/ecnews.db", 12)
    lines = scrapy("boilerplate", "--least", "6").stdout.splitlines()
    assert lines[0] == f"6 articles, 2026-01-02 to 2026-01-12: {UNKNOWN}"
    assert lines[1] == "    https://www.100ec.cn/detail--11.html"


def test_nothing_to_report_is_said(scrapy: Scrapy) -> None:
    done = scrapy("boilerplate")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "no block ends 5 articles or more\n"


def test_a_database_that_cannot_be_read_is_an_error(scrapy: Scrapy) -> None:
    done = scrapy("boilerplate", ECNEWS_DATABASE_URL="sqlite:////no/such/folder/x.db")
    assert done.returncode == 1
    assert "/no/such/folder/x.db" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_option_is_a_usage_error(scrapy: Scrapy) -> None:
    assert scrapy("boilerplate", "--least", "1").returncode == 2
