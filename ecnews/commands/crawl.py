"""`scrapy crawl`: the built-in, with a verdict: a summary on stderr and an exit code that tells."""

from __future__ import annotations

import argparse
import logging
import shlex
import shutil
import sys
from asyncio import Future
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from scrapy.commands import crawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError

from ecnews.errors import EcnewsError, SettingError
from ecnews.extensions import alerts, logs, metrics
from ecnews.extensions.runs import RunLedger
from ecnews.extensions.verdict import GOOD, Verdict, counts, judge, verdict

logger = logging.getLogger(__name__)

_EXAMPLES = (
    "SELECT published_at, title FROM articles ORDER BY published_at DESC LIMIT 10",
    "SELECT source, count(*) FROM articles GROUP BY source ORDER BY 2 DESC LIMIT 10",
    "SELECT title FROM articles WHERE body LIKE '%即时零售%' ORDER BY published_at DESC LIMIT 10",
)


class Command(crawl.Command):
    """See docs/spiders.md for the verdicts and their codes."""

    def short_desc(self) -> str:
        return "Run a spider and say what became of the run"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings is not None
        try:
            logs.prepare(self.settings)
        except SettingError as error:
            raise UsageError(str(error), print_help=False) from None

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
            raise self._mistake(f"no spider {args[0]!r}; there are: {names}") from None
        except EcnewsError as error:
            raise self._mistake(str(error)) from None
        crawling = self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        found = _conclude(crawler, _error(crawling), self.crawler_process.bootstrap_failed)
        self.exitcode = found.code
        _pass_on(crawler, found)
        _tell(crawler, found)

    def _mistake(self, sentence: str) -> UsageError:
        """Said on stderr, and in a log file as well: a scheduler shows nothing else."""
        assert self.settings is not None
        if self.settings["LOG_FILE"]:
            logs.say_last(logger, logging.ERROR, f"failed: {sentence}")
        return UsageError(sentence, print_help=False)


def _conclude(crawler: Crawler, error: BaseException | None, broken: bool) -> Verdict:
    """The verdict, which the ledger has as well, also where the run could not close or begin."""
    stats = _stats(crawler)
    if "start_time" not in stats:
        why = f"{type(error).__name__}: {error}" if error else "the log says why"
        found = (
            verdict("failed", f"the run could not begin: {why}")
            if error or broken
            else verdict("stopped", "a signal ended the run before it began")
        )
    else:
        if "finish_reason" not in stats:
            crawler.stats.set_value("ecnews/killed", True)
        found = judge(stats)
    _ledger(crawler).finish(found)
    return found


@cache
def _ledger(crawler: Crawler) -> RunLedger:
    """The run's; one of our own where the run failed so early that there is none."""
    try:
        return crawler.get_extension(RunLedger) or RunLedger(crawler)
    except RuntimeError:
        return RunLedger(crawler)


def _pass_on(crawler: Crawler, found: Verdict) -> None:
    """To those who are not there: alerts, and a file for a monitor."""
    settings, spider = crawler.settings, crawler.spidercls.name
    section = getattr(crawler.spider, "section", None)
    alerts.tell(settings, found, spider, section, _ledger(crawler).id)
    if path := settings["ECNEWS_METRICS_FILE"]:
        metrics.write(path, found, _stats(crawler), spider, section)


def _error(crawling: Any) -> BaseException | None:
    """What a crawl ended in, where it did in an exception."""
    over = isinstance(crawling, Future) and crawling.done() and not crawling.cancelled()
    return crawling.exception() if over else None


def _stats(crawler: Crawler) -> dict[str, Any]:
    try:
        return crawler.stats.get_stats()
    except RuntimeError:  # it did not come so far
        return {}


def _tell(crawler: Crawler, found: Verdict) -> None:
    """The summary, and the verdict as the last line: on stderr, and in the log where that is
    another place, or must be JSON."""
    settings, stats = crawler.settings, _stats(crawler)
    summary = list(_summary(stats, settings["ECNEWS_DATABASE_URL"]))
    level = logging.INFO if found.name in GOOD else logging.ERROR
    as_json = logs.is_json(settings)
    if settings["LOG_FILE"] or as_json:
        for line in summary:
            logger.info(line.strip())
        logs.say_last(logger, level, str(found), verdict=found.name, code=found.code)
    if settings["LOG_FILE"] or not as_json:
        stored = any(counts(stats, "ecnews/stored/").values())
        queries = _examples(settings["ECNEWS_DATABASE_URL"])
        examples = ["  try next:", *(f"    {line}" for line in queries)] if stored else []
        lines = (*summary, *examples, str(found))
        print("\n".join(lines), file=sys.stderr)


def _summary(stats: Mapping[str, Any], url: str) -> Iterator[str]:
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
