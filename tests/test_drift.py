"""A site that changes its pages overnight: told on the next run, and nothing wrong is stored."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ecnews.extensions import drift
from ecnews.extensions.drift import Drift, Limits, Report, Tally
from ecnews.items import Article as Item
from tests.conftest import FAST, Scrapy, rows, verdict_of
from tests.replica import Corpus, options
from tests.replica.site import Request, Responder, Response, Site, response
from tests.serving import served


class Night:
    """A site that can be given another responder while it runs."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.responder: Responder = Site(corpus).respond

    def __call__(self, request: Request) -> Response:
        return self.responder(request)

    def redesign(self, kind: str) -> None:
        site = Site(self.corpus).respond
        self.responder = options.wrap(site, self.corpus, options.of("--redesign", kind))


def health(url: str) -> dict[str, Any]:
    """That of the last run."""
    [(counts,)] = rows(url, "SELECT counts FROM runs ORDER BY id DESC LIMIT 1")
    found: dict[str, dict[str, Any]] = (
        counts if isinstance(counts, dict) else json.loads(str(counts))
    )
    return found["health"]


@pytest.mark.parametrize("kind", ["list", "article"])
def test_pages_that_change_overnight_are_told_on_the_next_run(
    scrapy: Scrapy, database_url: str, kind: str
) -> None:
    corpus = Corpus(240, seed=5, held=12)
    night = Night(corpus)
    where = {"ECNEWS_DATABASE_URL": database_url}
    with served(night, []) as url:
        where["ECNEWS_SITE_URL"] = url
        assert verdict_of(scrapy("crawl", "digital_retail", *FAST, **where)) == "ok"
        before = rows(database_url, "SELECT * FROM articles ORDER BY id")
        night.redesign(kind)
        corpus.publish(12)
        for _ in range(2 if kind == "article" else 1):
            done = scrapy("crawl", "digital_retail", "-a", "via=list", *FAST, **where)
            assert done.returncode == 8, done.stderr
            assert verdict_of(done) == "drifted"
            last = done.stderr.splitlines()[-1]
            example = r"/list--\d+--1\.html" if kind != "article" else r"/detail--\d+\.html"
            assert re.search(rf"an example: https://www\.100ec\.cn{example}", last), last
            assert ("link" if kind != "article" else "no title, time and body") in last
    if kind == "list":
        stored = rows(database_url, "SELECT number, title, body FROM articles")
        wanted = {(a.number, a.title, a.body) for a in corpus}
        assert set(stored) <= wanted
    else:
        assert rows(database_url, "SELECT * FROM articles ORDER BY id") == before


def test_a_field_that_vanishes_is_named(scrapy: Scrapy, tmp_path: Any) -> None:
    database_url = f"sqlite:///{tmp_path}/ecnews.db"
    corpus = Corpus(240, seed=5, held=12)
    night = Night(corpus)
    where = {"ECNEWS_DATABASE_URL": database_url}

    def anonymous(request: Request) -> Response:
        answer = Site(corpus).respond(request)
        if "/detail" not in request.target:
            return answer
        page = re.sub(
            r'(<span class="from">|<div class="pub-line">)\w+', r"\1", answer.body.decode()
        )
        return response(page.encode())

    with served(night, []) as url:
        where["ECNEWS_SITE_URL"] = url
        scrapy("crawl", "digital_retail", *FAST, **where)
        night.responder = anonymous
        corpus.publish(12)
        done = scrapy("crawl", "digital_retail", *FAST, **where)
    assert done.returncode == 8, done.stderr
    assert re.search(r"layout 2026: \d+ articles have no source, usually 0%", done.stderr)
    layout = health(database_url)["layouts"]["2026"]
    assert "source" not in layout["fields"]
    assert layout["fields"]["title"] == layout["pages"]


@pytest.mark.parametrize("kind", ["list", "article"])
def test_a_first_run_sees_it_as_well(scrapy: Scrapy, tmp_path: Any, kind: str) -> None:
    night = Night(Corpus(100, seed=5))
    night.redesign(kind)

    def without_sidebar(request: Request) -> Response:
        answer = night(request)
        return response(re.sub(rb'<div class="right">.*?</ul></div>', b"", answer.body, flags=re.S))

    with served(without_sidebar if kind == "list" else night, []) as url:
        done = scrapy(*("crawl", "digital_retail", "-a", "via=list", *FAST), ECNEWS_SITE_URL=url)
    assert verdict_of(done) == "drifted", done.stderr
    assert rows(f"sqlite:///{tmp_path}/ecnews.db", "SELECT count(*) FROM articles") == [(0,)]


def test_a_page_whose_section_cannot_be_read_is_not_one_of_another_section(
    scrapy: Scrapy, tmp_path: Any
) -> None:
    database_url = f"sqlite:///{tmp_path}/ecnews.db"
    corpus = Corpus(120, seed=5)

    def lost(request: Request) -> Response:
        answer = Site(corpus).respond(request)
        if "/detail" not in request.target:
            return answer
        crumbs = re.compile(
            rb'<(div|p) class="(crumbs|path|location|website f_qing)">.*?</\1>', re.S
        )
        return response(crumbs.sub(b"", answer.body))

    with served(lost, []) as url:
        done = scrapy(
            *("crawl", "digital_retail", "-a", "pages=1", *FAST),
            ECNEWS_SITE_URL=url, ECNEWS_DATABASE_URL=database_url,
        )  # fmt: skip
    assert verdict_of(done) == "drifted", done.stderr
    assert "no section" in done.stderr
    assert rows(database_url, "SELECT count(*) FROM articles") == [(0,)]
    assert rows(database_url, "SELECT DISTINCT outcome FROM fetches") == [("quarantined",)]


def report(pages: int, lacking: str = "", *, unread: int = 0, length: int = 900) -> Tally:
    """A run that read so many pages of one layout, none of them with the field it lacks."""
    tally = Tally()
    fields = {
        "title": "t", "body": "文" * length, "published_at": "2026", "section": "s", "source": "s"
    }  # fmt: skip
    for number in range(pages):
        values: dict[str, Any] = {name: v for name, v in fields.items() if name != lacking}
        tally.read(Item(url=f"u{number}", layout="2026", **values), f"u{number}")
    for number in range(unread):
        tally.unread("unknown layout", f"x{number}")
    tally.sum_up()
    return tally


GOOD = [report(30).report, report(2).report, report(0).report]


@pytest.mark.parametrize(
    ("tally", "said"),
    [
        (report(3, "source"), "3 articles have no source"),
        (report(2, "source"), None),  # chance
        (report(20, "keywords"), None),  # never had any
        (report(8, length=90), "bodies have 90 characters, usually 900"),
        (report(7, length=90), None),
        (report(0, unread=3), "3 of 3 article pages"),
        (report(0, unread=2), None),
        (report(40, unread=2), None),
        (report(40, unread=30), "30 of 70"),
        (report(1000, unread=600), "600 of 1600"),
        (report(0), None),
    ],
)
def test_how_many_pages_are_enough(tally: Tally, said: str | None) -> None:
    found = drift.find(tally, GOOD, Limits())
    assert (said is None) == (found is None), found
    assert said is None or (found is not None and said in found.what)


@pytest.mark.parametrize(
    ("tally", "drifted"),
    [(report(0, unread=5), True), (report(0, unread=4), False), (report(1, unread=9), True),
     (report(2, unread=8), False), (report(5, "section"), True), (report(9), False)],
)  # fmt: skip
def test_without_former_runs_next_to_nothing_must_be_read(tally: Tally, drifted: bool) -> None:
    assert (drift.find(tally, [], Limits()) is not None) == drifted


def test_what_many_pages_lack_by_nature_is_no_drift() -> None:
    odd = [report(90, unread=10).report]
    assert drift.find(report(18, unread=4), odd, Limits()) is None
    assert drift.find(report(2, unread=18), odd, Limits()) is not None


def test_a_list_that_links_half_of_the_usual_has_changed() -> None:
    former = Report(lists={"list 21": 30})
    for links, drifted in ((16, False), (14, True), (0, True)):
        tally = Tally()
        tally.listed("list 21", links, "https://h/list", False)
        found = drift.find(tally, [former], Limits())
        what = f"list pages link {links} articles, usually 30"
        assert found == (Drift(what, "https://h/list", "links") if drifted else None)


def test_a_report_is_read_back_as_it_was_written() -> None:
    former = report(3, "source", unread=2).report
    assert Report.load(json.loads(json.dumps(former.dump()))) == former
    assert Report.load(None) == Report()


def test_a_drift_is_over_once_a_page_shows_what_was_missing() -> None:
    no_source, unread = Drift("", "", "source", "2026"), Drift("", "", "article")
    assert not no_source.is_over(report(2, "source"))
    assert not no_source.is_over(report(0))
    assert no_source.is_over(report(1))
    assert not unread.is_over(report(0, unread=1))
    assert unread.is_over(report(1))
