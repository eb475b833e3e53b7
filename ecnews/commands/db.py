"""`scrapy db`: the schema of the database, and its search index."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ecnews.errors import EcnewsError

_ACTIONS = {
    "current": "the schema that the database has, and the one that this version needs",
    "check": "whether the database can be used as it is: exit code 1 if not",
    "upgrade": "brings the database up to date, as a crawl does by itself",
    "reindex": "builds the search index anew",
    "dedupe": "finds anew which articles tell the same story, while crawls wait",
}


class Command(ScrapyCommand):
    requires_project = True

    def syntax(self) -> str:
        return f"{'|'.join(_ACTIONS)} [--threshold T]"

    def short_desc(self) -> str:
        return "Look after the database"

    def long_desc(self) -> str:
        return " ".join(f"{name}: {meaning}." for name, meaning in _ACTIONS.items())

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--threshold",
            type=float,
            metavar="T",
            help="of dedupe: compare articles that have this share of the shorter one in common"
            " (0.3 to 1, default 0.45); holds for later crawls as well",
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings is not None
        if not opts.loglevel:
            self.settings.set("LOG_LEVEL", "WARNING", priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1 or args[0] not in _ACTIONS:
            raise UsageError(f"give one of: {', '.join(_ACTIONS)}", print_help=False)
        options = {}
        if opts.threshold is not None:
            if args[0] != "dedupe" or not 0.3 <= opts.threshold <= 1:
                raise UsageError(
                    "--threshold goes with dedupe, and is a share from 0.3 to 1", print_help=False
                )
            options["threshold"] = opts.threshold
        assert self.settings is not None
        from ecnews.storage import upkeep

        try:
            url = self.settings["ECNEWS_DATABASE_URL"]
            done, sentence = getattr(upkeep, args[0])(url, **options)
        except EcnewsError as error:
            done, sentence = False, str(error)
        print(sentence, file=sys.stdout if done else sys.stderr)
        self.exitcode = 0 if done else 1
