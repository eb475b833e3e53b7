"""The memory of what was fetched, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from ecnews.storage import database, recall
from ecnews.storage.fetches import Fetch, Key, Outcome, fresh, remember
from ecnews.storage.schema import articles, fetches

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = database.connect(database_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_an_outcome_that_holds_for_ever_is_fresh(connection: Connection) -> None:
    remember(connection, [Fetch(1, "stored"), Fetch(2, "failed", "HTTP 500")], NOW)
    assert fresh(connection, [1, 2, 3], NOW + 999 * DAY, {"stored": None}) == {1}


def test_an_outcome_that_holds_for_a_time_is_fresh_until_then(connection: Connection) -> None:
    remember(connection, [Fetch(1, "gone"), Fetch(2, "skipped", "跨境电商")], NOW)
    within: dict[Outcome, timedelta | None] = {"gone": 2 * DAY, "skipped": 5 * DAY}
    assert fresh(connection, [1, 2], NOW + DAY, within) == {1, 2}
    assert fresh(connection, [1, 2], NOW + 3 * DAY, within) == {2}


def test_pages_without_a_number_are_known_by_their_url(connection: Connection) -> None:
    remember(connection, [Fetch("https://h/zt/a", "gone"), Fetch(1, "gone")], NOW)
    keys: list[Key] = [1, "https://h/zt/a", "https://h/zt/b"]
    assert fresh(connection, keys, NOW, {"gone": None}) == {1, "https://h/zt/a"}


def test_the_last_outcome_counts(connection: Connection) -> None:
    remember(connection, [Fetch(1, "failed"), Fetch(1, "gone")], NOW)
    remember(connection, [Fetch(2, "gone")], NOW)
    remember(connection, [Fetch(2, "failed", "timeout")], NOW + DAY)
    assert fresh(connection, [1, 2], NOW, {"gone": None}) == {1}
    row = connection.execute(select(fetches).where(fetches.c.number == 2)).one()
    assert (row.detail, row.fetched_at) == ("timeout", NOW + DAY)


def test_outcomes_in_a_row_are_counted(connection: Connection) -> None:
    outcomes: list[Outcome] = ["gone", "failed", "failed", "failed"]
    for outcome in outcomes:
        remember(connection, [Fetch(1, outcome)], NOW)
    assert connection.execute(select(fetches.c.times)).scalar_one() == 3


def test_what_is_in_the_database_is_stored_without_being_remembered(
    connection: Connection,
) -> None:
    row = {"number": 5, "keywords": [], "images": [], "first_seen_at": NOW, "updated_at": NOW}
    texts = dict.fromkeys(("url", "title", "body", "content_hash"), "x")
    connection.execute(insert(articles), row | texts)
    assert fresh(connection, [5, 6], NOW, {"stored": None}) == {5}
    assert fresh(connection, [5, 6], NOW, {"gone": None}) == set()


def test_any_number_of_pages_is_asked_for_at_once(connection: Connection) -> None:
    remember(connection, [Fetch(number, "gone") for number in range(0, 80_000, 8_000)], NOW)
    assert len(fresh(connection, range(100_000), NOW, {"gone": None})) == 10


def test_nothing_is_asked_for(connection: Connection) -> None:
    remember(connection, [], NOW)
    assert fresh(connection, [], NOW, {"gone": None}) == set()


def test_what_other_rules_quarantined_is_tried_at_once_and_then_as_before(
    connection: Connection,
) -> None:
    for _ in range(9):
        remember(connection, [Fetch(1, "quarantined"), Fetch(2, "failed")], NOW)
    later = NOW + timedelta(hours=1)
    for ruled, due in ((None, []), (NOW - DAY, []), (later, [1])):
        assert recall.owed(connection, later, 9, ruled) == due
        assert recall.settled(connection, [1, 2], None, later, None, ruled) == {1, 2} - set(due)
    remember(connection, [Fetch(1, "quarantined")], later)
    assert recall.owed(connection, later + timedelta(hours=1), 9, later) == []
