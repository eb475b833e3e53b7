"""The replica serves what its manifest says, and the same every time."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from itertools import combinations, pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.replica import Article, Corpus, serve
from tests.replica.articles import LIST_NAMES, RETAIL_LISTS
from tests.replica.markup import ArticlePage

BLOCKS = {"p", "div", "h1", "h2", "h3", "h4", "li", "ul", "ol", "blockquote", "table", "br"}


class Reader(HTMLParser):
    """A page's paragraphs by the rule of a clean body; a table is one paragraph."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.paragraphs: list[str] = []
        self.title = ""
        self._text = ""
        self._rows: list[list[str]] | None = None
        self._skip = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "title"}:
            self._skip = tag
        elif tag == "table":
            self._end()
            self._rows = []
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in BLOCKS and self._rows is None:
            self._end()

    def handle_endtag(self, tag: str) -> None:
        if tag == self._skip:
            self._skip = ""
        elif tag == "td" and self._rows is not None:
            self._rows[-1].append(self._taken())
        elif tag == "table" and self._rows is not None:
            self.paragraphs.append("\n".join("\t".join(row) for row in self._rows))
            self._rows = None
        elif tag in BLOCKS and self._rows is None:
            self._end()

    def handle_data(self, data: str) -> None:
        if not self._skip:
            self._text += data
        elif self._skip == "title":
            self.title += data

    def _taken(self) -> str:
        text, self._text = re.sub(r"[ \t\r\n\xa0]+", " ", self._text), ""
        return text.strip(" \u3000")

    def _end(self) -> None:
        if text := self._taken():
            self.paragraphs.append(text)


def text_of(page: ArticlePage) -> str:
    return page.render().decode(page.label.encoding)


def grams(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 4] for at in range(len(text) - 3))


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus(300, seed=5)


@pytest.fixture(scope="module")
def articles(corpus: Corpus) -> list[Article]:
    return list(corpus)


@pytest.fixture(scope="module")
def pages(corpus: Corpus, articles: list[Article]) -> list[tuple[Article, Reader]]:
    """Every article, and its page as read back."""
    return [(article, Reader(text_of(ArticlePage(corpus, article)))) for article in articles]


@pytest.fixture(scope="module")
def site(corpus: Corpus) -> Iterator[http.client.HTTPConnection]:
    with serve(corpus) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        yield connection
        connection.close()


def get(
    site: http.client.HTTPConnection, path: str, method: str = "GET", host: str = "www.100ec.cn"
) -> tuple[int, str, bytes]:
    site.request(method, path, headers={"Host": host})
    answer = site.getresponse()
    return answer.status, answer.headers.get("Content-Type", ""), answer.read()


# The articles


def test_numbers_and_dates_rise_together(articles: list[Article]) -> None:
    for older, newer in pairwise(articles):
        assert older.number < newer.number
        assert older.published_at < newer.published_at


def test_dates_span_the_years_and_carry_the_zone(articles: list[Article]) -> None:
    assert articles[0].published_at.year == 2014
    assert articles[-1].published_at.year == 2026
    assert {a.published_at.utcoffset() for a in articles} == {timedelta(hours=8)}


def test_an_article_is_found_by_its_number(corpus: Corpus) -> None:
    assert all(corpus.by_number(corpus.number(i)) == corpus[i] for i in range(0, 300, 7))


@pytest.mark.parametrize("number", [0, 6258283, 8999999, 9_000_900, 9_999_999])
def test_numbers_outside_belong_to_nobody(corpus: Corpus, number: int) -> None:
    assert corpus.by_number(number) is None


def test_gaps_belong_to_nobody(corpus: Corpus) -> None:
    found = [n for n in range(9_000_000, 9_000_900) if corpus.by_number(n)]
    assert len(found) == 300


def test_the_seed_alone_decides(articles: list[Article]) -> None:
    assert list(Corpus(300, seed=5)) == articles


def test_another_seed_tells_other_stories(articles: list[Article]) -> None:
    assert not {a.body for a in Corpus(300, seed=6)} & {a.body for a in articles}


def test_another_process_with_other_hash_seed_writes_the_same() -> None:
    code = "from tests.replica import Corpus; print(ascii(Corpus(9, 3)[4].manifest_line()))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONHASHSEED": "77"},
    )  # fmt: skip
    assert run.stdout.strip() == ascii(Corpus(9, 3)[4].manifest_line())


def test_no_two_articles_are_near_duplicates(articles: list[Article]) -> None:
    sets = [grams(article.body) for article in articles]
    for one, two in combinations(sets, 2):
        shared = len(one & two)
        assert shared / (len(one) + len(two) - shared) < 0.4


def test_titles_are_unique(articles: list[Article]) -> None:
    assert len({a.title for a in articles}) > 295


def test_bodies_keep_their_size(articles: list[Article]) -> None:
    for article in articles:
        assert 400 <= len(article.body) <= 2600
        assert 4 <= len(article.body.split("\n\n")) <= 14


def test_every_slot_is_filled(articles: list[Article]) -> None:
    assert not [a for a in articles if re.search(r"[{}\[\]]", a.title + a.body)]


def test_no_blank_at_a_paragraphs_edge(articles: list[Article]) -> None:
    for article in articles:
        for paragraph in article.body.split("\n\n"):
            assert paragraph
            assert paragraph == paragraph.strip()


def test_almost_half_of_the_articles_are_retail(articles: list[Article]) -> None:
    assert 0.35 < Counter(a.section for a in articles)["数字零售"] / len(articles) < 0.55


def test_all_three_layouts_and_traps_occur(articles: list[Article]) -> None:
    assert {a.layout for a in articles} == {"2014", "2018", "2026"}
    text = "\n".join(a.body for a in articles)
    for trap in ("版权", "微信公众号", "乾", "著名", "\n1、", " | ", "\t", "\u3000", "\n文/"):
        assert trap in text


# Their pages


Pages = list[tuple[Article, Reader]]


def test_pages_hold_the_manifests_body_in_one_run(pages: Pages) -> None:
    for article, page in pages:
        found, wanted = page.paragraphs, article.body.split("\n\n")
        at = found.index(wanted[0])
        assert found[at : at + len(wanted)] == wanted


def test_pages_show_title_source_and_time_before_the_body(pages: Pages) -> None:
    forms = {
        "2014": "http://www.100ec.cn {:%Y年%m月%d日%H:%M} 来源：",
        "2018": "{:%Y-%m-%d %H:%M:%S}",
        "2026": "发布时间：{:%Y年%m月%d日 %H:%M:%S}",
    }
    for article, page in pages:
        found = page.paragraphs
        at = found.index(article.title)
        assert forms[article.layout].format(article.published_at) in found[at + 1]
        assert article.source in found[at + 1]


def test_some_head_titles_disagree(pages: Pages) -> None:
    odd = [article for article, page in pages if not page.title.startswith(article.title)]
    assert 0.04 < len(odd) / len(pages) < 0.18


def test_old_pages_are_gbk_whatever_their_label(corpus: Corpus, articles: list[Article]) -> None:
    labels: Counter[str] = Counter()
    for article in articles:
        if article.layout == "2014":
            page = ArticlePage(corpus, article)
            assert article.source in page.render().decode("gbk")
            labels[page.label.header] += 1
    assert labels["text/html; charset=utf-8"]
    assert labels["text/html"]


def test_blurbs_grow_with_the_years(pages: Pages) -> None:
    for article, page in pages:
        for years in re.findall(r"公司拥有(\d+)年历史", "".join(page.paragraphs)):
            assert int(years) == article.published_at.year - 2008


@pytest.mark.parametrize("weight", [30, 60])
def test_pages_weigh_what_they_should(corpus: Corpus, weight: int) -> None:
    for index in (0, 150, 299):
        size = len(ArticlePage(corpus, corpus[index], weight).render())
        assert abs(size - weight * 1024) < 2048


# The lists


def links(page: bytes) -> list[int]:
    news = page.decode().split('<div class="cnews">')[1].split("</ul>")[0]
    return [int(number) for number in re.findall(r"detail--(\d{7})\.html", news)]


def test_lists_are_newest_first_twenty_a_page(site: http.client.HTTPConnection) -> None:
    first, second = (links(get(site, f"/list--22--{page}.html")[2]) for page in (1, 2))
    assert len(first) == 20
    assert first + second == sorted(first + second, reverse=True)


def test_the_lists_of_retail_hold_each_article_once(corpus: Corpus) -> None:
    places: Counter[int] = Counter()
    for cid in RETAIL_LISTS:
        for page in range(1, corpus.pages(cid) + 1):
            places.update(corpus.list_page(cid, page) or ())
    retail = {i: places[i] for i in range(len(corpus)) if corpus.section(i) == "数字零售"}
    assert set(retail.values()) == {1}
    assert set(places) > set(retail)  # and some of other sections


def test_every_list_has_a_first_page_and_an_end(
    site: http.client.HTTPConnection, corpus: Corpus
) -> None:
    for cid in LIST_NAMES:
        assert get(site, f"/list--{cid}--1.html")[0] == 200
        assert get(site, f"/list--{cid}--{corpus.pages(cid) + 1}.html")[0] == 404


def test_former_years_are_named_in_a_lists_dates(corpus: Corpus) -> None:
    big = Corpus(2000, seed=1)
    with serve(big) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        new = get(connection, "/list--21--1.html")[2].decode()
        old = get(connection, f"/list--21--{big.pages(21)}.html")[2].decode()
        connection.close()
    assert re.search(r"<span>\(10-\d\d\)</span>", new)
    assert re.search(r"<span>\(14-\d\d-\d\d\)</span>", old)


# The server


@pytest.mark.parametrize("damage", ["", "%20", "?from=list&x=1", "%20?a"])
def test_damaged_addresses_are_served(
    site: http.client.HTTPConnection, corpus: Corpus, damage: str
) -> None:
    path = f"/detail--{corpus.number(3)}.html"
    assert get(site, path + damage) == get(site, path)


def test_every_host_serves_the_same(site: http.client.HTTPConnection, corpus: Corpus) -> None:
    path = f"/detail--{corpus.number(200)}.html"
    assert get(site, path, host="imgs-b2b.100ec.cn") == get(site, path, host="WWW.100EC.CN")


@pytest.mark.parametrize(
    "path", ["/detail--6258283.html", "/list--21--0.html", "/list--5--1.html", "/search.html", "/x"]
)
def test_what_is_not_there_is_404(site: http.client.HTTPConnection, path: str) -> None:
    status, kind, body = get(site, path)
    assert status == 404
    assert kind.startswith("text/html")
    assert len(body) < 1000


@pytest.mark.parametrize("path", ["/", "/zt/618ds/", "/DigitalRetail/"])
def test_small_pages_are_there(site: http.client.HTTPConnection, path: str) -> None:
    assert get(site, path)[0] == 200


def test_robots_keep_the_search_closed(site: http.client.HTTPConnection) -> None:
    _, kind, body = get(site, "/robots.txt")
    assert kind == "text/plain"
    assert body == b"User-agent: *\nDisallow: /search\n"


def test_head_has_no_body(site: http.client.HTTPConnection, corpus: Corpus) -> None:
    assert get(site, f"/detail--{corpus.number(0)}.html", method="HEAD")[2] == b""


# The command


def test_the_command_writes_its_manifest_serves_and_ends_cleanly(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.jsonl"
    command = [sys.executable, "-m", "tests.replica", "--port", "0", "--articles", "30"]
    with subprocess.Popen(
        [*command, "--manifest", str(manifest)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        first = process.stdout.readline()
        entries = [json.loads(line) for line in manifest.read_text("utf-8").splitlines()]
        match = re.fullmatch(r"replica of 30 articles at http://(127\.0\.0\.1:\d+)\n", first)
        assert match
        connection = http.client.HTTPConnection(match[1], timeout=10)
        assert get(connection, urlsplit(entries[0]["url"]).path)[0] == 200
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stdout.read() + process.stderr.read() == ""
    assert [entry["number"] for entry in entries] == sorted(
        (entry["number"] for entry in entries), reverse=True
    )
    assert len(entries) == 30


def test_the_command_refuses_an_impossible_number_of_articles() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.replica", "--port", "0", "--articles", "0"],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert run.returncode == 2
    assert "--articles" in run.stderr
