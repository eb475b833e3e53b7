"""The memory of what was fetched, and what follows from it, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from ecnews.storage import database, recall
from ecnews.storage.fetches import Fetch, Outcome, remember
from ecnews.storage.recall import owed, settled
from ecnews.storage.schema import articles, fetches, fingerprints

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SECTION = "数字零售"


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = database.connect(database_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def store(connection: Connection, number: int, own: bool) -> None:
    row = {"id": number, "number": number, "url": str(number), "keywords": [], "images": []}
    texts = dict.fromkeys(("title", "body", "content_hash"), "x")
    moments = {"first_seen_at": NOW, "updated_at": NOW}
    connection.execute(insert(articles), row | texts | moments)
    signature = {"slots": b"", "shingles": 0, "figures": b"", "recovered": 0}
    connection.execute(insert(fingerprints), {"article_id": number, "own": own} | signature)


def test_what_is_stored_is_settled_without_being_remembered(connection: Connection) -> None:
    store(connection, 5, own=True)
    assert settled(connection, [5, 6], SECTION, NOW) == {5}


def test_a_copy_on_another_host_settles_nothing(connection: Connection) -> None:
    """Its number is that host's own."""
    store(connection, 5, own=False)
    remember(connection, [Fetch(5, "failed")], NOW)
    assert settled(connection, [5], SECTION, NOW) == set()
    assert owed(connection, NOW, 9) == [5]


def test_what_is_gone_is_settled_for_a_month(connection: Connection) -> None:
    remember(connection, [Fetch(1, "gone")], NOW)
    assert settled(connection, [1], SECTION, NOW + 29 * DAY) == {1}
    assert settled(connection, [1], SECTION, NOW + 31 * DAY) == set()


def test_what_is_of_another_section_is_settled_for_the_wanted_one(connection: Connection) -> None:
    remember(connection, [Fetch(2, "skipped", "section 跨境电商")], NOW)
    assert settled(connection, [2], SECTION, NOW + 999 * DAY) == {2}
    assert settled(connection, [2], "跨境电商", NOW) == set()
    assert settled(connection, [2], None, NOW) == set()


def test_what_failed_is_owed_and_not_settled(connection: Connection) -> None:
    remember(connection, [Fetch(2, "failed", "HTTP 500"), Fetch(3, "quarantined")], NOW)
    assert settled(connection, [2, 3], SECTION, NOW) == set()
    assert owed(connection, NOW, 9) == [3, 2]


def test_what_failed_time_and_again_waits_longer_each_time(connection: Connection) -> None:
    for _ in range(4):
        remember(connection, [Fetch(2, "failed")], NOW)
    assert settled(connection, [2], SECTION, NOW + timedelta(hours=1)) == {2}
    assert owed(connection, NOW + timedelta(hours=3), 9) == [2]


def test_the_last_outcome_counts(connection: Connection) -> None:
    remember(connection, [Fetch(1, "failed"), Fetch(1, "gone")], NOW)
    remember(connection, [Fetch(2, "gone")], NOW)
    remember(connection, [Fetch(2, "failed", "timeout")], NOW + DAY)
    assert settled(connection, [1, 2], SECTION, NOW) == {1}
    row = connection.execute(select(fetches).where(fetches.c.number == 2)).one()
    assert (row.detail, row.fetched_at) == ("timeout", NOW + DAY)


def test_outcomes_in_a_row_are_counted(connection: Connection) -> None:
    outcomes: list[Outcome] = ["gone", "failed", "failed", "failed"]
    for outcome in outcomes:
        remember(connection, [Fetch(1, outcome)], NOW)
    assert connection.execute(select(fetches.c.times)).scalar_one() == 3


def test_pages_of_other_hosts_are_remembered_by_their_url(connection: Connection) -> None:
    remember(connection, [Fetch("https://h/detail--1.html", "gone"), Fetch(2, "gone")], NOW)
    assert settled(connection, [1, 2], SECTION, NOW) == {2}


def test_any_number_of_pages_is_asked_for_at_once(connection: Connection) -> None:
    remember(connection, [Fetch(number, "gone") for number in range(0, 80_000, 8_000)], NOW)
    assert len(settled(connection, range(100_000), SECTION, NOW)) == 10


def test_nothing_is_asked_for(connection: Connection) -> None:
    remember(connection, [], NOW)
    assert settled(connection, [], SECTION, NOW) == set()


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
