"""`scrapy crawl backfill` and `articles`: the past, however often it is interrupted."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FAST, ROOT, Scrapy, rows
from tests.replica import Corpus
from tests.replica.site import Request, Response, Site, response
from tests.serving import served

CORPUS = Corpus(150, seed=6)
NUMBERS = "numbers=9000000-9000449"


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/backfill.db"


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def site(asked: list[str]) -> Iterator[str]:
    with served(Site(CORPUS).respond, asked) as url:
        yield url


def stored(database: str) -> list[object]:
    return [row[0] for row in rows(database, "SELECT number FROM articles ORDER BY number")]


def run(scrapy: Scrapy, site: str, database: str, *words: str) -> tuple[int, str]:
    done = scrapy("crawl", *words, *FAST, ECNEWS_SITE_URL=site, ECNEWS_DATABASE_URL=database)
    return done.returncode, done.stderr


def test_a_range_of_numbers_is_fetched_newest_first(
    scrapy: Scrapy, site: str, database: str, asked: list[str]
) -> None:
    one_at_a_time = ("-s", "CONCURRENT_REQUESTS=1")  # of several the server may see any first
    numbers_given = ("-a", "numbers=9000150-9000299", "-a", "section=all")
    code, said = run(scrapy, site, database, "backfill", *numbers_given, *one_at_a_time)
    assert code == 0, said
    assert stored(database) == [a.number for a in CORPUS if 9000150 <= a.number <= 9000299]
    numbers = [int(n) for target in asked for n in re.findall(r"--(\d{7})\.", target)]
    assert numbers == sorted(numbers, reverse=True)


def test_gaps_are_remembered(scrapy: Scrapy, site: str, database: str, asked: list[str]) -> None:
    words = ("backfill", "-a", "numbers=9000150-9000299", "-a", "section=all")
    run(scrapy, site, database, *words)
    asked.clear()
    code, said = run(scrapy, site, database, *words)
    assert code == 0
    assert "nothing-new" in said
    assert len(asked) < 10, "only what may be published yet, above the newest, is asked again"


def test_the_breadcrumb_decides_the_section(scrapy: Scrapy, site: str, database: str) -> None:
    run(scrapy, site, database, "backfill", "-a", NUMBERS, "-a", "section=物流科技")
    assert stored(database) == [a.number for a in CORPUS if a.section == "物流科技"]


def test_days_are_read_from_the_lists(
    scrapy: Scrapy, site: str, database: str, asked: list[str]
) -> None:
    days = [CORPUS[i].published_at.date() for i in (75, 100)]
    run(
        scrapy,
        site,
        database,
        "backfill",
        "-a",
        f"from_date={days[0]}",
        "-a",
        f"until_date={days[1]}",
    )
    wanted = [
        a.number
        for a in CORPUS
        if a.section == "数字零售" and days[0] <= a.published_at.date() <= days[1]
    ]
    assert stored(database) == wanted
    assert len([t for t in asked if t.startswith("/detail")]) < 3 * len(wanted)


def test_where_the_lists_end_it_goes_on_by_number(scrapy: Scrapy, database: str) -> None:
    def short(request: Request) -> Response:
        match = re.match(r"/list--\d+--(\d+)", request.target)
        if match and int(match[1]) > 1:
            return response(b"", status=404)
        return Site(CORPUS).respond(request)

    day = CORPUS[100].published_at.date()
    with served(short, []) as url:
        run(scrapy, url, database, "backfill", "-a", f"from_date={day}")
    wanted = [a.number for a in CORPUS if a.section == "数字零售" and a.published_at.date() >= day]
    assert stored(database) == wanted


def test_a_budget_is_kept_and_the_next_run_goes_on(
    scrapy: Scrapy, site: str, database: str, asked: list[str]
) -> None:
    words = ("backfill", "-a", NUMBERS, "-a", "section=all")
    code, said = run(scrapy, site, database, *words, "-a", "max_requests=50")
    assert (code, len(asked)) == (3, 50)
    assert "50 requests" in said
    asked.clear()
    run(scrapy, site, database, *words)
    assert stored(database) == [a.number for a in CORPUS]
    assert len(asked) < 450 - 20


@pytest.mark.parametrize("words", [NUMBERS, "from_date=2014-01-01"])
def test_killed_at_any_moment_it_goes_on_where_it_was(
    site: str, database: str, asked: list[str], words: str
) -> None:
    command = [
        *(sys.executable, "-m", "scrapy", "crawl", "backfill"),
        *("-a", words, "-a", "section=数字零售", *FAST),
    ]
    environment = os.environ | {
        "NO_PROXY": "127.0.0.1", "ECNEWS_SITE_URL": site, "ECNEWS_DATABASE_URL": database
    }  # fmt: skip
    pause = threading.Event()
    dice, kills, before = random.Random(7), 0, 0
    while kills < 3:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
        wanted = before + dice.randrange(20, 120)
        while process.poll() is None and len(asked) < wanted:
            pause.wait(0.005)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        kills, before = kills + 1, len(asked)
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
    assert stored(database) == [a.number for a in CORPUS if a.section == "数字零售"]
    twice = sum(count - 1 for count in Counter(asked).values())
    assert twice <= 60 * kills


def test_given_articles_are_fetched_whatever_their_section(
    scrapy: Scrapy, site: str, database: str, tmp_path: Path
) -> None:
    wanted = [CORPUS[index].number for index in (3, 100, 149)]
    file = tmp_path / "urls.txt"
    file.write_text(
        f"# ours\nhttps://www.100ec.cn/detail--{wanted[0]}.html\n\n{wanted[1]}\n"
        f"www.100ec.cn/detail--{wanted[2]}.html?from=x\n"
    )
    code, said = run(scrapy, site, database, "articles", "-a", f"urls={file}")
    assert code == 0, said
    assert stored(database) == wanted


def test_copies_on_other_hosts_are_fetched_there(
    scrapy: Scrapy, site: str, database: str, asked: list[str]
) -> None:
    copies: list[str] = []
    with served(Site(CORPUS).respond, copies) as mirror:
        target = f"/detail--{CORPUS[9].number}.html"
        code, said = run(scrapy, site, database, "articles", "-a", f"urls={mirror}{target}")
    assert code == 0, said
    assert target in copies
    assert target not in asked


def test_what_another_host_lacks_is_not_gone_from_the_site(
    scrapy: Scrapy, site: str, database: str, asked: list[str]
) -> None:
    with served(lambda _: response(b"", status=404), []) as mirror:
        target = f"/detail--{CORPUS[9].number}.html"
        run(scrapy, site, database, "articles", "-a", f"urls={mirror}{target}")
    assert target not in asked
    kept = rows(database, "SELECT number, url, outcome FROM fetches")
    assert kept == [(None, f"{mirror}{target}", "gone")]


def circle(request: Request) -> Response:
    head = f"HTTP/1.1 302 Found\r\nLocation: {request.target}\r\nContent-Length: 0\r\n\r\n"
    return Response(302, head.encode(), b"")


def test_a_copy_that_fails_is_asked_for_again_where_it_is(
    scrapy: Scrapy, site: str, database: str, asked: list[str]
) -> None:
    tries: list[str] = []
    with served(circle, tries) as mirror:
        target = f"/detail--{CORPUS[9].number}.html"
        run(scrapy, site, database, "articles", "-a", f"urls={mirror}{target}")
    assert tries.count(target) > 1
    assert target not in asked


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["backfill"], "say how far back"),
        (["backfill", "-a", "numbers=9-3"], "the smaller first"),
        (["backfill", "-a", "numbers=1-3", "-a", "from_date=2026-01-01"], "not both"),
        (["backfill", "-a", "from_date=2026-02-01", "-a", "until_date=2026-01-01"], "lies behind"),
        (["articles"], "urls is missing"),
        (["articles", "-a", "urls=/nowhere/urls.txt"], "urls"),
        (["articles", "-a", "urls=https://www.100ec.cn/list--21--1.html"], "no article's address"),
        (["digital_retail", "-a", "via=telepathy"], "list, json, browser"),
        (["digital_retail", "-a", "max_requests=0"], "max_requests"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_fetched(
    scrapy: Scrapy, words: list[str], said: str
) -> None:
    done = scrapy("crawl", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
