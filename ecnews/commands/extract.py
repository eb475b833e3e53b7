"""`scrapy extract`: what the crawler sees on one page, as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.http import Response
from twisted.python.failure import Failure

from ecnews import catalog
from ecnews.errors import EcnewsError, SettingError
from ecnews.items import Removed
from ecnews.middlewares.politeness import is_private
from ecnews.pages import article
from ecnews.pages.article import Examined


class Command(ScrapyCommand):
    requires_project = True

    def syntax(self) -> str:
        return "FILE|URL|- [--url URL] [--explain]"

    def short_desc(self) -> str:
        return "Print the article of one page as JSON"

    def long_desc(self) -> str:
        return (
            "Reads a page from a file, from the web (politely: robots.txt and delay hold) or from"
            " standard input (-), and prints the item that a crawl would make of it. Exit code 1,"
            " with the reason on stderr, if the page holds no article. With --explain it prints"
            " the page in order instead: each block kept (+), removed (-) with kind, rule and"
            " score, or of the page around the article ( )."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--url", metavar="URL", help="address of the page (default: as the page says)"
        )
        parser.add_argument(
            "--explain", action="store_true", help="what became of each block, instead of JSON"
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings is not None
        if not opts.loglevel:
            self.settings.set("LOG_LEVEL", "ERROR", priority="cmdline")
        self.settings.set("EXTENSIONS", {}, priority="cmdline")
        self.settings.set("ITEM_PIPELINES", {}, priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError(
                "give one page: a file, a URL, or - for standard input", print_help=False
            )
        assert self.settings is not None
        page = args[0]
        try:
            site = catalog.load(served_at=self.settings["ECNEWS_SITE_URL"])
        except SettingError as error:
            raise UsageError(str(error), print_help=False) from None
        try:
            body, url = self._fetch(page) if "://" in page else (_read(page), None)
            found = article.examine(body, site, opts.url or url)
        except (EcnewsError, OSError) as error:
            print(f"{page}: {error}", file=sys.stderr)
            self.exitcode = 1
            return
        shown = "\n".join(_explained(found)) if opts.explain else _json(asdict(found.article))
        sys.stdout.buffer.write(shown.encode() + b"\n")

    def _fetch(self, url: str) -> tuple[bytes, str]:
        """The body behind a URL and where it came from, redirects followed."""
        assert self.crawler_process is not None
        outcome: list[Response | str] = []
        settings = self.crawler_process.settings
        settings.set("ECNEWS_KEEP", False)  # nothing is stored
        # Whoever names a page of his own network means it; a redirect into it he does not.
        settings.set("ECNEWS_PRIVATE", is_private(urlsplit(url).hostname or ""))
        self.crawler_process.crawl(_OnePage, url=url, outcome=outcome)
        self.crawler_process.start()
        answer = outcome[0] if outcome else "could not be fetched"
        if isinstance(answer, str):
            raise OSError(answer)
        return answer.body, answer.url


class _OnePage(Spider):
    """Fetches one page and leaves the response, or why there is none, in `outcome`."""

    name = "extract"

    def __init__(self, url: str, outcome: list[Response | str]) -> None:
        super().__init__()
        self.url = url
        self.outcome = outcome

    async def start(self) -> AsyncIterator[Request]:
        yield Request(self.url, self.parse, errback=self.failed)

    def parse(self, response: Response) -> None:
        self.outcome.append(response)

    def failed(self, failure: Failure) -> None:
        response = getattr(failure.value, "response", None)
        self.outcome.append(
            f"HTTP {response.status}" if response is not None else failure.getErrorMessage()
        )


def _read(page: str) -> bytes:
    return sys.stdin.buffer.read() if page == "-" else Path(page).read_bytes()


def _explained(found: Examined) -> Iterator[str]:
    """A line for the title, one a block of the page in order, those of the head and of images
    last."""
    yield f"= {found.article.title}"
    shown = []
    for place in found.lines:
        removed = place.line.removed
        if removed:
            shown.append(removed)
            yield _finding(removed)
        else:
            yield f"{'+' if place.own else ' '} {place.line.text}"
    yield from (_finding(block) for block in found.article.removed if block not in shown)


def _finding(block: Removed) -> str:
    score = "" if block.score is None else f" {block.score:+.1f}"
    why = f" ({block.why})" if block.why else ""
    return f"- [{block.kind}: {block.rule}{score}] {block.text}{why}"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
