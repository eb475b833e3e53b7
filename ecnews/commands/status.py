"""`scrapy status`: the last runs, and whether all is well; quick, and reading only."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import methodcaller
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ecnews import catalog
from ecnews.errors import ArgumentError, EcnewsError
from ecnews.extensions.drift import FIELDS, Report, usual, usual_of
from ecnews.extensions.verdict import GOOD, SOUND

_MAIN = "digital_retail"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_ALL = "all"  # beside the layouts
_MARK = 0.1  # a share this far from the usual is marked


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[--max-age 26h] [--spider NAME] [--limit N] [--json]"

    def short_desc(self) -> str:
        return "Show the last runs, and whether all is well"

    def long_desc(self) -> str:
        return (
            "The last runs, the age of the last good one (ok, nothing-new), what is in quarantine,"
            " and what the last run read against the median of the sound ones before it. Exit code"
            " 1 if the last good run is older than --max-age or there is none, 2 if the database"
            " cannot be read."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--max-age",
            metavar="AGE",
            help="of the last good run: 90m, 26h, 3d; older: exit code 1",
        )
        parser.add_argument(
            "--spider",
            metavar="NAME",
            help=f"whose last good run counts (default {_MAIN}, if it has ever run)",
        )
        parser.add_argument("--limit", metavar="N", default="10", help="runs shown (default 10)")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            max_age, limit = _age(opts.max_age), _number(opts.limit)
            if args:
                raise ArgumentError(f"{args[0]!r} is not expected")
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from None
        from ecnews.storage import database, migrations

        most = self.settings.getint("ECNEWS_HEALTH_RUNS")
        try:
            engine = database.existing(self.settings["ECNEWS_DATABASE_URL"], only_reads=True)
            with database.asking(engine) as connection:
                migrations.usable(connection)
                status = _read(connection, opts.spider, limit, most)
            engine.dispose()
        except EcnewsError as error:
            print(error, file=sys.stderr)
            self.exitcode = 2
            return
        fresh = max_age is None or (status.age is not None and status.age <= max_age)
        shown = [_json(status, fresh)] if opts.json else _text(status, max_age)
        sys.stdout.buffer.write("".join(f"{line}\n" for line in shown).encode())
        self.exitcode = 0 if fresh else 1


@dataclass(frozen=True, slots=True)
class Status:
    """`runs` are rows of the table with their state, `spider` is whose good runs count (None: any
    one's); `report` is the last that read anything, `past` what it is compared with."""

    now: datetime
    runs: list[tuple[Any, str]]
    spider: str | None
    good: Any
    quarantine: list[Any]
    reporter: Any
    report: Report
    past: list[Report]

    @property
    def age(self) -> timedelta | None:
        return self.now - self.good.finished_at if self.good else None


def _read(connection: Any, spider: str | None, limit: int, most: int) -> Status:
    from ecnews.storage import runs

    now = datetime.now(UTC)
    if spider is None and runs.has_run(connection, _MAIN):
        spider = _MAIN
    last = runs.last(connection, limit)
    name = spider or (last[0].spider if last else "")
    arguments: dict[str, Any] = next((run.arguments for run in last if run.spider == name), {})
    former = [
        (run, Report.load(run.counts.get("health")))
        for run in runs.like(connection, name, arguments)
    ]
    at = next((i for i, (_, report) in enumerate(former) if report.pages), None)
    reporter, report = former[at] if at is not None else (None, Report())
    past = [r for run, r in former[(at or 0) + 1 :] if run.verdict in SOUND and r.pages]
    return Status(
        now,
        [(run, runs.state(run, now)) for run in last],
        spider,
        runs.last_of(connection, GOOD, spider),
        runs.confined(connection),
        reporter,
        report,
        past[:most],
    )


def _text(status: Status, max_age: timedelta | None) -> Iterator[str]:
    whose = status.spider or "any spider"
    if status.age is None:
        yield f"last good run of {whose}: none yet"
    else:
        late = " - TOO OLD" if max_age is not None and status.age > max_age else ""
        yield f"last good run of {whose}: {_span(status.age)} ago ({status.good.verdict}){late}"
    yield ""
    zone = catalog.load().zone
    yield f"{'start (' + str(zone) + ')':20} {'spider':15} {'verdict':12} {'new':>6} {'took':>8}"
    for run, state in status.runs:
        end = status.now if state == "running" else run.finished_at or run.updated_at
        yield (
            f"{run.started_at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {run.spider:15} {state:12}"
            f" {run.counts.get('stored/new', 0):6} {_span(end - run.started_at):>8}"
        )
        if run.sentence and run.verdict not in GOOD:
            yield f"{'':20} {run.sentence}"
    if not status.runs:
        yield "no run yet"
    yield ""
    total = sum(row.pages for row in status.quarantine)
    yield f"in quarantine: {total}" + "".join(
        f", {row.reason} {row.pages}" for row in status.quarantine
    )
    if status.reporter is not None:
        yield ""
        yield from _health(status)


def _health(status: Status) -> Iterator[str]:
    started = status.reporter.started_at.astimezone(catalog.load().zone)
    against = f"{len(status.past)} sound runs before it" if status.past else "nothing: the first"
    yield f"health, as of the run of {started:%Y-%m-%d %H:%M}, (in brackets: median of {against})"
    report = status.report
    unread = sum(report.unread.values())
    known = usual((sum(r.unread.values()) / r.pages, r.pages) for r in status.past)
    yield f"  pages       {report.pages}, not readable {_pair(unread / report.pages, known)}"
    for name, trend in _trends(status).items():
        if name == _ALL:
            shown = "  ".join(f"{title} {_pair(now, usually)}" for title, now, usually in trend)
            yield f"  of all      {shown}"
            continue
        layout = report.layouts[name]
        fields = "  ".join(f"{title} {_pair(now, usually)}" for title, now, usually in trend)
        yield f"  layout {name:5}{layout.pages} pages: {fields}"
        length = usual_of(status.past, name, lambda former: former.length)
        removed = usual_of(status.past, name, lambda former: former.removed)
        yield (
            f"  {'':12}{layout.length} characters"
            + (f" ({length:.0f})" if length is not None else "")
            + f", removed {_pair(layout.removed, removed)}, recovered {layout.recovered}"
        )


def _trends(status: Status) -> dict[str, list[tuple[str, float, float | None]]]:
    """Layout -> field, its share of the pages, the usual share; first the same of all pages, those
    that could not be read included."""
    past, report = status.past, status.report
    of_all = [
        (title, report.share(title), usual((r.share(title), r.pages) for r in past))
        for title in FIELDS
    ]
    by_layout = {
        name: [
            (title, layout.share(title), usual_of(past, name, methodcaller("share", title)))
            for title in FIELDS
        ]
        for name, layout in sorted(report.layouts.items())
    }
    return {_ALL: of_all, **by_layout}


def _pair(now: float, usually: float | None) -> str:
    if usually is None:
        return f"{now:.0%}"
    return f"{now:.0%} ({usually:.0%}){' !' if abs(now - usually) > _MARK else ''}"


def _json(status: Status, fresh: bool) -> str:
    keys = ("id", "spider", "arguments", "job", "host", "pid", "version", "sentence", "counts")
    times = ("started_at", "updated_at", "finished_at")
    value: dict[str, Any] = {
        "fresh": fresh,
        "spider": status.spider,
        "last_good": status.good and status.good.finished_at.isoformat(),
        "age_seconds": status.age and round(status.age.total_seconds()),
        "runs": [
            {"verdict": state}
            | {key: getattr(run, key) for key in keys}
            | {key: getattr(run, key) and getattr(run, key).isoformat() for key in times}
            for run, state in status.runs
        ],
        "quarantine": {row.reason: row.pages for row in status.quarantine},
        "health": {
            name: _numbers(status.report, name)
            | {"fields": {title: {"share": now, "usual": was} for title, now, was in trend}}
            for name, trend in _trends(status).items()
        },
        "unread": status.report.unread,
    }
    return json.dumps(value, ensure_ascii=False)


def _numbers(report: Report, name: str) -> dict[str, Any]:
    if name == _ALL:
        return {"pages": report.pages}
    layout = report.layouts[name]
    return {key: getattr(layout, key) for key in ("pages", "length", "removed", "recovered")}


def _age(text: str | None) -> timedelta | None:
    """
    >>> _age("26h"), _age("90m") == _age("1.5h"), _age(None)
    (datetime.timedelta(days=1, seconds=7200), True, None)
    """
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,3})?)\s*([smhdw])\s*", text)
    if not match:
        raise ArgumentError(f"--max-age {text}: give an age like 90m, 26h or 3d")
    return timedelta(**{_UNITS[match[2]]: float(match[1])})


def _number(text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text) < 10**6:
        return int(text)
    raise ArgumentError(f"--limit {text}: give a number from 1 up")


def _span(time: timedelta) -> str:
    """
    >>> _span(timedelta(seconds=95)), _span(timedelta(hours=3)), _span(timedelta(days=9))
    ('95 s', '180 min', '9.0 days')
    """
    seconds = max(0.0, time.total_seconds())
    if seconds < 180:
        return f"{seconds:.0f} s"
    if seconds < 6 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 3 * 86400 else f"{seconds / 86400:.1f} days"
