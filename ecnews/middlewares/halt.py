"""What ends a run before its end: the reason stands in a stat, where every part of it looks."""

from __future__ import annotations

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

# Each is the name of a stat below `ecnews/`, whose value is the sentence for the verdict.
REASONS = ("unreachable", "database", "challenged", "refused", "budget", "quiet")
_STATS = tuple((reason, f"ecnews/{reason}") for reason in REASONS)


def halt(crawler: Crawler, reason: str, sentence: str) -> IgnoreRequest:
    """Leaves the sentence, and gives the exception for the request that met the end; the spider
    ends the run when it hears of it. The first reason stays."""
    refused = IgnoreRequest(sentence)
    if halted(crawler) is None:
        crawler.stats.set_value(f"ecnews/{reason}", sentence)
        if reason != "budget":  # within which those that wait are
            _empty(crawler, refused)
    return refused


def _empty(crawler: Crawler, refused: IgnoreRequest) -> None:
    """Takes back what waits in the downloader for its turn."""
    assert crawler.engine is not None
    for slot in crawler.engine.downloader.slots.values():
        while slot.queue:
            _, waiting = slot.queue.popleft()
            waiting.errback(refused)


def halted(crawler: Crawler) -> str | None:
    """The reason why the run is to end, if there is one."""
    stats = crawler.stats.get_stats()  # once: this is asked for every request and response
    return next((reason for reason, stat in _STATS if stats.get(stat)), None)
