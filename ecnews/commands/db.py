"""`scrapy db`: care of the database."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ecnews.errors import DatabaseError, SettingError

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "dedupe [--threshold T]"

    def short_desc(self) -> str:
        return "Rebuild what the database derives from its articles"

    def long_desc(self) -> str:
        return (
            "dedupe: finds anew which articles tell the same story, in one transaction; crawls wait"
            " meanwhile. The threshold holds for later crawls as well."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--threshold",
            type=float,
            metavar="T",
            help="dedupe: compare articles that have this share of the shorter one in common"
            " (0.3 to 1; default 0.45)",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1 or args[0] not in _VERBS:
            raise UsageError(f"say what to do: {', '.join(_VERBS)}", print_help=False)
        assert self.settings is not None
        # Late: every command is imported whenever one is run.
        from ecnews.storage import database
        from ecnews.storage.statements import lock

        try:
            engine = database.connect(self.settings["ECNEWS_DATABASE_URL"])
            with database.writing(engine) as connection:
                lock(connection)
                print(_VERBS[args[0]](connection, opts))
            engine.dispose()
        except SettingError as error:
            raise UsageError(str(error), print_help=False) from None
        except DatabaseError as error:
            print(error, file=sys.stderr)
            self.exitcode = 1


def _dedupe(connection: Connection, opts: argparse.Namespace) -> str:
    from ecnews.storage import stories
    from ecnews.text import near

    threshold = near.THRESHOLD if opts.threshold is None else opts.threshold
    if not 0.3 <= threshold <= 1:
        raise UsageError(f"--threshold {threshold}: give a share from 0.3 to 1", print_help=False)
    found = stories.rebuild(connection, datetime.now(UTC), threshold, _show)
    print(file=sys.stderr)
    return (
        f"{found.articles} articles tell {found.stories} stories,"
        f" {found.largest} of them the same at most"
    )


def _show(done: int) -> None:
    print(f"\r{done} articles ...", end="", file=sys.stderr, flush=True)


_VERBS: dict[str, Callable[[Connection, argparse.Namespace], str]] = {"dedupe": _dedupe}
