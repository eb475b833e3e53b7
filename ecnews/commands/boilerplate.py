"""`scrapy boilerplate`: what repeats behind many articles of the database and no rule knows."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ecnews.errors import DatabaseError, SettingError

if TYPE_CHECKING:
    from ecnews.storage.tails import Tail

_SHOWN = 100  # characters of a block


class Command(ScrapyCommand):
    requires_project = True

    def syntax(self) -> str:
        return "[--least N] [--last N] [--json]"

    def short_desc(self) -> str:
        return "List what repeats at the end of articles and no rule knows"

    def long_desc(self) -> str:
        return (
            "Reads the articles of the database and lists the blocks that stand verbatim among the"
            " last ones of several: how often, from when to when, and where. What is boilerplate"
            " among them wants a rule in ecnews/text/rules/boilerplate.toml."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        for name, default, meaning in (
            ("least", 5, "articles that must share a block"),
            ("last", 3, "blocks at the end of each article to look at"),
        ):
            parser.add_argument(
                f"--{name}", type=int, default=default, metavar="N", help=f"{meaning} ({default})"
            )
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings is not None
        if not opts.loglevel:
            self.settings.set("LOG_LEVEL", "ERROR", priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from ecnews.storage import database, tails

        if args or opts.least < 2 or opts.last < 1:
            raise UsageError("--least is from 2 up, --last from 1 up", print_help=False)
        assert self.settings is not None
        try:
            engine = database.connect(self.settings["ECNEWS_DATABASE_URL"])
            found = tails.repeated(engine, opts.last, opts.least)
        except SettingError as error:
            raise UsageError(str(error), print_help=False) from None
        except DatabaseError as error:
            print(error, file=sys.stderr)
            self.exitcode = 1
            return
        engine.dispose()
        if not found and not opts.json:
            print(f"no block ends {opts.least} articles or more", file=sys.stderr)
        for tail in found:
            shown = json.dumps(asdict(tail), ensure_ascii=False) if opts.json else _shown(tail)
            sys.stdout.buffer.write(shown.encode() + b"\n")


def _shown(tail: Tail) -> str:
    text = tail.text if len(tail.text) <= _SHOWN else tail.text[:_SHOWN] + "…"
    days = f", {tail.first_day} to {tail.last_day}" if tail.first_day else ""
    return "\n    ".join((f"{tail.count} articles{days}: {text}", *tail.urls))
