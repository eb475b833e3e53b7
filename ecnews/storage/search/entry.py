"""What the index has of an article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

ID_BITS = 24
IDS = (1 << ID_BITS) - 1


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    title: str
    body: str
    published_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> Entry:
        return cls(row["id"], row["title"], row["body"], row["published_at"])

    @property
    def moment(self) -> int:
        """Seconds since 1970; an article without a time is the oldest."""
        return int(self.published_at.timestamp()) if self.published_at else 0

    @property
    def key(self) -> int:
        """What the article goes by on SQLite: in order of publication."""
        return self.moment << ID_BITS | self.id
