"""What middlewares and spiders keep in the database from one run to the next."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from scrapy.crawler import Crawler

from ecnews.errors import DatabaseError

logger = logging.getLogger(__name__)


class Keep:
    """Reads and writes values by name; with `ECNEWS_KEEP` off, in a run that stores nothing,
    neither. Loads the database when it is first asked. While that is away nothing is known, and
    nothing kept."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.on = crawler.settings.getbool("ECNEWS_KEEP")

    def read(self, name: str, age: timedelta | None = None) -> Any:
        """The value if there is one, not older than `age`; else None."""
        if not self.on:
            return None
        from ecnews.storage import kept

        try:
            found = kept.read(self._engine(), name)
        except DatabaseError as error:
            logger.warning("%s", error)
            return None
        return found.value if found and (age is None or found.younger(age)) else None

    def write(self, name: str, value: Any) -> None:
        """Keeps the value under the name."""
        if not self.on:
            return
        from ecnews.storage import kept

        try:
            kept.write(self._engine(), name, value)
        except DatabaseError as error:
            logger.warning("%s", error)

    def _engine(self) -> Any:
        from ecnews.storage import database

        return database.shared(self.crawler, self.crawler.settings["ECNEWS_DATABASE_URL"])
