"""What became of the pages that a crawl fetched: asked before a request, told after it."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from scrapy.crawler import Crawler

from ecnews.errors import DatabaseError
from ecnews.extensions.runs import rules_fingerprint

if TYPE_CHECKING:
    from ecnews.storage.fetches import Fetch, Key, Outcome

_BATCH = 15  # outcomes that a crawl that is killed forgets
_SECONDS = 5.0
_PAUSE = 30.0  # s between two tries to write while the database is away

logger = logging.getLogger(__name__)


class Memory:
    """The outcomes of former runs and of this one. What is stored need not be told: the articles
    themselves are remembered. Loads the database when it is first asked.

    A database that is away is no reason to stop: what was noted waits, and nothing is known
    meanwhile, so that a page is fetched twice rather than missed."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.pending: list[Fetch] = []
        self.since = time.monotonic()
        self.next_try = 0.0
        self.ruled: datetime | None = None

    def settled(
        self, numbers: Collection[int], section: str | None, refresh: timedelta | None = None
    ) -> set[int]:
        """Those of the numbers that need not be fetched for the section (None: for any)."""
        from ecnews.storage import recall

        self._flush_in_time()
        now = datetime.now(UTC)
        ruled = self._ruled_since()
        found: set[int] = self._ask(recall.settled, numbers, section, now, refresh, ruled) or set()
        return found

    def owed(self, most: int) -> list[int]:
        """Numbers that failed in former runs and are due for another try, the newest first."""
        from ecnews.storage import recall

        return self._ask(recall.owed, datetime.now(UTC), most, self._ruled_since()) or []

    def _ruled_since(self) -> datetime | None:
        """When a run first had the rules of today: what was quarantined before may fit them."""
        from ecnews.storage import runs

        if self.ruled is None:
            self.ruled = self._ask(runs.ruled_since, rules_fingerprint())
        return self.ruled

    def days(self, numbers: Collection[int]) -> dict[int, datetime]:
        """When those of the articles that are stored were published."""
        from ecnews.storage import recall

        return self._ask(recall.days, numbers) or {}

    def note(self, page: Key, outcome: Outcome, detail: str | None = None) -> None:
        """Keeps what became of a page: of the site's article by its number, of another by URL."""
        from ecnews.storage.fetches import Fetch

        self.pending.append(Fetch(page, outcome, detail))
        if len(self.pending) >= _BATCH or time.monotonic() - self.since > _SECONDS:
            self._flush_in_time()

    def flush(self) -> None:
        """Writes what was noted; if the database is away that waits."""
        from ecnews.storage import database, fetches

        self.since = time.monotonic()
        if not self.pending:
            return
        try:
            with database.transaction(self._engine()) as connection:
                fetches.remember(connection, self.pending, datetime.now(UTC))
        except DatabaseError as error:
            self.next_try = time.monotonic() + _PAUSE
            logger.warning("%s", error)
        else:
            self.pending = []

    def _flush_in_time(self) -> None:
        if time.monotonic() >= self.next_try:
            self.flush()

    def _ask(self, question: Any, *args: Any) -> Any:
        """The answer of a function of `storage` that takes a connection; None if the database
        is away."""
        from ecnews.storage import database

        try:
            with database.asking(self._engine()) as connection:
                return question(connection, *args)
        except DatabaseError as error:
            logger.warning("%s", error)
            return None

    def _engine(self) -> Any:
        from ecnews.storage import database

        return database.shared(self.crawler, self.crawler.settings["ECNEWS_DATABASE_URL"])
