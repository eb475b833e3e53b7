"""What became of a run, from its stats: a name, an exit code and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler

# Exit codes; 1 is left to a crash, 2 to the command line.
CODES = {
    "ok": 0,
    "nothing-new": 0,
    "partial": 3,
    "empty": 4,
    "challenged": 5,
    "refused": 6,
    "unreachable": 7,
    "database": 9,
    "failed": 10,
    "stopped": 11,
}
_REFUSALS = ("Forbidden by robots.txt", "HTTP 401", "HTTP 403")


@dataclass(frozen=True, slots=True)
class Verdict:
    name: str
    sentence: str

    @property
    def code(self) -> int:
        return CODES[self.name]


def judge(stats: Mapping[str, Any]) -> Verdict:
    """The verdict on a finished run; the first that applies, the gravest first."""
    reason = stats.get("finish_reason")
    failed = counts(stats, "ecnews/failed/")
    causes = ", ".join(f"{cause} ({count})" for cause, count in failed.items())
    errors = stats.get("spider_exceptions/count", 0) + stats.get("ecnews/item_errors", 0)
    stored = {
        name: stats.get(f"ecnews/stored/{name}", 0) for name in ("new", "changed", "unchanged")
    }
    if unreachable := stats.get("ecnews/unreachable"):
        return Verdict("unreachable", unreachable)
    if database := stats.get("ecnews/database"):
        return Verdict("database", database)
    for name in ("challenged", "refused"):
        if sentence := stats.get(f"ecnews/{name}"):
            return Verdict(name, sentence)
    if sentence := stats.get("ecnews/quiet"):
        return Verdict(
            "partial" if stats.get("response_received_count") else "nothing-new", sentence
        )
    if reason == "shutdown":
        return Verdict("stopped", "the run was stopped before its end")
    if sentence := stats.get("ecnews/budget"):
        return Verdict("partial", sentence)
    if reason != "finished":
        return Verdict("failed", f"the run ended early: {reason or 'it never began'}")
    if errors:
        return Verdict("failed", f"{errors} errors in the crawler itself; the log has them")
    by_number = stats.get("ecnews/by_number") and (
        stats.get("ecnews/articles") or counts(stats, "ecnews/skipped/")
    )
    if not stats.get("ecnews/lists") and not by_number:
        if any(cause in _REFUSALS for cause in failed):
            return Verdict("refused", f"the site refuses its pages: {causes}")
        what = "page" if stats.get("ecnews/by_number") else "list page"
        return Verdict("empty", f"no {what} could be read: {causes or 'none was asked for'}")
    if failed:
        return Verdict("partial", f"some pages could not be read: {causes}")
    quarantined = counts(stats, "ecnews/quarantined/")
    if quarantined and not any(stored.values()) and not stats.get("ecnews/skipped/known"):
        reasons = ", ".join(f"{reason} ({count})" for reason, count in quarantined.items())
        return Verdict("empty", f"no page was fit to be stored: {reasons}")
    if not any(stored.values()) and not counts(stats, "ecnews/skipped/"):
        return Verdict("empty", "the list pages link no article that was wanted")
    if not stored["new"] and not stored["changed"]:
        return Verdict("nothing-new", "every article was known")
    return Verdict("ok", f"{stored['new']} new articles, {stored['changed']} changed")


class CountItemErrors:
    """Counts exceptions of pipelines, which Scrapy only logs."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        crawler.signals.connect(self.item_error, signals.item_error)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def item_error(self) -> None:
        self.crawler.stats.inc_value("ecnews/item_errors")


def counts(stats: Mapping[str, Any], prefix: str) -> dict[str, int]:
    """The stats below a prefix, the most frequent first."""
    found = {key.removeprefix(prefix): n for key, n in stats.items() if key.startswith(prefix)}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
