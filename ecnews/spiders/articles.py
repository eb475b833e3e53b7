"""Fetches given pages: those of the site, and copies of them on other hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request

from ecnews.catalog import Site
from ecnews.errors import ArgumentError
from ecnews.items import Article
from ecnews.spiders.arguments import Argument
from ecnews.spiders.base import MAX_REQUESTS, SiteSpider

_AHEAD = 60


class ArticlesSpider(SiteSpider):
    """Crawls the articles that `-a urls=` names, whatever their section; known ones too, since
    somebody asks for them."""

    name = "articles"

    @classmethod
    def arguments_of(cls, site: Site) -> dict[str, Argument]:
        return {
            "urls": Argument(
                str,
                "FILE|URL,… (addresses of articles, or a file with one a line;"
                " numbers of the site's articles are taken as well)",
            ),
            "max_requests": MAX_REQUESTS,
        }

    def configure(self, given: dict[str, Any]) -> None:
        if not given["urls"]:
            raise ArgumentError("argument urls is missing: -a urls=FILE or -a urls=URL,URL")
        self.urls = [self._address(line) for line in _lines(given["urls"])]
        if not self.urls:
            raise ArgumentError(f"argument urls={given['urls']}: it names no address")

    @property
    def section_name(self) -> None:
        """Given pages are of any section."""

    async def start(self) -> AsyncIterator[Request]:
        self.count("by_number")
        for url in dict.fromkeys(self.urls):
            number = self.site.article_number(url)
            assert number is not None
            self.retried.add(number)  # whoever names pages knows them, and does not watch the site
            yield self.request(number, copy=None if self.site.owns(url) else url)
            await self.room(_AHEAD)

    def is_wanted(self, found: Article, number: int) -> bool:
        return True

    def lacks(self, found: Article) -> None:
        """Copies on other hosts may have lost anything."""

    def _address(self, line: str) -> str:
        if line.isascii() and line.isdecimal():
            return self.site.article_request_url(int(line))
        url = line if "://" in line else f"https://{line}"
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or self.site.article_number(url) is None:
            shape = self.site.url + self.site.article_format.format(number="…")
            raise ArgumentError(f"argument urls: {line!r} is no article's address, like {shape}")
        return url


def _lines(text: str) -> list[str]:
    """The addresses of a file, without comments and empty lines, or of the argument itself."""
    file = Path(text)
    if "://" not in text and file.is_file():
        try:
            text = file.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise ArgumentError(f"argument urls={text}: {error}") from None
        rows = (line.partition(" #")[0].strip() for line in text.splitlines())
        return [row for row in rows if row and not row.startswith("#")]
    if "://" not in text and not text.replace(",", "").strip().isdecimal() and "/" not in text:
        raise ArgumentError(f"argument urls={text}: there is no such file")
    return [part.strip() for part in text.split(",") if part.strip()]
