"""How a benchmark is timed, and how it is shown."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """Several runs of one thing: the median, and half the distance of the extremes as noise."""

    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.runs)

    @property
    def noise(self) -> float:
        return (max(self.runs) - min(self.runs)) / 2 / self.median


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: `ours` over `theirs`, to be at least `floor` or at most `ceiling`.

    The runs of both took turns: the ratio is the median of each turn's own, so that a turn in which
    the machine was slow was slow for both.
    """

    name: str
    ours: Figure
    theirs: Figure
    unit: str
    floor: float | None = None
    ceiling: float | None = None

    @property
    def ratio(self) -> float:
        turns = zip(self.ours.runs, self.theirs.runs, strict=True)
        return statistics.median(ours / theirs for ours, theirs in turns)

    @property
    def missed(self) -> bool:
        return (self.floor is not None and self.ratio < self.floor) or (
            self.ceiling is not None and self.ratio > self.ceiling
        )

    def __str__(self) -> str:
        wanted = f"at least {self.floor}" if self.floor is not None else f"at most {self.ceiling}"
        return (
            f"{self.name:52} {self.ours.median:9.2f} ±{self.ours.noise:4.0%} : "
            f"{self.theirs.median:9.2f} ±{self.theirs.noise:4.0%} {self.unit:8} = "
            f"{self.ratio:6.2f} ({wanted}){'  MISSED' if self.missed else ''}"
        )


def cpu_ms(runs: dict[str, tuple[Callable[[], object], int]], rounds: int = 9) -> dict[str, Figure]:
    """Milliseconds of CPU that one call of each takes. `runs` are a callable and how often it is
    called a round; the rounds of all take turns, so that a machine that is slow for a while is slow
    for all of them."""
    figures: dict[str, list[float]] = {name: [] for name in runs}
    for run, _ in runs.values():
        run()
    for _ in range(rounds):
        for name, (run, times) in runs.items():
            begin = time.process_time()
            for _ in range(times):
                run()
            figures[name].append((time.process_time() - begin) / times * 1000)
    return {name: Figure(tuple(taken)) for name, taken in figures.items()}


def pin(core: int) -> None:
    """Keeps this process on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})
