"""Searching: the same hits as LIKE on folded text, the same on both engines."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, delete, select, text

from ecnews.errors import ArgumentError
from ecnews.items import Article
from ecnews.storage import database, search
from ecnews.storage.schema import articles
from ecnews.storage.search import Query, blocks, parse
from ecnews.storage.search.fold import fold
from ecnews.storage.search.signature import on_their_side
from ecnews.storage.writer import Writer
from tests.replica import Corpus

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = database.connect(database_url)
    yield engine
    engine.dispose()


def article(number: int, title: str, body: str = "正文", **more: Any) -> Article:
    more.setdefault("published_at", (START + timedelta(hours=number)).isoformat())
    return Article(f"https://www.100ec.cn/detail--{number}.html", number, title, body, **more)


def store(engine: Engine, *batch: Article, indexed: bool = True, batch_size: int = 100) -> None:
    writer = Writer(engine, batch_size, indexed=indexed)
    for each in batch:
        writer.add(each)
    writer.flush()


def numbers(engine: Engine, query: str | Query, limit: int | None = None) -> list[int]:
    """The numbers of the articles found, newest first."""
    wanted = parse(query) if isinstance(query, str) else query
    with database.reading(engine) as connection:
        ids = search.find(connection, wanted, limit)
        rows = connection.execute(select(articles.c.id, articles.c.number)).all()
    number = {row.id: row.number for row in rows}
    return [number[id_] for id_ in ids]


def test_all_words_must_occur_in_title_or_body(engine: Engine) -> None:
    store(engine, article(1, "淘宝补贴"), article(2, "淘宝", "百亿补贴"), article(3, "淘宝"))
    assert numbers(engine, "淘宝 补贴") == [2, 1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("售", [1]),  # one character
        ("即时零售", [1]),
        ("时即", []),
        ("零售。", [1]),  # punctuation counts
        ("零售增", []),
        ('"双 11"', [2]),
        ("双11", []),
        ("618", [2]),
        ("ＧＭＶ", [2]),  # full width and half width alike,
        ("gmv达", [2]),  # and small letters
        ("b2b", [1]),
        ("(网经社讯)", [1]),
        ("100%", [2]),
        ("1_0", []),
        ("%", [2]),
        ("😀", [2]),
        ("C:\\temp", [3]),
        ("'", [3]),
        ('""', None),
        ("-即时零售 -618", [3]),
        ('-"双 11" B2B', [1]),
        ("-", []),
    ],
)
def test_a_word_is_found_as_it_stands(engine: Engine, query: str, found: list[int] | None) -> None:
    store(
        engine,
        article(1, "Ｂ２Ｂ平台", "（网经社讯）发展即时零售。\n\n增长。"),
        article(2, "双 11", "ＧＭＶ达618亿，增长100％😀"),
        article(3, "it's", r"C:\temp"),
    )
    if found is None:
        with pytest.raises(ArgumentError, match="give a word"):
            parse(query)
    else:
        assert numbers(engine, query) == found


def test_a_word_does_not_run_from_the_title_into_the_body(engine: Engine) -> None:
    store(engine, article(1, "数字零", "售卖"))
    assert numbers(engine, "零售") == []


def test_the_newest_come_first_and_those_without_a_time_last(engine: Engine) -> None:
    store(engine, article(1, "淘宝", published_at=None), article(9, "淘宝"), article(4, "淘宝"))
    assert numbers(engine, "淘宝") == [9, 4, 1]
    assert numbers(engine, "淘宝", limit=2) == [9, 4]
    assert numbers(engine, "-京东") == [9, 4, 1]


def test_time_and_section_narrow_the_search(engine: Engine) -> None:
    store(
        engine,
        *(article(n, "淘宝", section="数字零售" if n % 2 else "跨境电商") for n in range(1, 9)),
    )
    for words in (("淘宝",), ()):
        query = Query(
            words, ("京东",), START + timedelta(hours=3), START + timedelta(hours=7), "数字零售"
        )
        assert numbers(engine, query) == [5, 3]


def test_a_changed_article_is_found_by_its_new_text_only(engine: Engine) -> None:
    store(engine, article(1, "淘宝"), article(2, "京东"))
    store(engine, article(1, "拼多多", published_at=START.isoformat()))
    assert numbers(engine, "淘宝") == []
    assert numbers(engine, "拼多多") == [1]
    store(engine, article(1, "拼多多", section="跨境电商", published_at=START.isoformat()))
    assert numbers(engine, "拼多多") == [1]


@pytest.mark.parametrize("indexed", [True, False])
def test_an_article_is_found_once_and_at_its_time_however_often_it_changed(
    engine: Engine, indexed: bool
) -> None:
    store(engine, article(1, "即时零售"), article(2, "即时零售"), article(3, "即时零售额"))
    later = (START + timedelta(hours=9)).isoformat()
    for title in ("直播带货", "即时零售业", "即时零售"):
        store(engine, article(1, title, published_at=later), indexed=indexed)
        store(engine, article(2, title), indexed=indexed)
    assert numbers(engine, "即时零售", limit=20) == [1, 3, 2]
    assert numbers(engine, "直播带货", limit=20) == []
    assert numbers(engine, Query(("即时零售",), until=START + timedelta(hours=3)), 20) == [2]


@pytest.mark.parametrize("word", ["淘宝", "淘宝补贴"])
def test_a_deleted_article_is_not_found(engine: Engine, word: str) -> None:
    store(engine, article(1, word), article(2, word))
    with engine.begin() as connection:
        connection.execute(delete(articles).where(articles.c.number == 2))
    assert numbers(engine, word, limit=20) == [1]


@pytest.fixture(scope="module")
def texts() -> list[Article]:
    """Articles of the replica, in an order that is not that of time."""
    found = [
        article(a.number, a.title, a.body, published_at=a.published_at.isoformat())
        for a in Corpus(2300, seed=5)
    ]
    random.Random(1).shuffle(found)
    return found


def queries(texts: list[Article], count: int) -> list[Query]:
    """Pieces of the texts of any length, punctuation and all, alone, together and excluded."""
    dice = random.Random(7)

    def piece() -> str:
        body = dice.choice(texts).body or ""
        start = dice.randrange(len(body))
        return body[start : start + dice.choice((1, 1, 2, 2, 2, 3, 4, 6))]

    made = [Query((piece(),)) for _ in range(count)]
    made += [Query((piece(), piece())) for _ in range(count // 3)]
    made += [Query((piece(),), (piece(),)) for _ in range(count // 3)]
    made += [Query((), (piece(),)), Query(("不存在的词",)), Query(("AI",)), Query(("ai",))]
    return made


def expected(texts: list[Article], query: Query) -> set[int | None]:
    """What LIKE finds on folded text."""

    def has(each: Article, word: str) -> bool:
        return any(word in part for part in folded(each.title or "", each.body or ""))

    words, without = (list(map(fold, part)) for part in (query.words, query.without))
    return {
        each.number
        for each in texts
        if all(has(each, word) for word in words) and not any(has(each, word) for word in without)
    }


@cache
def folded(title: str, body: str) -> tuple[str, str]:
    return fold(title), fold(body)


def test_any_query_finds_what_like_finds(engine: Engine, texts: list[Article]) -> None:
    store(engine, *texts)
    moments = {each.number: each.published_at or "" for each in texts}
    for query in queries(texts, 60):
        found = numbers(engine, query)
        assert set(found) == expected(texts, query), query
        assert found == sorted(found, key=lambda number: moments[number], reverse=True)
        assert numbers(engine, query, limit=20) == found[:20], query


def test_the_hits_are_those_of_the_engines_own_like(engine: Engine, texts: list[Article]) -> None:
    store(engine, *texts[:700])
    for word in ("淘宝", "增长", "的", "物流", "亿元", "二季度"):
        statement = "SELECT number FROM articles WHERE title LIKE :w OR body LIKE :w"
        with database.reading(engine) as connection:
            liked = connection.execute(text(statement), {"w": f"%{word}%"}).scalars().all()
        assert sorted(numbers(engine, word)) == sorted(liked)


def test_what_was_written_without_the_index_is_found(engine: Engine, texts: list[Article]) -> None:
    store(engine, *texts[:300])
    store(engine, *texts[300:600], indexed=False)
    store(engine, article(10**7, "一篇", "新文"), *texts[:10], texts[400])
    check = [*texts[:600], article(10**7, "一篇", "新文")]
    for query in queries(texts, 15):
        assert set(numbers(engine, query)) == expected(check, query)
        assert numbers(engine, query, limit=5) == numbers(engine, query)[:5]


def test_reindexing_empties_the_tail_and_changes_no_hit(
    engine: Engine, texts: list[Article]
) -> None:
    store(engine, *texts[:1100])
    store(engine, *texts[1100:1300], indexed=False)
    with engine.begin() as connection:
        assert search.reindex(connection) == 1300
        tail = connection.execute(text("SELECT count(*) FROM search_tail")).scalar_one()
    assert tail == (0 if engine.dialect.name == "sqlite" else 1300 - 1024)
    for query in queries(texts, 15):
        assert set(numbers(engine, query)) == expected(texts[:1300], query)


@pytest.mark.parametrize("doubtful", [10, 1000])
def test_a_long_word_is_found_among_many_texts_with_its_pieces(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, doubtful: int
) -> None:
    """More and fewer than are looked at before SQLite asks FTS5 after all; some have it."""
    monkeypatch.setattr(blocks, "_DOUBTFUL", doubtful)
    pieces = "在数字零。字零售额。零售额增。售额增长。"
    have = {1, 2, 90, 130}
    store(
        engine,
        *(
            article(n, "标题", f"{pieces}数字零售额增长" if n in have else pieces)
            for n in range(1, 200)
        ),
    )
    assert numbers(engine, "数字零售额增长") == [130, 90, 2, 1]
    assert numbers(engine, "数字零售额增长", limit=2) == [130, 90]
    assert numbers(engine, "数字零售额增长", limit=20) == [130, 90, 2, 1]
    late = Query(("数字零售额增长",), until=START + timedelta(hours=130))
    assert numbers(engine, late, limit=20) == [90, 2, 1]
    assert numbers(engine, "数字零售额增长 -标题", limit=20) == []


def test_many_revisions_leave_the_index_whole(engine: Engine, texts: list[Article]) -> None:
    store(engine, *texts[:1100])
    revised = [
        article(each.number or 0, each.title or "", texts[1200 + n].body or "")
        for n, each in enumerate(texts[:40] + texts[1060:1100])
    ]
    store(engine, *revised, batch_size=7)
    for query in queries(texts, 20):
        assert set(numbers(engine, query)) == expected([*revised, *texts[40:1060]], query)
        assert numbers(engine, query, limit=3) == numbers(engine, query)[:3]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 1030])
def test_bits_are_laid_on_their_side_as_numpy_does_it(count: int) -> None:
    bits = np.random.default_rng(1).random((count, 48)) < 0.3
    assert np.array_equal(on_their_side(bits), np.packbits(bits.T, axis=1))
