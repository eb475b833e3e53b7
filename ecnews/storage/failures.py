"""What went wrong while writing: the row's fault, or the database's."""

from __future__ import annotations

import time

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

# Of PostgreSQL's error classes those that speak of the row: data exception, integrity constraint,
# program limit exceeded.
_OF_THE_ROW = ("22", "23", "54")


def is_refusal(error: Exception) -> bool:
    """Whether the engine, or its driver, refuses a value, and not the database is away."""
    if isinstance(error, DataError | IntegrityError):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return state[:2] in _OF_THE_ROW
    if isinstance(error, StatementError):  # raised before the driver was asked
        return isinstance(error.orig, ValueError | TypeError | OverflowError)
    return isinstance(error, ValueError | TypeError | OverflowError)


class Outage:
    """How long the database has been away, and when to try again: pauses (s) double up to the
    longest."""

    def __init__(self, first: float, longest: float) -> None:
        self.first = first
        self.longest = longest
        self.pause = 0.0
        self.times = 0
        self.total = 0.0  # s, of the outages that are over
        self._began: float | None = None
        self._last = 0.0

    @property
    def lasts(self) -> float:
        return 0.0 if self._began is None else time.monotonic() - self._began

    @property
    def pausing(self) -> bool:
        return self._began is not None and time.monotonic() - self._last < self.pause

    def begin_or_go_on(self) -> None:
        self._last = time.monotonic()
        if self._began is None:
            self._began, self.times, self.pause = self._last, self.times + 1, self.first
        else:
            self.pause = min(2 * self.pause, self.longest)

    def end(self) -> None:
        if self._began is not None:
            self.total += self.lasts
            self._began = None
