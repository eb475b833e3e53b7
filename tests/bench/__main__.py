"""Runs the benchmarks and prints one table."""

from __future__ import annotations

import os
import sys

from tests.bench import crawl, day, extract, near, recover, storage, stories
from tests.bench.measure import Row


def main() -> int:
    """0 if every ratio reaches its floor."""
    print(f"one core of {os.cpu_count()}; medians, ± half the spread; ratios turn by turn\n")
    rows: list[Row] = []
    parts = (extract, recover, near, stories, storage, day, crawl)
    for benchmark in (part.rows for part in parts):
        for row in benchmark():
            rows.append(row)
            print(row, flush=True)
    missed = [row for row in rows if row.missed]
    print(f"\n{len(rows) - len(missed)} of {len(rows)} ratios reach their floor")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
