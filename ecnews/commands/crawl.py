"""`scrapy crawl`: the built-in, with a verdict: a summary on stderr and an exit code that tells."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scrapy.commands import crawl
from scrapy.exceptions import UsageError

from ecnews.errors import EcnewsError
from ecnews.extensions.verdict import Verdict, counts, judge

_EXAMPLES = (
    "SELECT published_at, title FROM articles ORDER BY published_at DESC LIMIT 10",
    "SELECT source, count(*) FROM articles GROUP BY source ORDER BY 2 DESC LIMIT 10",
    "SELECT title FROM articles WHERE body LIKE '%即时零售%' ORDER BY published_at DESC LIMIT 10",
)


class Command(crawl.Command):
    """See docs/spiders.md for the verdicts and their codes."""

    def short_desc(self) -> str:
        return "Run a spider and say what became of the run"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("name one spider; `scrapy list` shows them", print_help=False)
        assert self.crawler_process is not None
        assert self.settings is not None
        from ecnews.storage import database  # late: `scrapy list` loads this module as well

        self.settings.set("ECNEWS_ARGUMENTS", dict(opts.spargs), priority="cmdline")
        try:
            crawler = self._create_crawler(args[0])
            # Made once for its complaints, which Scrapy would log as a traceback, exiting with 0.
            crawler.spidercls.from_crawler(
                self.crawler_process.create_crawler(args[0]), **opts.spargs
            )
            database.parse_url(self.settings["ECNEWS_DATABASE_URL"])
        except KeyError:
            names = ", ".join(sorted(self.crawler_process.spider_loader.list()))
            raise UsageError(
                f"no spider {args[0]!r}; there are: {names}", print_help=False
            ) from None
        except EcnewsError as error:
            raise UsageError(str(error), print_help=False) from None
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        if self.crawler_process.bootstrap_failed:
            print("failed: the run could not begin; the log says why", file=sys.stderr)
            self.exitcode = 1
            return
        stats = crawler.stats.get_stats()
        verdict = judge(stats)
        self.exitcode = verdict.code
        print(
            "\n".join(_summary(verdict, stats, self.settings["ECNEWS_DATABASE_URL"])),
            file=sys.stderr,
        )


def _summary(verdict: Verdict, stats: Mapping[str, Any], url: str) -> Iterator[str]:
    yield f"{verdict.name}: {verdict.sentence}"
    if not stats.get("response_received_count"):
        return
    stored = {
        name: stats.get(f"ecnews/stored/{name}", 0) for name in ("new", "changed", "unchanged")
    }
    yield "  stored      " + ", ".join(f"{count} {name}" for name, count in stored.items())
    for title in ("skipped", "quarantined", "failed"):
        if why := counts(stats, f"ecnews/{title}/"):
            yield f"  {title:11} {sum(why.values())}: " + ", ".join(
                f"{k} {n}" for k, n in why.items()
            )
    if taken := stats.get("ecnews/taken_in"):
        yield f"  took in     {taken} that an earlier run could not store"
    if outages := stats.get("ecnews/outages"):
        times = "once" if outages == 1 else f"{outages} times"
        yield f"  away        the database, {times}, {stats['ecnews/outage_seconds']} s in all"
    if via := counts(stats, "ecnews/via/"):
        yield "  via         " + ", ".join(via)
    yield (
        f"  took        {stats.get('elapsed_time_seconds', 0):.0f} s,"
        f" {stats['response_received_count']} pages"
    )
    yield f"  database    {_shown(url)}"
    if any(stored.values()):
        yield "try next:"
        yield from (f"  {line}" for line in _examples(url))


def _examples(url: str) -> Iterator[str]:
    """Commands that show what is in the database, with what this machine has."""
    from ecnews.storage import database

    parsed = database.parse_url(url)
    for query in _EXAMPLES:
        if parsed.drivername != "sqlite":
            target = database.shown(parsed.set(drivername="postgresql"))
            yield shlex.join(["psql", target, "-c", query])
        elif shutil.which("sqlite3"):
            yield f'sqlite3 {shlex.quote(parsed.database or "")} "{query}"'
        else:
            code = (
                f"import sqlite3; [print(*row) for row in"
                f" sqlite3.connect({parsed.database!r}).execute({query!r})]"
            )
            yield f"{_relative(sys.executable)} -c {shlex.quote(code)}"


def _shown(url: str) -> str:
    from ecnews.storage import database

    return database.shown(database.parse_url(url))


def _relative(path: str) -> str:
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path
