"""What a run came to, as a file of Prometheus' text format, for the collector of text files."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from ecnews.extensions.verdict import CODES, GOOD, Verdict, counts

logger = logging.getLogger(__name__)


def write(
    path: str, found: Verdict, stats: Mapping[str, Any], spider: str, section: str | None
) -> None:
    """Puts the file in place in one step; a folder that cannot be written is a line in the log."""
    from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

    registry, gauges = CollectorRegistry(), dict[str, Gauge]()
    labels = {"spider": spider, "section": section or "all"}

    def gauge(name: str, meaning: str, value: float, **more: str) -> None:
        if name not in gauges:
            names = [*labels, *more]
            gauges[name] = Gauge(f"ecnews_{name}", meaning, names, registry=registry)
        gauges[name].labels(**labels, **more).set(value)

    gauge("run_finished_timestamp_seconds", "When the last run ended.", time.time())
    gauge("run_good", "1 if the last run was good (ok, nothing-new), else 0.", found.name in GOOD)
    for name in CODES:
        gauge("run_verdict", "1 for its verdict, else 0.", name == found.name, verdict=name)
    gauge("run_duration_seconds", "How long it took.", stats.get("elapsed_time_seconds", 0))
    gauge("run_pages", "Pages that it fetched.", stats.get("response_received_count", 0))
    for fate in ("new", "changed", "unchanged"):
        number = stats.get(f"ecnews/stored/{fate}", 0)
        gauge("run_articles", "Articles that it stored.", number, fate=fate)
    for group in ("quarantined", "failed", "skipped"):
        number = sum(counts(stats, f"ecnews/{group}/").values())
        gauge("run_others", "Pages that it did not store.", number, fate=group)
    health = stats.get("ecnews/health") or {}
    for layout, values in health.get("layouts", {}).items():
        for field, number in values["fields"].items():
            share = number / values["pages"]
            gauge(
                "field_share", "Share of its articles that had a field.", share,
                layout=layout, field=field,
            )  # fmt: skip
        gauge("body_characters", "Median of their bodies.", values["length"], layout=layout)
    try:
        write_to_textfile(path, registry)
    except OSError as error:
        logger.warning("ECNEWS_METRICS_FILE: %s: %s", path, error.strerror)
