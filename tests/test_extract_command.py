"""`scrapy extract`, run as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT, Scrapy
from tests.replica import Corpus
from tests.replica.markup import ArticlePage
from tests.replica.site import response
from tests.serving import served

PAGE = ROOT / "tests" / "pages" / "2018-list-table-blurbs" / "page.html"


def test_a_file_gives_its_item_as_json(scrapy: Scrapy) -> None:
    done = scrapy("extract", str(PAGE), "--url", "http://www.100ec.cn/detail--6531234.html")
    item = json.loads(done.stdout)
    assert item["title"] == "社区团购三问：谁在退出，谁在加码？"
    assert item["url"] == "https://www.100ec.cn/detail--6531234.html"
    assert [block["kind"] for block in item["removed"]] == ["blurb", "notice"]
    assert done.stderr == ""


def test_the_item_has_the_documented_names(scrapy: Scrapy) -> None:
    names = json.loads(scrapy("extract", str(PAGE)).stdout).keys()
    assert names >= {
        "url", "number", "title", "body", "section", "source", "author", "keywords", "images",
        "published_at", "removed", "recovered", "layout",
    }  # fmt: skip


def test_standard_input_is_read(scrapy: Scrapy) -> None:
    item = json.loads(scrapy("extract", "-", stdin=PAGE.read_bytes()).stdout)
    assert item["number"] is None
    assert item["body"].startswith("（网经社讯）")


def test_a_url_is_fetched(scrapy: Scrapy, corpus: Corpus, site_url: str) -> None:
    article = corpus[0]
    done = scrapy("extract", f"{site_url}/detail--{article.number}.html", ECNEWS_SITE_URL=site_url)
    item = json.loads(done.stdout)
    assert (item["url"], item["body"]) == (article.url, article.body)


def test_a_url_that_fails_is_an_error(scrapy: Scrapy, site_url: str) -> None:
    done = scrapy("extract", f"{site_url}/detail--1.html", ECNEWS_SITE_URL=site_url)
    assert done.returncode == 1
    assert done.stderr == f"{site_url}/detail--1.html: HTTP 404\n"


def test_a_url_obeys_robots_txt(scrapy: Scrapy) -> None:
    rules = response(b"User-agent: *\nDisallow: /", "text/plain")
    with served(lambda _: rules, []) as url:
        done = scrapy("extract", f"{url}/detail--1.html")
    assert done.returncode == 1
    assert "robots.txt" in done.stderr


CHECK = "<script>document.cookie='HW_CHECK=1';location.reload()</script>正在进行安全检查".encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty page"),
        (b"\0\0 \n", "empty page"),
        (CHECK, "security check"),
        (b"<html><body><p>hello</p></body></html>", "unknown layout"),
        (b'{"list": []}', "unknown layout"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "unknown layout"),
        ("<p>网经社发布时间：2026年01月21日 14:57:28</p>".encode(), "no"),
        (b'<div class="newsview"><h2>T</h2><div class="nr"> </div></div>', "no body"),
    ],
    ids=["nothing", "blank", "check", "other", "json", "image", "time-alone", "no-body"],
)
def test_a_page_that_is_no_article_is_refused_with_the_reason(
    scrapy: Scrapy, tmp_path: Path, body: bytes, reason: str
) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(body)
    done = scrapy("extract", str(page))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"{page}: {reason}")
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_named(scrapy: Scrapy) -> None:
    done = scrapy("extract", "no-such-page.html")
    assert done.returncode == 1
    assert "no-such-page.html" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_page_at_all_is_a_usage_error(scrapy: Scrapy) -> None:
    assert scrapy("extract").returncode == 2


def test_an_article_that_quotes_the_security_check_is_an_article(
    scrapy: Scrapy, corpus: Corpus
) -> None:
    page = ArticlePage(corpus, corpus[299]).render()
    quote = "<p>页面写着“正在进行安全检查，请稍候...”，HW_CHECK= 与 location.reload 都在。</p>"
    body = page.replace(b"<p", quote.encode() + b"<p", 1)
    done = scrapy("extract", "-", stdin=body)
    assert json.loads(done.stdout)["title"] == corpus[299].title
