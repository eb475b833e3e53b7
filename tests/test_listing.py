"""What a list page links."""

from __future__ import annotations

from datetime import date

import pytest

from ecnews import catalog
from ecnews.pages import listing
from ecnews.pages.listing import Entry

TODAY = date(2026, 1, 5)


def read(html: str) -> list[Entry]:
    return listing.read(
        html.encode(), "http://www.100ec.cn/list--21--1.html", catalog.load(), TODAY
    )


@pytest.mark.parametrize(
    "href",
    [
        "/detail--6648723.html",
        "detail--6648723.html",
        "//www.100ec.cn/detail--6648723.html",
        "https://IMGS-B2B.100EC.cn/detail--6648723.html",
        " http://www.100ec.cn/detail--6648723.html%20 ",
        "/detail--6648723.html?from=list#x",
    ],
)
def test_links_to_articles_are_known_by_their_pattern(href: str) -> None:
    assert read(f'<p><a href="{href}">标题</a></p>') == [Entry(6648723, None)]


@pytest.mark.parametrize(
    "href",
    ["/zt/x/", "http://m.example/detail--6648723.html", "javascript:;", "http://[x", "/list--1--2"],
)  # fmt: skip
def test_other_links_are_passed_over(href: str) -> None:
    assert read(f'<p><a href="{href}">标题</a></p>') == []


def test_entries_come_once_and_in_the_pages_order() -> None:
    html = "".join(f'<li><a href="/detail--{n}.html">标题</a></li>' for n in (9, 7, 9, 8))
    assert [entry.number for entry in read(html)] == [9, 7, 8]


@pytest.mark.parametrize(
    ("shown", "day"),
    [
        ("(15-03-10)", date(2015, 3, 10)),
        ("(01-04)", date(2026, 1, 4)),
        ("(12-31)", date(2025, 12, 31)),
        ("2025-11-02", date(2025, 11, 2)),
        ("2025-11-02 08:15", date(2025, 11, 2)),
        ("(02-30)", None),
        ("增长 10-20 个点", None),
        ("", None),
    ],
)
def test_the_date_stands_beside_the_link(shown: str, day: date | None) -> None:
    html = f'<ul><li><a href="/detail--9.html">3-8 节大促 12-12</a><span>{shown}</span></li></ul>'
    assert read(html) == [Entry(9, day)]


@pytest.mark.parametrize("html", ["", " ", "\0", "plain", "<html></html>"])
def test_a_page_without_links_links_nothing(html: str) -> None:
    assert read(html) == []
