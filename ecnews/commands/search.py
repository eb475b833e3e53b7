"""`scrapy search`: finds words in the articles that are stored."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ecnews import catalog
from ecnews.errors import ArgumentError, EcnewsError

if TYPE_CHECKING:
    from ecnews.storage.search import Hit

_MARK = "\033[1;33m", "\033[0m"  # bold yellow
_PLAIN_MARK = "【", "】"


class Command(ScrapyCommand):
    requires_project = True

    def syntax(self) -> str:
        return "WORDS [--since D] [--until D] [--section S] [--limit N] [--relevance] [--json]"

    def short_desc(self) -> str:
        return "Find words in the stored articles"

    def long_desc(self) -> str:
        return (
            'All words must occur in title or body; "a phrase" in quotes, -word for what must not'
            " occur. Full and half width are alike, and capitals and small letters. Newest first."
            " Exit code 0 if something was found, 1 if nothing was."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        day = "YYYY-MM-DD, the site's own day"
        parser.add_argument("--since", metavar="D", help=f"published on that day or later ({day})")
        parser.add_argument("--until", metavar="D", help="published on that day or earlier")
        parser.add_argument("--section", metavar="S", help="of this section only")
        parser.add_argument("--limit", metavar="N", default="20", help="at most N (default 20)")
        parser.add_argument(
            "--relevance", action="store_true", help="the most relevant first, not the newest"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings is not None
        if not opts.loglevel:
            self.settings.set("LOG_LEVEL", "WARNING", priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        from ecnews.storage import database, search

        zone = catalog.load().zone
        try:
            query = search.parse(
                " ".join(args),
                _day("since", opts.since, zone),
                _day("until", opts.until, zone, timedelta(days=1)),
                opts.section,
            )
            limit = _number("limit", opts.limit)
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from None
        try:
            url = self.settings["ECNEWS_DATABASE_URL"]
            database.existing(url)
            engine = database.connect(url)
            with database.asking(engine) as connection:
                hits = search.show(connection, query, limit, opts.relevance)
            engine.dispose()
        except EcnewsError as error:
            print(error, file=sys.stderr)
            self.exitcode = 2
            return
        for hit in hits:
            print(_json(hit, zone) if opts.json else _text(hit, zone))
        self.exitcode = 0 if hits else 1
        if not hits and not opts.json:
            print("nothing found", file=sys.stderr)


def _day(
    name: str, value: str | None, zone: tzinfo, more: timedelta = timedelta()
) -> datetime | None:
    """The beginning of a day of the site, and some more."""
    if value is None:
        return None
    try:
        day = date.fromisoformat(value)
        if value != day.isoformat():
            raise ValueError
    except ValueError:
        raise ArgumentError(f"--{name} {value}: give a day as YYYY-MM-DD") from None
    return (datetime.combine(day, time(), zone) + more).astimezone(UTC)


def _number(name: str, value: str) -> int:
    if value.isdecimal() and int(value) > 0:
        return int(value)
    raise ArgumentError(f"--{name} {value}: give a number from 1 up")


def _text(hit: Hit, zone: tzinfo) -> str:
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    mark = _MARK if colour else _PLAIN_MARK
    when = f"{hit.published_at.astimezone(zone):%Y-%m-%d %H:%M}" if hit.published_at else "undated"
    head = "  ".join(filter(None, (when, hit.section, hit.title.marked(*mark))))
    return f"{head}\n    {hit.snippet.marked(*mark)}\n    {hit.url}"


def _json(hit: Hit, zone: tzinfo) -> str:
    """Every field of the hit; in `snippet` the words stand in 【】."""
    value: dict[str, Any] = {
        "number": hit.number,
        "url": hit.url,
        "title": hit.title.text,
        "section": hit.section,
        "source": hit.source,
        "published_at": hit.published_at and hit.published_at.astimezone(zone).isoformat(),
        "snippet": hit.snippet.marked(*_PLAIN_MARK),
    }
    return json.dumps(value, ensure_ascii=False)
