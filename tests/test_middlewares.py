"""Manners, where no server is needed to see them."""

from __future__ import annotations

import pytest
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.utils.project import get_project_settings

from ecnews.middlewares.politeness import PolitenessMiddleware


def politeness() -> PolitenessMiddleware:
    return PolitenessMiddleware(Crawler(Spider, get_project_settings()))


@pytest.mark.parametrize(
    "url",
    [
        "https://www.100ec.cn/detail--1.html",
        "http://imgs-b2b.100ec.cn/detail--1.html",
        "https://www.100ec.cn/robots.txt",
    ],
)
def test_all_hosts_of_the_site_share_one_slot(url: str) -> None:
    request = Request(url)
    politeness().process_request(request)
    assert request.meta["download_slot"] == "100ec"


def test_other_hosts_keep_slots_of_their_own() -> None:
    request = Request("https://elsewhere.example/")
    politeness().process_request(request)
    assert "download_slot" not in request.meta


def test_by_default_the_site_is_asked_once_a_second_and_by_name() -> None:
    settings = get_project_settings()
    assert settings.getfloat("DOWNLOAD_DELAY") >= 1
    assert settings.getfloat("DOWNLOAD_DELAY_JITTER") == 0
    assert settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") == 1
    assert settings.getbool("ROBOTSTXT_OBEY")
    assert settings.getbool("AUTOTHROTTLE_ENABLED")
    assert not settings.getbool("TELNETCONSOLE_ENABLED")
    assert not settings.getbool("REMOTE_CONTROL_ENABLED")
    assert settings["USER_AGENT"].startswith("ecnews/")
