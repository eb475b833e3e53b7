"""What became of a run, from its stats: a name, an exit code and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Exit codes; 1 is left to a crash of Python, 2 to the command line.
CODES = {
    "ok": 0,
    "nothing-new": 0,
    "partial": 3,
    "empty": 4,
    "challenged": 5,
    "refused": 6,
    "unreachable": 7,
    "drifted": 8,
    "database": 9,
    "failed": 10,
    "stopped": 11,
    "busy": 12,
}
GOOD = frozenset(name for name, code in CODES.items() if not code)
SOUND = GOOD | {"partial"}  # what others may be compared with
_REFUSALS = ("Forbidden by robots.txt", "HTTP 401", "HTTP 403")
# What to do, where the sentence does not say it.
_ADVICE = {
    "partial": "The next run tries them again.",
    "empty": "The log says why: the site may have changed, or a browser may be missing.",
    "challenged": "Install a browser (chromium) if the sentence says so, or try later.",
    "refused": "Nothing was tried against it: ask the publisher, or try later.",
    "unreachable": "Check the network, the name and ECNEWS_SITE_URL.",
    "drifted": "The site has changed its pages: add a layout (docs/architecture.md), then crawl.",
    "database": "Check ECNEWS_DATABASE_URL, the server and the disk.",
    "failed": "The log has the traceback: please report it.",
    "stopped": "The next run goes on.",
    "busy": "Let it end, or stop it.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`sentence` says what happened and, unless all is well, what to do."""

    name: str
    sentence: str

    @property
    def code(self) -> int:
        return CODES[self.name]

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}"


def verdict(name: str, what: str, advice: str | None = None) -> Verdict:
    """What happened, with what to do: `advice`, or the verdict's own.

    >>> str(verdict("stopped", "a signal ended the run"))
    'stopped: a signal ended the run. The next run goes on.'
    """
    advice = _ADVICE.get(name, "") if advice is None else advice
    what = " ".join(what.split())  # one line
    mark = "" if not advice or what.endswith((".", "?", "!")) else "."
    return Verdict(name, f"{what}{mark} {advice}".strip())


def judge(stats: Mapping[str, Any]) -> Verdict:
    """The verdict on a finished run; the first that applies, the gravest first."""
    return _hindered(stats) or _ended_early(stats) or _brought(stats)


def _hindered(stats: Mapping[str, Any]) -> Verdict | None:
    """What kept the run from its work."""
    for name in ("busy", "unreachable", "database", "challenged", "refused"):
        if sentence := stats.get(f"ecnews/{name}"):
            # A database that keeps what is not stored says itself what comes next.
            told = name == "database" and "next run" in sentence
            return verdict(name, sentence, "" if told else None)
    if stats.get("ecnews/killed"):
        return verdict("stopped", "a signal ended the run before it could close")
    if stats.get("finish_reason") == "shutdown" and not stats.get("ecnews/broken_off"):
        return verdict("stopped", "a signal ended the run before its end")
    if errors := stats.get("ecnews/errors") or stats.get("spider_exceptions/count"):
        first = stats.get("ecnews/error")
        many = "an error" if errors == 1 else f"{errors} errors"
        return verdict("failed", f"{many} in the crawler itself" + (f": {first}" if first else ""))
    if sentence := stats.get("ecnews/drifted"):
        return verdict("drifted", sentence)
    return None


def _ended_early(stats: Mapping[str, Any]) -> Verdict | None:
    if sentence := stats.get("ecnews/quiet"):
        began = bool(stats.get("response_received_count"))
        return verdict("partial" if began else "nothing-new", sentence, "")
    if sentence := stats.get("ecnews/budget"):
        return verdict("partial", sentence, "")
    reason = stats.get("finish_reason")
    if reason != "finished":
        return verdict("failed", f"the run ended early: {reason or 'it never began'}")
    return None


def _brought(stats: Mapping[str, Any]) -> Verdict:
    """On a run that came to its end."""
    failed = counts(stats, "ecnews/failed/")
    causes = _listed(failed)
    new, changed, unchanged = (
        stats.get(f"ecnews/stored/{name}", 0) for name in ("new", "changed", "unchanged")
    )
    stored, skipped = new + changed + unchanged, counts(stats, "ecnews/skipped/")
    by_number = stats.get("ecnews/by_number") and (stats.get("ecnews/articles") or skipped)
    if not stats.get("ecnews/lists") and not by_number:
        if any(cause in _REFUSALS for cause in failed):
            return verdict("refused", f"the site refuses its pages: {causes}")
        what = "page" if stats.get("ecnews/by_number") else "list page"
        return verdict("empty", f"no {what} could be read: {causes or 'none was asked for'}")
    if failed:
        return verdict("partial", f"some pages could not be read: {causes}")
    quarantined = counts(stats, "ecnews/quarantined/")
    if quarantined and not stored and not stats.get("ecnews/skipped/known"):
        return verdict("empty", f"no page was fit to be stored: {_listed(quarantined)}")
    if not stored and not skipped:
        return verdict("empty", "the list pages link no article that was wanted")
    if not new and not changed:
        return verdict("nothing-new", "every article was known")
    return verdict("ok", f"{new} new articles, {changed} changed")


def _listed(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in counted.items())


def counts(stats: Mapping[str, Any], prefix: str) -> dict[str, int]:
    """The stats below a prefix, the most frequent first."""
    found = {key.removeprefix(prefix): n for key, n in stats.items() if key.startswith(prefix)}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
