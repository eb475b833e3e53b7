"""`scrapy crawl digital_retail`, run as a user runs it, against the replica."""

from __future__ import annotations

import re
import socket
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.conftest import FAST, Scrapy, rows, verdict_of
from tests.replica import Article, Corpus
from tests.replica.pollution import polluted
from tests.replica.site import Request, Responder, Response, Site, response
from tests.serving import served

ALL = ["-a", "pages=1000"]


def retail(corpus: Corpus) -> list[Article]:
    return [article for article in corpus if article.section == "数字零售"]


def test_every_article_of_the_section_is_stored_as_the_manifest_has_it(
    scrapy: Scrapy, corpus: Corpus, site_url: str, database_url: str
) -> None:
    done = scrapy(
        *("crawl", "digital_retail", *ALL, *FAST),
        ECNEWS_SITE_URL=site_url,
        ECNEWS_DATABASE_URL=database_url,
    )
    assert done.returncode == 0, done.stderr
    columns = "number, url, section, title, body, source, published_at"
    stored = {row[0]: row for row in rows(database_url, f"SELECT {columns} FROM articles")}
    wanted = {article.number: article for article in retail(corpus)}
    assert stored.keys() == wanted.keys()
    for number, article in wanted.items():
        *texts, published_at = stored[number]
        assert texts == [
            number, article.url, article.section, article.title, article.body, article.source
        ]  # fmt: skip
        assert moment(published_at) == article.published_at


def moment(value: object) -> datetime:
    """A time as either driver gives it."""
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)


def test_a_second_run_over_unchanged_pages_adds_nothing(
    scrapy: Scrapy, site_url: str, database_url: str
) -> None:
    environment = {"ECNEWS_SITE_URL": site_url, "ECNEWS_DATABASE_URL": database_url}
    content = "SELECT * FROM articles ORDER BY id"
    others = "SELECT article_id, url FROM sightings ORDER BY id", "SELECT * FROM removed_blocks"
    scrapy("crawl", "digital_retail", *FAST, **environment)
    before = [rows(database_url, query) for query in (content, *others)]
    again = scrapy("crawl", "digital_retail", *FAST, **environment)
    assert verdict_of(again) == "nothing-new"
    assert again.returncode == 0
    assert [rows(database_url, query) for query in (content, *others)] == before


def test_pages_limits_how_many_pages_of_each_list_are_read(scrapy: Scrapy, corpus: Corpus) -> None:
    asked: list[str] = []
    with served(Site(corpus).respond, asked) as url:
        scrapy("crawl", "digital_retail", "-a", "pages=2", *FAST, ECNEWS_SITE_URL=url)
    lists = Counter(path.split("--")[1] for path in asked if path.startswith("/list--"))
    assert lists
    assert set(lists.values()) == {2}


def test_since_reads_no_further_than_needed_and_keeps_nothing_older(
    scrapy: Scrapy, corpus: Corpus, database_url: str
) -> None:
    asked: list[str] = []
    since = corpus[220].published_at.date()
    with served(Site(corpus).respond, asked) as url:
        scrapy(
            *("crawl", "digital_retail", "-a", f"since={since}", *FAST),
            ECNEWS_SITE_URL=url,
            ECNEWS_DATABASE_URL=database_url,
        )
    wanted = {a.number for a in retail(corpus) if a.published_at.date() >= since}
    assert {row[0] for row in rows(database_url, "SELECT number FROM articles")} == wanted
    fetched = {int(n) for path in asked for n in re.findall(r"detail--(\d+)", path)}
    assert min(fetched) >= corpus[200].number, "an article that the list dates earlier was fetched"


def test_since_holds_on_lists_that_give_no_dates(
    scrapy: Scrapy, corpus: Corpus, database_url: str
) -> None:
    def undated(request: Request) -> Response:
        answer = Site(corpus).respond(request)
        if not request.target.startswith("/list"):
            return answer
        return response(re.sub(rb"<span>\([\d-]+\)</span>", b"", answer.body), status=answer.status)

    asked: list[str] = []
    since = corpus[220].published_at.date()
    with served(undated, asked) as url:
        scrapy(
            *("crawl", "digital_retail", "-a", f"since={since}", *FAST),
            ECNEWS_SITE_URL=url,
            ECNEWS_DATABASE_URL=database_url,
        )
    wanted = {a.number for a in retail(corpus) if a.published_at.date() >= since}
    assert {row[0] for row in rows(database_url, "SELECT number FROM articles")} == wanted
    read = sum(path.startswith("/list--22--") for path in asked)
    assert read < corpus.pages(22), "the list was read to its end"


def test_section_chooses_another_section(
    scrapy: Scrapy, corpus: Corpus, site_url: str, database_url: str
) -> None:
    scrapy(
        *("crawl", "digital_retail", "-a", "section=物流科技", *ALL, *FAST),
        ECNEWS_SITE_URL=site_url,
        ECNEWS_DATABASE_URL=database_url,
    )
    wanted = {article.number for article in corpus if article.section == "物流科技"}
    assert {row[0] for row in rows(database_url, "SELECT number FROM articles")} == wanted


def test_section_all_keeps_every_article(
    scrapy: Scrapy, corpus: Corpus, site_url: str, database_url: str
) -> None:
    scrapy(
        *("crawl", "digital_retail", "-a", "section=all", *ALL, *FAST),
        ECNEWS_SITE_URL=site_url,
        ECNEWS_DATABASE_URL=database_url,
    )
    assert rows(database_url, "SELECT count(*) FROM articles") == [(len(corpus),)]


def test_links_to_other_hosts_are_not_followed(scrapy: Scrapy, corpus: Corpus) -> None:
    foreign: list[str] = []
    with served(Site(corpus).respond, foreign) as elsewhere:

        def luring(request: Request) -> Response:
            answer = Site(corpus).respond(request)
            if not request.target.startswith("/list"):
                return answer
            link = f'<a href="{elsewhere}/detail--{corpus.number(0)}.html">x</a>'
            return response(answer.body + link.encode(), status=answer.status)

        with served(luring, []) as url:
            scrapy("crawl", "digital_retail", *FAST, ECNEWS_SITE_URL=url)
    assert foreign == []


def test_redirects_to_other_hosts_are_not_followed(scrapy: Scrapy, corpus: Corpus) -> None:
    foreign: list[str] = []
    with served(Site(corpus).respond, foreign) as elsewhere:

        def redirecting(request: Request) -> Response:
            if "/detail" not in request.target:
                return Site(corpus).respond(request)
            target = elsewhere.replace("127.0.0.1", "localhost") + request.target
            head = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
            return Response(302, head.encode(), b"")

        with served(redirecting, []) as url:
            scrapy("crawl", "digital_retail", "-a", "pages=1", *FAST, ECNEWS_SITE_URL=url)
    assert foreign == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["-a", "page=3"],
        ["-a", "pages=0"],
        ["-a", "pages=three"],
        ["-a", "since=2026-02-30"],
        ["-a", "since=20260101"],
        ["-a", "section=数字零受"],
    ],
    ids=lambda arguments: arguments[1],
)
def test_a_wrong_argument_ends_the_run_with_the_valid_ones(
    scrapy: Scrapy, arguments: list[str]
) -> None:
    done = scrapy("crawl", "digital_retail", *arguments)
    assert done.returncode == 2
    assert arguments[1].split("=")[0] in done.stderr
    for valid in ("-a pages=N", "-a since=YYYY-MM-DD", "-a section=NAME"):
        assert valid in done.stderr
    assert "Traceback" not in done.stderr


def test_the_scheduler_may_pass_arguments_of_its_own(scrapy: Scrapy, site_url: str) -> None:
    done = scrapy(
        "crawl",
        "digital_retail",
        "-a",
        "_job=abc",
        "-a",
        "pages=1",
        *FAST,
        ECNEWS_SITE_URL=site_url,
    )
    assert done.returncode == 0, done.stderr


def test_an_unknown_spider_is_named_with_those_there_are(scrapy: Scrapy) -> None:
    done = scrapy("crawl", "digital_retial")
    assert done.returncode == 2
    assert "digital_retial" in done.stderr
    assert "digital_retail" in done.stderr


def test_a_site_that_refuses_the_connection_is_unreachable(scrapy: Scrapy) -> None:
    with socket.socket() as taken:  # bound and not listening: refuses
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        done = scrapy("crawl", "digital_retail", *FAST, ECNEWS_SITE_URL=f"http://{host}")
    assert done.returncode == 7
    assert done.stderr.startswith(f"unreachable: {host} cannot be reached: it refuses the connec")
    assert len(done.stderr.splitlines()) == 1


def test_a_site_that_never_answers_is_given_up_after_two_tries(scrapy: Scrapy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        done = scrapy(
            *("crawl", "digital_retail", *FAST, "-s", "DOWNLOAD_TIMEOUT=0.5"),
            ECNEWS_SITE_URL=f"http://{host}",
        )
    assert done.returncode == 7
    assert done.stderr.startswith(f"unreachable: {host} cannot be reached: it does not answer in")


def test_a_security_check_stops_the_run(scrapy: Scrapy) -> None:
    page = (
        "<html><script>document.cookie='HW_CHECK=abc;path=/';location.reload()</script>"
        "<p>正在进行安全检查，请稍候...</p></html>"
    )

    def check(request: Request) -> Response:
        return response(b"", status=404) if "robots" in request.target else response(page.encode())

    with served(check, []) as url:
        done = scrapy("crawl", "digital_retail", *FAST, ECNEWS_SITE_URL=url)
    assert done.returncode == 5
    assert verdict_of(done) == "challenged"


def robots(rules: str, then: Responder) -> Responder:
    return lambda request: (
        response(rules.encode(), "text/plain") if request.target == "/robots.txt" else then(request)
    )


def test_robots_txt_is_obeyed(scrapy: Scrapy, corpus: Corpus) -> None:
    asked: list[str] = []
    with served(robots("User-agent: *\nDisallow: /list", Site(corpus).respond), asked) as url:
        done = scrapy("crawl", "digital_retail", *FAST, ECNEWS_SITE_URL=url)
    assert asked == ["/robots.txt"]
    assert done.returncode == 6
    assert "refused: " in done.stderr


def test_lists_without_articles_are_empty(scrapy: Scrapy) -> None:
    with served(lambda _: response(b"<html><body>soon</body></html>"), []) as url:
        done = scrapy("crawl", "digital_retail", *FAST, ECNEWS_SITE_URL=url)
    assert done.returncode == 4
    assert "empty: " in done.stderr


def test_articles_that_fail_leave_the_run_partial(scrapy: Scrapy, corpus: Corpus) -> None:
    def failing(request: Request) -> Response:
        if request.target.endswith(f"{corpus.number(299)}.html"):
            return response(b"", status=500)
        return Site(corpus).respond(request)

    with served(failing, []) as url:
        done = scrapy(
            "crawl", "digital_retail", "-a", "section=all", "-a", "pages=1", *FAST,
            ECNEWS_SITE_URL=url,
        )  # fmt: skip
    assert done.returncode == 3
    assert "HTTP 500" in done.stderr


def test_a_database_that_cannot_be_opened_is_named_without_its_password(
    scrapy: Scrapy, site_url: str
) -> None:
    done = scrapy(
        "crawl", "digital_retail", *FAST,
        ECNEWS_SITE_URL=site_url,
        ECNEWS_DATABASE_URL="postgres://reader:geheim@127.0.0.1:9/news",
    )  # fmt: skip
    assert done.returncode == 9
    assert "127.0.0.1:9/news" in done.stderr
    assert "geheim" not in done.stderr


def test_a_database_url_of_another_kind_is_refused(scrapy: Scrapy) -> None:
    done = scrapy("crawl", "digital_retail", ECNEWS_DATABASE_URL="mysql://u:geheim@h/db")
    assert done.returncode == 2
    assert "ECNEWS_DATABASE_URL" in done.stderr
    assert "geheim" not in done.stderr


def test_list_loads_neither_database_nor_browser(scrapy: Scrapy) -> None:
    done = scrapy("list", PYTHONPROFILEIMPORTTIME="1")
    assert done.stdout.split() == ["articles", "backfill", "digital_retail"]
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "scrapy" in imported
    assert not imported & {"sqlalchemy", "psycopg", "playwright"}


def test_progress_is_shown_where_it_is_wanted(scrapy: Scrapy, site_url: str) -> None:
    done = scrapy(
        "crawl", "digital_retail", *FAST, "-s", "DOWNLOAD_DELAY=0.2", "-s", "CONCURRENT_REQUESTS=1",
        "-a", "max_requests=20", ECNEWS_SITE_URL=site_url, ECNEWS_PROGRESS="1",
    )  # fmt: skip
    assert re.search(r"\d+ list pages, \d+ articles read", done.stderr)


def test_progress_has_an_estimate_once_a_list_is_read(
    scrapy: Scrapy, corpus: Corpus, site_url: str
) -> None:
    done = scrapy(
        "crawl", "digital_retail", *FAST, "-s", "DOWNLOAD_DELAY=0.1", "-a", "max_requests=50",
        "-s", "CONCURRENT_REQUESTS=1", ECNEWS_SITE_URL=site_url, ECNEWS_PROGRESS="1",
    )  # fmt: skip
    shares = [int(share) for share in re.findall(r" (\d+)% done, \S+ \S+ to go", done.stderr)]
    assert shares
    assert max(shares) <= 100


def test_polluted_pages_are_stored_as_the_manifest_has_them_or_quarantined(
    scrapy: Scrapy, corpus: Corpus, database_url: str
) -> None:
    with served(polluted(Site(corpus).respond, 0.8), []) as url:
        done = scrapy(
            *("crawl", "digital_retail", *ALL, *FAST),
            ECNEWS_SITE_URL=url,
            ECNEWS_DATABASE_URL=database_url,
        )
    wanted = {article.number: (article.title, article.body) for article in retail(corpus)}
    stored = rows(database_url, "SELECT number, title, body FROM articles")
    assert {(row[0], row[1:]) for row in stored} <= set(wanted.items())
    left_out = re.search(r"quarantined +(\d+): spam \1$", done.stderr, re.M)
    assert len(stored) + int(left_out[1] if left_out else 0) >= len(wanted)
    assert len(stored) > 0.9 * len(wanted)
    assert rows(database_url, "SELECT count(*) FROM removed_blocks WHERE kind = 'spam'") > [(99,)]


def test_a_page_that_is_no_article_is_quarantined_not_stored(
    scrapy: Scrapy, corpus: Corpus, database_url: str
) -> None:
    def broken(request: Request) -> Response:
        if request.target.startswith("/detail"):
            return response("<h1>404</h1><p>您访问的页面不存在</p>".encode())
        return Site(corpus).respond(request)

    with served(broken, []) as url:
        done = scrapy(
            *("crawl", "digital_retail", "-a", "pages=1", *FAST),
            ECNEWS_SITE_URL=url,
            ECNEWS_DATABASE_URL=database_url,
        )
    assert done.returncode == 4
    assert re.search(r"quarantined +\d+: error page \d+", done.stderr)
    assert rows(database_url, "SELECT count(*) FROM articles") == [(0,)]
