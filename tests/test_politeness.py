"""Manners and defences, seen at the server."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest

from ecnews.errors import SettingError
from ecnews.middlewares.budget import QuietHours
from tests.conftest import FAST, Scrapy, rows
from tests.replica import Corpus, faults, options
from tests.replica.faults import MANNERS
from tests.replica.site import Request, Responder, Response, Site, response
from tests.serving import served

CORPUS = Corpus(60, seed=4)
RETAIL = {article.number for article in CORPUS if article.section == "数字零售"}
ONE = f"/detail--{max(RETAIL)}.html"


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/politeness.db"


def crawl(scrapy: Scrapy, url: str, database: str, *more: str, **env: str) -> tuple[int, str]:
    done = scrapy(
        *("crawl", "digital_retail", *FAST, *more),
        ECNEWS_SITE_URL=url, ECNEWS_DATABASE_URL=database, **env,
    )  # fmt: skip
    return done.returncode, done.stderr


def stored(database: str) -> set[object]:
    return {row[0] for row in rows(database, "SELECT number FROM articles")}


def timed(then: Responder, moments: list[float]) -> Responder:
    def answer(request: Request) -> Response:
        moments.append(time.monotonic())
        return then(request)

    return answer


def robots(rules: str) -> Responder:
    return lambda request: (
        response(rules.encode(), "text/plain")
        if request.target == "/robots.txt"
        else Site(CORPUS).respond(request)
    )


def held_back(moments: list[float], delay: float) -> bool:
    """Whether requests came with that delay: of each a fifth is left to a busy machine."""
    return moments[-1] - moments[0] >= 0.8 * delay * (len(moments) - 1)


def gaps(moments: list[float]) -> list[float]:
    return [later - before for before, later in pairwise(moments)]


def test_crawl_delay_holds_where_it_is_the_larger(scrapy: Scrapy, database: str) -> None:
    moments: list[float] = []
    rules = "User-agent: *\nCrawl-delay: 0.4\n"
    with served(timed(robots(rules), moments), []) as url:
        crawl(scrapy, url, database, "-a", "max_requests=6")
    assert held_back(moments, 0.4)


def test_crawl_delay_is_kept_with_robots_txt(scrapy: Scrapy, database: str) -> None:
    moments: list[float] = []
    rules = "User-agent: *\nCrawl-delay: 0.4\n"
    with served(timed(robots(rules), moments), []) as url:
        crawl(scrapy, url, database, "-a", "max_requests=2")
        moments.clear()
        crawl(scrapy, url, database, "-a", "max_requests=4")
    assert held_back(moments, 0.4)


def once(status: int, header: str) -> tuple[Responder, list[float]]:
    """Answers one list page once with a status and a header; notes when it is asked."""
    moments: list[float] = []

    def answer(request: Request) -> Response:
        moments.append(time.monotonic())
        if len(moments) == 3:
            head = f"HTTP/1.1 {status} Busy\r\n{header}Content-Length: 0\r\n\r\n"
            return Response(status, head.encode(), b"")
        return Site(CORPUS).respond(request)

    return answer, moments


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_by_every_request(
    scrapy: Scrapy, database: str, status: int
) -> None:
    answer, moments = once(status, "Retry-After: 1\r\n")
    with served(answer, []) as url:
        code, said = crawl(scrapy, url, database, "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=1")
    assert code == 0, said
    assert gaps(moments)[2] >= 0.8


def test_a_site_that_asks_for_a_long_rest_gets_it(scrapy: Scrapy, database: str) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    answer, moments = once(429, f"Retry-After: {when}\r\n")
    with served(answer, []) as url:
        code, said = crawl(scrapy, url, database, "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=1")
    assert code == 6
    assert "left alone until" in said
    assert len(moments) == 3


def test_quiet_hours_ask_nothing(scrapy: Scrapy, database: str) -> None:
    asked: list[str] = []
    now = datetime.now(timezone(timedelta(hours=8)))
    hours = f"{now - timedelta(minutes=30):%H:%M}-{now + timedelta(minutes=30):%H:%M}"
    with served(Site(CORPUS).respond, asked) as url:
        code, said = crawl(scrapy, url, database, ECNEWS_QUIET_HOURS=hours)
    assert asked == []
    assert code == 0
    assert "quiet hours until" in said


@pytest.mark.parametrize("text", ["25:00-03:00", "1-3", "01:00", "01:00-01:00", "nachts"])
def test_quiet_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(SettingError, match="ECNEWS_QUIET_HOURS"):
        QuietHours.parse(text)


def test_a_budget_counts_every_request(scrapy: Scrapy, database: str) -> None:
    asked: list[str] = []
    with served(Site(CORPUS).respond, asked) as url:
        code, said = crawl(scrapy, url, database, "-a", "max_requests=12")
    assert len(asked) == 12
    assert code == 3
    assert "12 requests" in said


# What a hostile or broken server may send in the place of one article


def instead(spoilt: Callable[[Request], Response], then: Responder | None = None) -> Responder:
    whole = then or Site(CORPUS).respond
    return lambda request: spoilt(request) if request.target == ONE else whole(request)


def spoilt_by(name: str) -> Callable[[Request], Response]:
    manner = next(manner for manner in MANNERS if manner.__name__ == f"_{name}")
    return lambda request: manner(request, Site(CORPUS).respond(request))


def bomb(_: Request) -> Response:
    body = gzip.compress(b"\0" * 64 * 1024 * 1024)
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return Response(200, head.encode(), body)


@pytest.mark.parametrize(
    ("spoilt", "cause"),
    [
        (bomb, "too large"),
        (spoilt_by("huge"), "too large"),
        (spoilt_by("endless"), "too large"),
        (spoilt_by("truncated"), "cut short"),
        (spoilt_by("reset"), "the connection fails"),
        (spoilt_by("loop"), "redirected in a circle"),
    ],
    ids=["bomb", "huge", "endless", "truncated", "reset", "loop"],
)
def test_what_cannot_be_read_is_refused_and_counted(
    scrapy: Scrapy, database: str, spoilt: Callable[[Request], Response], cause: str
) -> None:
    with served(instead(spoilt), []) as url:
        code, said = crawl(scrapy, url, database, "-a", "pages=1")
    assert code == 3
    assert f"{cause} 1" in said
    assert max(RETAIL) not in stored(database)
    assert len(stored(database)) > 10


def to(target: str) -> Callable[[Request], Response]:
    head = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
    return lambda _: Response(302, head.encode(), b"")


@pytest.mark.parametrize(
    ("target", "cause"),
    [
        ("http://mirror.example/detail--1.html", "redirected to another host"),
        ("http://169.254.169.254/latest/", "redirected to another host"),
        ("http://[::1]:22/", "redirected to another host"),
    ],
)
def test_redirects_off_the_site_are_refused_and_counted(
    scrapy: Scrapy, database: str, target: str, cause: str
) -> None:
    with served(instead(to(target)), []) as url:
        code, said = crawl(scrapy, url, database, "-a", "pages=1")
    assert code == 3
    assert f"{cause} 1" in said


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "192.168.1.9"])
def test_private_addresses_are_refused(scrapy: Scrapy, database: str, host: str) -> None:
    done = scrapy(
        *("crawl", "articles", "-a", f"urls=http://{host}:9/detail--9000001.html", *FAST),
        ECNEWS_SITE_URL="https://www.100ec.cn", ECNEWS_DATABASE_URL=database,
    )  # fmt: skip
    assert "private address (1)" in done.stderr


def test_a_page_cut_on_its_way_is_asked_again(scrapy: Scrapy, database: str) -> None:
    met: list[str] = []

    def cutting(request: Request) -> Response:
        whole = Site(CORPUS).respond(request)
        met.append(request.target)
        return response(whole.body[:3000]) if met.count(ONE) == 1 else whole

    with served(instead(cutting), []) as url:
        code, said = crawl(scrapy, url, database, "-a", "pages=9")
    assert code == 0, said
    number, body = max(RETAIL), CORPUS.by_number(max(RETAIL))
    assert body
    assert rows(database, f"SELECT body FROM articles WHERE number = {number}") == [(body.body,)]


def test_a_site_whose_pages_have_no_end_tag_is_believed(scrapy: Scrapy, database: str) -> None:
    asked: list[str] = []

    def unclosed(request: Request) -> Response:
        whole = Site(CORPUS).respond(request)
        return response(whole.body.replace(b"</html>", b""), status=whole.status)

    with served(unclosed, asked) as url:
        code, _ = crawl(scrapy, url, database, "-a", "pages=9")
        assert code == 0
        assert stored(database) == RETAIL
        asked.clear()
        crawl(scrapy, url, database)
    assert len(asked) == 2


@pytest.fixture(scope="module")
def big() -> Corpus:
    return Corpus(240, seed=9)


def test_with_faults_every_article_is_stored_in_three_runs_and_none_wrong(
    scrapy: Scrapy, database: str, big: Corpus
) -> None:
    spoiling = options.wrap(Site(big).respond, big, options.of("--faults", "0.1"))
    with served(spoiling, []) as url:
        for _ in range(3):
            code, said = crawl(scrapy, url, database, "-a", "pages=50", "-a", "section=all")
            assert code in (0, 3), said
    found = rows(database, "SELECT number, body FROM articles ORDER BY number")
    assert found == [(article.number, article.body) for article in big]


def test_articles_that_are_gone_are_no_failures(scrapy: Scrapy, database: str) -> None:
    asked: list[str] = []
    with served(faults.gone(Site(CORPUS).respond, 0.2), asked) as url:
        assert crawl(scrapy, url, database, "-a", "pages=9")[0] == 0
        asked.clear()
        crawl(scrapy, url, database, "-a", "pages=9")
    assert stored(database) == {number for number in RETAIL if not faults.is_gone(number, 0.2)}
    assert not [target for target in asked if target.startswith("/detail")]
