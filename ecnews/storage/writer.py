"""Writes items in batches, each in one transaction; what has not changed is not written.

A row that the engine refuses goes to the quarantine without its neighbours. While the database is
away the items wait: in memory for a while, then in the spool.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ecnews.errors import DatabaseError
from ecnews.items import Article, Quarantined
from ecnews.storage import database, failures, search, steps
from ecnews.storage.rows import Refused
from ecnews.storage.spool import Item, Spool, Waiting
from ecnews.text.quality import is_polluted

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # s between two tries

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch, in items."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    refused: int = 0  # of the articles, by the database: quarantined as well

    def __add__(self, other: Written) -> Written:
        return Written(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


class Writer:
    """Collects items and writes them once `batch_size` of them, or the oldest for `every` seconds,
    have waited. Of several of one URL the last one counts, but a clean article more than a
    polluted one, and either more than a page that is no article.

    While the database is away, `add` keeps what it is given and tries again after a pause that
    doubles. After `patience` seconds what waits goes to the spool, if there is one, and comes back
    with the first batch that the database takes again. `indexed=False` leaves the search index to
    `search.reindex`.
    """

    def __init__(
        self,
        engine: Engine,
        batch_size: int = 100,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        every: float = 5.0,
        patience: float = 60.0,
        spool: Spool | None = None,
        indexed: bool = True,
    ) -> None:
        self.engine = engine
        self.batch_size = batch_size
        self.now = now
        self.every = every
        self.patience = patience
        self.spool = spool
        self.indexed = indexed
        self.pending: dict[str, Waiting] = {}
        self.spooled = 0
        self.outage = failures.Outage(_FIRST_PAUSE, _LONGEST_PAUSE)
        self._oldest = 0.0

    def add(self, item: Item) -> Written:
        """Takes an item with a URL; writes once that is due.

        Raises DatabaseError if neither the database nor the spool takes what waits, which goes on
        waiting.
        """
        if item.url is None:
            raise ValueError("an article without a URL cannot be stored")
        if not self.pending:
            self._oldest = time.monotonic()
        _put(self.pending, item, self.now())
        return self.write_if_due()

    def write_if_due(self) -> Written:
        """What `add` does besides: to be called now and then where items come slowly."""
        due = len(self.pending) >= self.batch_size or (
            self.pending and time.monotonic() - self._oldest >= self.every
        )
        if not due or self.outage.pausing:
            return Written()
        try:
            return self.flush()
        except DatabaseError as error:
            logger.warning("%s; trying again in %.1f s", error, self.outage.pause)
            if self.outage.lasts > self.patience:
                self.give_up()
            return Written()

    def flush(self) -> Written:
        """Writes what waits.

        Raises DatabaseError if the database is away; what it has not taken goes on waiting.
        """
        written = Written()
        try:
            written += self.take_spool()
            while self.pending:
                batch = dict(list(self.pending.items())[: self.batch_size])
                written += self._write(list(batch.values()))
                for url, waiting in batch.items():
                    if self.pending[url] is waiting:
                        del self.pending[url]
        except SQLAlchemyError as error:
            self.outage.begin_or_go_on()
            raise database.explained(error, self.engine.url) from error
        self.outage.end()
        return written

    def take_spool(self) -> Written:
        """Writes what waits in the spool; raises SQLAlchemyError, and then it goes on waiting."""
        written = Written()

        def store(items: list[Waiting]) -> None:
            nonlocal written
            for start in range(0, len(items), self.batch_size):
                batch: dict[str, Waiting] = {}
                for item, seen in items[start:][: self.batch_size]:
                    _put(batch, item, seen)
                written += self._write(list(batch.values()))

        if self.spool and (taken := self.spool.take(store)):
            logger.info("took in %d items that had not been stored", taken)
            self.spooled = 0
        return written

    def give_up(self) -> Path | None:
        """Moves what waits to the spool and returns its file; None without a spool.

        Raises DatabaseError if that cannot be written either.
        """
        if self.spool is None or not self.pending:
            return None
        try:
            path = self.spool.keep(list(self.pending.values()))
        except OSError as error:
            raise DatabaseError(f"nor can a file keep what waits: {error}") from error
        logger.warning("%d items wait in %s until the database is back", len(self.pending), path)
        self.spooled += len(self.pending)
        self.pending.clear()
        return path

    def _write(self, batch: list[Waiting]) -> Written:
        """Writes a batch; of one that is refused, each half, down to the item that is to blame."""
        try:
            with self.engine.begin() as connection:
                counts, fates = steps.write(connection, batch, self.indexed)
            if self.indexed:
                search.settle(self.engine)
            _tell(batch, fates)
            return Written(**counts)
        except (SQLAlchemyError, ValueError, TypeError, OverflowError) as error:
            if not failures.is_refusal(error):
                raise
            if len(batch) == 1:
                self._write([self._refused(*batch[0], error)])
                return Written(refused=1)
        middle = len(batch) // 2
        return self._write(batch[:middle]) + self._write(batch[middle:])

    def _refused(self, item: Item, seen: datetime, error: Exception) -> Waiting:
        if isinstance(item, Quarantined):
            raise error
        reason = error.reason if isinstance(error, Refused) else "refused"
        detail = database.cause(error, self.engine.url)
        logger.warning("%s is not stored: %s: %s", item.url, reason, detail)
        return Quarantined(item.url or "", item.number, reason, detail), seen


def _tell(batch: list[Waiting], fates: dict[str, str]) -> None:
    """A line for each article that is stored now."""
    for item, _ in batch:
        if isinstance(item, Article):
            fate = fates.get(item.url or "", "")
            fields = {"url": item.url, "number": item.number, "fate": fate}
            logger.info("stored: %s: %s: %s", item.url, fate, item.title, extra=fields)


def _put(batch: dict[str, Waiting], item: Item, seen: datetime) -> None:
    """Puts an item into a batch, which has one of a URL."""
    url = item.url or ""
    if url not in batch or _worth(item) >= _worth(batch[url][0]):
        batch[url] = item, seen


def _worth(item: Item) -> int:
    if isinstance(item, Quarantined):
        return 0
    return 1 if is_polluted(item.removed, item.recovered) else 2
