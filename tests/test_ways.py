"""Each way to list the news alone, and each failing, against the replica."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import pytest

from ecnews import catalog
from ecnews.pages import listing
from ecnews.pages.listing import Entry
from tests.conftest import FAST, Scrapy, needs_browser, rows
from tests.replica import Corpus, options
from tests.replica.application import without
from tests.replica.site import Request, Responder, Response, Site, response
from tests.serving import served

CORPUS = Corpus(120, seed=4)
RETAIL = {article.number for article in CORPUS if article.section == "数字零售"}


def replica(*words: str, corpus: Corpus = CORPUS) -> Responder:
    return options.wrap(Site(corpus).respond, corpus, options.of(*words))


def stored(url: str) -> set[object]:
    return {row[0] for row in rows(url, "SELECT number FROM articles")}


def crawl(scrapy: Scrapy, url: str, database: str, *more: str) -> tuple[int, str]:
    done = scrapy(
        *("crawl", "digital_retail", *FAST, *more),
        ECNEWS_SITE_URL=url,
        ECNEWS_DATABASE_URL=database,
    )
    return done.returncode, done.stderr


@pytest.fixture
def database(tmp_path: object) -> str:
    return f"sqlite:///{tmp_path}/ways.db"


def test_list_pages_serve_alone(scrapy: Scrapy, database: str) -> None:
    asked: list[str] = []
    with served(replica(), asked) as url:
        code, said = crawl(scrapy, url, database, "-a", "pages=50")
    assert code == 0, said
    assert stored(database) == RETAIL
    assert not any(target.startswith(("/Home", "/Digital")) for target in asked)


def test_the_json_list_serves_where_list_pages_are_gone(scrapy: Scrapy, database: str) -> None:
    with served(replica("--json-only"), []) as url:
        code, said = crawl(scrapy, url, database, "-a", "pages=50")
    assert code == 0, said
    assert "nothing usable by way of list" in said
    assert stored(database) == RETAIL


@needs_browser
def test_the_application_serves_where_there_are_no_lists(scrapy: Scrapy, database: str) -> None:
    asked: list[str] = []
    with served(replica("--spa-only"), asked) as url:
        code, said = crawl(scrapy, url, database)
    assert code == 0, said
    assert stored(database) == RETAIL, "it was not scrolled to its end"
    assert not any("static" in target for target in asked), "images and styles were loaded"


@needs_browser
def test_the_application_is_scrolled_to_known_ground(scrapy: Scrapy, database: str) -> None:
    corpus, asked = Corpus(135, seed=4, held=15), list[str]()
    with served(replica("--spa-only", corpus=corpus), asked) as url:
        crawl(scrapy, url, database, "-a", "via=browser")
        asked.clear()
        corpus.publish(15)
        crawl(scrapy, url, database)
    lists = [target for target in asked if not target.startswith("/detail")]
    assert lists == ["/DigitalRetail/", "/flash/feed?offset=0"]
    new = {a.number for a in list(corpus)[-15:] if a.section == "数字零售"}
    assert stored(database) >= new


def test_the_way_that_served_is_asked_first_by_the_next_run(scrapy: Scrapy, database: str) -> None:
    asked: list[str] = []
    with served(replica("--json-only"), asked) as url:
        crawl(scrapy, url, database)
        asked.clear()
        crawl(scrapy, url, database)
    assert len(asked) == 2
    assert all(target.startswith("/Home/Jzbxcx/news_list") for target in asked)


def test_a_way_can_be_forced(scrapy: Scrapy, database: str) -> None:
    asked: list[str] = []
    with served(replica(), asked) as url:
        code, _ = crawl(scrapy, url, database, "-a", "via=json")
    assert code == 0
    assert not any(target.startswith("/list") for target in asked)


def test_a_forced_way_that_brings_nothing_is_not_replaced(scrapy: Scrapy, database: str) -> None:
    with served(replica("--json-only"), []) as url:
        code, said = crawl(scrapy, url, database, "-a", "via=list")
    assert code == 4
    assert "empty: " in said


def test_without_a_browser_the_other_ways_run_and_it_says_how_to_get_one(
    scrapy: Scrapy, database: str
) -> None:
    with served(replica("--spa-only"), []) as url:
        done = scrapy(
            *("crawl", "digital_retail", *FAST),
            ECNEWS_SITE_URL=url,
            ECNEWS_DATABASE_URL=database,
            ECNEWS_BROWSER="/nowhere/chromium",
        )
    assert done.returncode == 4
    assert "apt-get install chromium" in done.stderr


def test_a_list_whose_first_answer_is_cut_is_asked_again(scrapy: Scrapy, database: str) -> None:
    met: Counter[str] = Counter()

    def cutting(request: Request) -> Response:
        met[request.target] += 1
        answer = replica("--json-only")(request)
        if "news_list" in request.target and met[request.target] == 1:
            return response(answer.body[:100])
        return answer

    with served(cutting, []) as url:
        code, said = crawl(scrapy, url, database, "-a", "pages=50", "-a", "via=json")
    assert code == 0, said
    assert stored(database) == RETAIL


def test_a_list_that_fails_leaves_the_run_partial(scrapy: Scrapy, database: str) -> None:
    with served(without(replica(), "/list--21--1"), []) as url:
        assert crawl(scrapy, url, database)[0] == 0, "a list that is gone is no failure"

    def failing(request: Request) -> Response:
        if request.target.startswith("/list--21--"):
            return response(b"", status=500)
        return replica()(request)

    with served(failing, []) as url:
        assert crawl(scrapy, url, database)[0] == 3


TODAY = date(2026, 1, 5)


def read(document: object, strict: bool = False) -> list[Entry]:
    body = json.dumps(document).encode()
    return listing.read_json(body, "https://www.100ec.cn/x", catalog.load(), TODAY, strict)


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"list": [{"id": "6648723", "title": "x", "post_date": "2025-04-01 08:00"}]},
         [Entry(6648723, date(2025, 4, 1))]),
        ({"data": {"rows": [{"newsId": 6648723, "newsTitle": "x"}]}}, [Entry(6648723, None)]),
        ([{"u": "/detail--6648723.html?from=app", "t": "x"}], [Entry(6648723, None)]),
        ([{"id": 6648723, "title": "x", "time": 1767571200}], [Entry(6648723, date(2026, 1, 5))]),
        ([{"id": 12, "title": "a column"}], []),
        ([{"id": 6648723}], []),
        ({"list": None}, []),
    ],
)  # fmt: skip
def test_articles_are_known_in_json_of_any_shape(document: object, found: list[Entry]) -> None:
    assert read(document) == found


def test_json_that_is_no_list_of_articles_needs_a_day_or_an_address() -> None:
    user = {"user": {"id": 1234567, "title": "member"}}
    assert read(user) == [Entry(1234567, None)]
    assert read(user, strict=True) == []


def test_what_stands_aside_from_the_list_is_told_from_it() -> None:
    rows_ = "".join(
        f'<li class="{"odd" if n % 2 else "even"}"><a href="/detail--{n}.html">x</a></li>'
        for n in range(9, 0, -1)
    )
    side = '<li><a href="/detail--50.html">x</a></li>'
    page = f'<ul class="news">{rows_}</ul><div class="hot"><ul>{side}</ul></div>'
    entries = listing.read(page.encode(), "https://www.100ec.cn/", catalog.load(), TODAY)
    assert [entry.number for entry in entries if entry.aside] == [50]
