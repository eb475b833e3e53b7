"""What middlewares and spiders keep in the database from one run to the next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from scrapy.crawler import Crawler


class Keep:
    """Reads and writes values by name; with `ECNEWS_KEEP` off, in a run that stores nothing,
    neither. Loads the database when it is first asked."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.on = crawler.settings.getbool("ECNEWS_KEEP")

    def read(self, name: str, age: timedelta | None = None) -> Any:
        """The value if there is one, not older than `age`; else None. Raises DatabaseError."""
        if not self.on:
            return None
        from ecnews.storage import kept

        found = kept.read(self._engine(), name)
        return found.value if found and (age is None or found.younger(age)) else None

    def write(self, name: str, value: Any) -> None:
        """Raises DatabaseError."""
        if self.on:
            from ecnews.storage import kept

            kept.write(self._engine(), name, value)

    def _engine(self) -> Any:
        from ecnews.storage import database

        return database.shared(self.crawler, self.crawler.settings["ECNEWS_DATABASE_URL"])
