"""A run on a schedule: what it costs the site, and that it misses nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ecnews.pages.listing import Entry
from ecnews.spiders import ground
from ecnews.spiders.ground import Ground
from tests.conftest import FAST, Scrapy, rows
from tests.replica import Corpus
from tests.replica.site import Request, Response, Site, response
from tests.serving import served


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/increments.db"


def crawl(scrapy: Scrapy, url: str, database: str, *more: str) -> str:
    done = scrapy(
        *("crawl", "digital_retail", *FAST, *more),
        ECNEWS_SITE_URL=url,
        ECNEWS_DATABASE_URL=database,
    )
    return done.stderr


def stored(database: str) -> set[object]:
    return {row[0] for row in rows(database, "SELECT number FROM articles")}


def retail(corpus: Corpus, newest: int) -> set[int]:
    return {a.number for a in list(corpus)[-newest:] if a.section == "数字零售"}


def test_a_run_without_news_costs_two_requests(scrapy: Scrapy, database: str) -> None:
    asked: list[str] = []
    with served(Site(Corpus(300, seed=4)).respond, asked) as url:
        crawl(scrapy, url, database)
        for _ in range(2):
            asked.clear()
            assert "\nnothing-new: " in crawl(scrapy, url, database)
            assert len(asked) <= 2


def test_news_cost_themselves_and_two_lists(scrapy: Scrapy, database: str) -> None:
    corpus, asked = Corpus(300, seed=4, held=15), list[str]()
    with served(Site(corpus).respond, asked) as url:
        crawl(scrapy, url, database)
        corpus.publish(15)
        asked.clear()
        crawl(scrapy, url, database)
        assert len(asked) <= 17
        first = {target for target in asked if target.startswith("/detail")}
        crawl(scrapy, url, database)
        crawl(scrapy, url, database)
    assert retail(corpus, 15) <= stored(database), "a list that was not asked at once is forgotten"
    assert len(first) == len(set(first))


def test_news_of_one_list_are_all_found_at_once(scrapy: Scrapy, database: str) -> None:
    """As on a site that has one list for all, whatever its number."""
    corpus, asked = Corpus(300, seed=4, held=15), list[str]()

    def one_list(request: Request) -> Response:
        target = request.target.replace("/list--92--", "/list--22--")
        if target.startswith(("/list--21", "/list--33")):
            return response(b"", status=404)
        return Site(corpus).respond(Request("GET", target, ""))

    with served(one_list, asked) as url:
        crawl(scrapy, url, database, "-a", "section=all")
        corpus.publish(15)
        asked.clear()
        crawl(scrapy, url, database, "-a", "section=all")
    listed = {corpus.number(i) for i in range(285, 300) if 22 in corpus.lists_of(i)}
    assert listed <= stored(database)
    assert len(asked) <= 17


def test_a_run_after_a_long_pause_goes_deeper(scrapy: Scrapy, database: str) -> None:
    corpus = Corpus(500, seed=4, held=250)
    with served(Site(corpus).respond, []) as url:
        crawl(scrapy, url, database)
        corpus.publish(250)
        for _ in range(3):
            crawl(scrapy, url, database)
    assert retail(corpus, 250) <= stored(database)


def test_a_pinned_article_stops_no_run(scrapy: Scrapy, database: str) -> None:
    corpus = Corpus(300, seed=4, held=120, pinned=True)
    with served(Site(corpus).respond, []) as url:
        crawl(scrapy, url, database)
        corpus.publish(120)
        for _ in range(3):
            crawl(scrapy, url, database)
    assert retail(corpus, 120) <= stored(database)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (response(b"", status=500), "failed      1: HTTP 500 1"),
        (response("<h1>您访问的页面不存在</h1>".encode()), "quarantined 1: error page 1"),
    ],
)
def test_an_article_fetched_in_vain_is_fetched_by_the_next_run(
    scrapy: Scrapy, database: str, bad: Response, said: str
) -> None:
    corpus, broken = Corpus(300, seed=4), True
    number = max(retail(corpus, 30))

    def failing(request: Request) -> Response:
        if broken and str(number) in request.target:
            return bad
        return Site(corpus).respond(request)

    with served(failing, []) as url:
        assert said in crawl(scrapy, url, database)
        assert number not in stored(database)
        broken = False
        crawl(scrapy, url, database)
    assert number in stored(database)


def test_an_article_of_another_section_is_fetched_once_and_for_that_section_again(
    scrapy: Scrapy, database: str
) -> None:
    corpus, asked = Corpus(120, seed=4), list[str]()
    with served(Site(corpus).respond, asked) as url:
        crawl(scrapy, url, database, "-a", "pages=9")
        asked.clear()
        crawl(scrapy, url, database, "-a", "pages=9")
        assert not [target for target in asked if target.startswith("/detail")]
        crawl(scrapy, url, database, "-a", "pages=9", "-a", "section=物流科技")
    wanted = {a.number for a in corpus if a.section == "物流科技"}
    assert wanted <= stored(database)


def test_refresh_fetches_known_articles_again(scrapy: Scrapy, database: str) -> None:
    asked: list[str] = []
    with served(Site(Corpus(60, seed=4)).respond, asked) as url:
        crawl(scrapy, url, database, "-a", "pages=1")
        asked.clear()
        crawl(scrapy, url, database, "-a", "pages=1", "-a", "refresh=1")
        assert not [target for target in asked if target.startswith("/detail")]
        crawl(scrapy, url, database, "-a", "pages=1", "-a", "refresh=0")
    assert [target for target in asked if target.startswith("/detail")]


def test_robots_txt_is_asked_once_a_day(scrapy: Scrapy, database: str) -> None:
    asked: list[str] = []
    with served(Site(Corpus(60, seed=4)).respond, asked) as url:
        crawl(scrapy, url, database)
        crawl(scrapy, url, database)
    assert asked.count("/robots.txt") == 1


# Which lists, and how far

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def known(minutes: float, gain: float = 1.0, numbers: tuple[int, ...] = ()) -> Ground:
    return Ground(numbers, NOW - timedelta(minutes=minutes), gain)


def test_all_lists_are_asked_by_the_first_run_and_after_a_long_pause() -> None:
    assert ground.order({"21": None, "92": None, "22": None}, NOW) == (["21", "92", "22"], 3)
    old = {name: known(600) for name in ("21", "92", "22")}
    assert ground.order(old, NOW)[1] == 3


def test_two_lists_are_asked_by_a_run_that_follows_closely() -> None:
    grounds: dict[str, Ground | None] = {n: known(10) for n in ("21", "92", "33", "22")}
    assert ground.order(grounds, NOW)[1] == 2


def test_every_list_has_its_turn_and_a_barren_one_rarely() -> None:
    turns = dict.fromkeys(("21", "92", "33", "22"), 0)
    grounds: dict[str, Ground | None] = {name: known(10) for name in turns}
    now = NOW
    for _ in range(200):
        ranked, count = ground.order(grounds, now)
        for name in ranked[:count]:
            turns[name] += 1
            grounds[name] = ground.advanced(grounds[name], [], now, 0 if name == "22" else 2)
        now += timedelta(minutes=10)
    assert 1 <= turns["22"] < 40
    assert min(turns[name] for name in ("21", "92", "33")) > 90


def entries(*numbers: int, aside: tuple[int, ...] = ()) -> list[Entry]:
    return [Entry(n, None) for n in numbers] + [Entry(n, None, aside=True) for n in aside]


@pytest.mark.parametrize(
    ("page", "met"),
    [
        (entries(9, 8, 7, 6, 5), True),
        (entries(99, 98, 7, 6, 5), True),
        (entries(99, 98, 97, 7, 96), False),
        (entries(5, 99, 98, 97), False),  # pinned
        (entries(99, 98, 97, aside=(9, 8, 7)), False),  # sidebar
        (entries(99, 7, 4, 6), True),  # one of them is not known any more
        (entries(9), True),
        ([], False),
    ],
)
def test_known_ground_is_met_at_the_end_of_a_page(page: list[Entry], met: bool) -> None:
    assert known(1, numbers=(9, 8, 7, 6, 5)).met(page) is met
