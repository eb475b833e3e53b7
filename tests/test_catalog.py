"""The site file: read whole, or refused with the file and the key."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from importlib.resources import files

import pytest

from ecnews import catalog
from ecnews.errors import DataFileError, SettingError

TEXT = (files("ecnews.site") / "100ec.toml").read_text("utf-8")


def test_the_site_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        catalog.load().name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('name = "100ec"', 'name = "100ec"\nnmae = "x"', "nmae"),
        ('name = "100ec"', "", "name"),
        ('name = "100ec"', "name = 3", "name"),
        ("max_bytes = 8192", 'max_bytes = "8192"', "challenge.max_bytes"),
        ("max_bytes = 8192", "max_bytes = 8192\nmark = 1", "challenge.mark"),
        ('title = "h2"', 'titel = "h2"', "layouts[0].titel"),
        ('title = "h2"', 'title = "h2["', "layouts[0].title"),
        ('title = "h2"', 'title = "xpath://h2["', "layouts[0].title"),
        ('title = "h2"', 'title = "re:("', "layouts[0].title"),
        ('title = "h2"', "title = []", "layouts[0].title"),
        ('id = "2018"', "", "layouts[1].id"),
        ('"/detail--{number}.html"', '"/detail"', "paths.article_format"),
        (r"(?P<number>\d{1,12})", r"(\d{1,12})", "paths.article"),
        ("lists = [33]", "lists = [33, 34]", "sections.B2C研究.lists"),
        ('utc_offset = "+08:00"', 'utc_offset = "Asia/Shanghai"', "utc_offset"),
        ('22 = "行业动态"', 'x22 = "行业动态"', "lists.x22"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_file_and_key(old: str, new: str, key: str) -> None:
    assert old in TEXT
    with pytest.raises(DataFileError) as caught:
        catalog.parse(TEXT.replace(old, new, 1), "100ec.toml")
    assert str(caught.value).startswith(f"100ec.toml: {key}: ")


def test_a_file_that_is_no_toml_is_named() -> None:
    with pytest.raises(DataFileError, match=r"^broken\.toml: "):
        catalog.parse("name = ", "broken.toml")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.100ec.cn/detail--6648723.html",
        "http://www.100ec.cn/detail--6648723.html",
        "http://imgs-b2b.100ec.cn/detail--6648723.html",
        "https://www.100ec.cn/detail--6648723.html%20",
        "https://www.100ec.cn/detail--6648723.html ",
        "https://www.100ec.cn/detail--6648723.html?from=list",
        "https://www.100ec.cn/detail--6648723.html#top",
        "HTTPS://WWW.100EC.CN/detail--6648723.html",
        "http://www.100ec.cn:80/detail--6648723.html",
        "http://127.0.0.1:8000/detail--6648723.html?x#y",
    ],
)
def test_one_article_has_one_canonical_url(url: str) -> None:
    site = catalog.load(served_at="http://127.0.0.1:8000")
    assert site.canonical_url(url) == "https://www.100ec.cn/detail--6648723.html"


def test_an_article_of_another_host_keeps_its_host() -> None:
    url = "http://mirror.example/detail--6654332.html%20?a=1#b"
    assert catalog.load().canonical_url(url) == "http://mirror.example/detail--6654332.html"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.100ec.cn/zt/jsls/",
        "https://www.100ec.cn/list--21--1.html",
        "https://www.100ec.cn/detail--.html",
        "https://www.100ec.cn/x/detail--123.html",
        "javascript:void(0)",
        "http://[",
        "",
    ],
)
def test_other_addresses_have_no_article_number(url: str) -> None:
    assert catalog.load().article_number(url) is None


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://imgs-b2b.100ec.cn/list--21--1.html", True),
        ("https://www.100ec.cn.evil.example/detail--1.html", False),
        ("https://evil.example/www.100ec.cn/detail--1.html", False),
        ("https://www.100ec.cn@evil.example/detail--1.html", False),
        ("http://127.0.0.1:8001/detail--1.html", False),
        ("http://127.0.0.1:99999/detail--1.html", False),
    ],
)
def test_only_the_sites_hosts_are_its_own(url: str, own: bool) -> None:
    assert catalog.load(served_at="http://127.0.0.1:8000").owns(url) is own


def test_a_page_of_a_stand_in_has_the_sites_address() -> None:
    site = catalog.load(served_at="http://127.0.0.1:8000")
    path = "/detail--1.html?x"
    assert site.public_url("http://127.0.0.1:8000" + path) == "https://www.100ec.cn" + path
    assert site.public_url("http://mirror.example" + path) == "http://mirror.example" + path


@pytest.mark.parametrize("url", ["www.100ec.cn", "ftp://www.100ec.cn", "http://", "http://[::1"])
def test_a_site_url_that_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(SettingError, match="ECNEWS_SITE_URL"):
        catalog.load(served_at=url)
