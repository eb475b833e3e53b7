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
}


class Command(ScrapyCommand):
    requires_project = True

    def syntax(self) -> str:
        return "|".join(_ACTIONS)

    def short_desc(self) -> str:
        return "Look after the database"

    def long_desc(self) -> str:
        return " ".join(f"{name}: {meaning}." for name, meaning in _ACTIONS.items())

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings is not None
        if not opts.loglevel:
            self.settings.set("LOG_LEVEL", "WARNING", priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1 or args[0] not in _ACTIONS:
            raise UsageError(f"give one of: {', '.join(_ACTIONS)}", print_help=False)
        assert self.settings is not None
        from ecnews.storage import upkeep

        try:
            done, sentence = getattr(upkeep, args[0])(self.settings["ECNEWS_DATABASE_URL"])
        except EcnewsError as error:
            done, sentence = False, str(error)
        print(sentence, file=sys.stdout if done else sys.stderr)
        self.exitcode = 0 if done else 1
