"""Articles that tell one story share it, in the database, on both engines."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.request import urlopen

import pytest
from sqlalchemy import Engine, func, select, text

from ecnews import catalog
from ecnews.items import Article
from ecnews.pages.article import extract
from ecnews.storage import database, stories
from ecnews.storage.schema import articles, bands, fingerprints, sightings
from ecnews.storage.writer import Writer
from tests.conftest import Scrapy
from tests.near import pairs
from tests.replica import Corpus, rewrites, serve
from tests.replica.copies import Copies
from tests.replica.dice import Dice

SITE = "https://www.100ec.cn"
MIRROR = "http://mirror.example:8080"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = database.connect(database_url)
    yield engine
    engine.dispose()


def made(number: int, body: str, host: str = SITE, **others: object) -> Article:
    url = f"{host}/detail--{number}.html"
    given: dict[str, object] = {
        "title": f"标题{'甲乙丙丁戊己'[number % 6]}",
        "layout": "2026",
        "fetched_url": url,
    }
    return Article(url=url, number=number, body=body, **(given | others))  # type: ignore[arg-type]


def write(engine: Engine, *batch: Article) -> None:
    writer = Writer(engine, len(batch))
    for article in batch:
        writer.add(article)
    writer.flush()


def groups(engine: Engine) -> set[frozenset[str]]:
    """The stories, as sets of URLs without `/detail--` and what follows a number."""
    found: dict[int, set[str]] = {}
    with database.reading(engine) as connection:
        for url, story_id in connection.execute(select(articles.c.url, articles.c.story_id)):
            assert story_id is not None
            name = url.replace("/detail--", " ").removesuffix(".html")
            found.setdefault(story_id, set()).add(name.removeprefix(SITE + " "))
    return {frozenset(story) for story in found.values()}


def shown(engine: Engine) -> list[str]:
    with database.reading(engine) as connection:
        return list(connection.execute(text("SELECT url FROM news ORDER BY url")).scalars())


def bodies(corpus: Corpus, count: int) -> list[str]:
    return [corpus[index].body for index in range(count)]


def edited(body: str, kind: str = "characters 5%") -> str:
    return rewrites.rewritten(kind, Dice(kind), "标题", body)[1]


def test_copies_share_a_story_and_others_have_their_own(engine: Engine, corpus: Corpus) -> None:
    first, second = bodies(corpus, 2)
    write(engine, made(1, first), made(2, second), made(3, edited(first)))
    write(engine, made(4, edited(second, "dropped")))
    assert groups(engine) == {frozenset("13"), frozenset("24")}


def test_texts_of_one_formula_are_stories_of_their_own(engine: Engine) -> None:
    month = next(formula for formula in pairs.FORMULAS if formula.name == "express-short")
    (_, first), (_, second) = next(pairs.lookalikes(month, "dates and figures", 1))
    write(engine, made(1, first))
    write(engine, made(2, second))
    assert groups(engine) == {frozenset("1"), frozenset("2")}


def test_a_copy_is_found_among_hundreds_of_one_formula(engine: Engine) -> None:
    formula = next(formula for formula in pairs.FORMULAS if formula.name == "steel-daily")
    texts = [body for pair in pairs.lookalikes(formula, "figures", 150) for _, body in pair]
    write(engine, *(made(number, body) for number, body in enumerate(texts, 1)))
    write(engine, made(1000, edited(texts[37])))
    assert {"38", "1000"} in groups(engine)


def test_a_mirror_is_known_by_its_text(engine: Engine, corpus: Corpus) -> None:
    (body,) = bodies(corpus, 1)
    write(engine, made(1, body))
    write(engine, made(77, edited(body, "leftovers"), MIRROR, title="别的"))
    assert groups(engine) == {frozenset({"1", f"{MIRROR} 77"})}


@pytest.mark.parametrize("title", ["标题乙", "标题 乙！", "另一个标题"])
def test_a_mirror_is_known_by_number_and_title_never_by_number_alone(
    engine: Engine, corpus: Corpus, title: str
) -> None:
    first, second = bodies(corpus, 2)
    write(engine, made(1, first, MIRROR, title=title))
    write(engine, made(1, second))
    assert len(groups(engine)) == (2 if title == "另一个标题" else 1)


def test_one_that_is_a_copy_of_two_stories_makes_them_one(engine: Engine, corpus: Corpus) -> None:
    first, second = bodies(corpus, 2)
    write(engine, made(1, first), made(2, edited(first)), made(3, second))
    write(engine, made(4, edited(second)))
    assert groups(engine) == {frozenset("12"), frozenset("34")}
    write(engine, made(1, edited(second, "synonyms"), MIRROR, title="标题乙"))
    assert groups(engine) == {frozenset({"1", "2", "3", "4", f"{MIRROR} 1"})}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({}, {"host": MIRROR, "more": "网友评论说，这件事值得继续关注。"}),
        ({}, {"recovered": {"characters": 12}, "more": "网友评论说，这件事值得继续关注。"}),
        ({"more": "网友评论说，这件事值得继续关注。"}, {}),
        (
            {"published_at": "2026-01-01T08:00:00+08:00"},
            {"published_at": "2026-01-02T08:00:00+08:00"},
        ),
        ({"host": MIRROR}, {"host": MIRROR, "recovered": {"characters": 12}}),
        ({}, {}),
    ],
    ids=["the site's own", "the clean", "the longer", "the earlier", "a clean mirror", "the first"],
)
@pytest.mark.parametrize("first", ["better", "worse"])
def test_of_a_story_the_best_is_shown(
    engine: Engine, corpus: Corpus, better: dict[str, Any], worse: dict[str, Any], first: str
) -> None:
    (body,) = bodies(corpus, 1)
    articles = [
        made(
            number,
            f"{body}{given.get('more', '')}",
            **{k: v for k, v in given.items() if k != "more"},
        )
        for number, given in enumerate((better, worse), 1)
    ]
    for article in articles if first == "better" or better == worse else articles[::-1]:
        write(engine, article)
    assert len(groups(engine)) == 1
    assert shown(engine) == [articles[0].url]


def test_each_rewritten_copy_of_the_site_joins_its_original(
    engine: Engine, corpus: Corpus, site_url: str
) -> None:
    """Fetched, read and stored, the copies from another host."""
    site = catalog.load(served_at=site_url)
    with serve(Copies(len(corpus), corpus.seed)) as mirror:
        for base in (mirror, site_url):
            write(
                engine,
                *(
                    extract(_body(url), site, url)
                    for index in range(0, 300, 5)
                    for url in [f"{base}/detail--{corpus.number(index)}.html"]
                ),
            )
    stories_ = groups(engine)
    assert len([story for story in stories_ if len(story) == 2]) >= 58
    assert len(stories_) == 60 + sum(len(story) == 1 for story in stories_) // 2
    assert {url for url in shown(engine) if url.startswith(SITE)} == {
        corpus[index].url for index in range(0, 300, 5)
    }


def _body(url: str) -> bytes:
    with urlopen(url, timeout=10) as response:
        body: bytes = response.read()
        return body


def test_every_address_stays_a_sighting(engine: Engine, corpus: Corpus) -> None:
    (body,) = bodies(corpus, 1)
    write(engine, made(1, body))
    write(engine, made(1, body, fetched_url="http://imgs-b2b.100ec.cn/detail--1.html?from=x"))
    write(engine, made(1, body, MIRROR))
    with database.reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(sightings)).scalar() == 3
        assert connection.execute(select(func.count()).select_from(articles)).scalar() == 2


def test_an_edited_article_is_found_by_its_new_text(engine: Engine, corpus: Corpus) -> None:
    former, later = bodies(corpus, 2)
    write(engine, made(1, former))
    write(engine, made(1, later))
    write(engine, made(2, former), made(3, edited(later)))
    assert groups(engine) == {frozenset("13"), frozenset("2")}
    with database.reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(fingerprints)).scalar() == 3
        keys = select(func.count()).select_from(bands).group_by(bands.c.article_id)
        assert set(connection.execute(keys).scalars()) <= {40, 41, 42}


def test_a_rebuild_makes_the_same_stories(engine: Engine, corpus: Corpus) -> None:
    texts = bodies(corpus, 20)
    copies = [edited(body) for body in texts[:8]]
    write(engine, *(made(n, body) for n, body in enumerate(texts + copies, 1)))
    write(engine, made(5, texts[19], MIRROR, title="标题己"))
    before = groups(engine)
    with engine.begin() as connection:
        connection.execute(articles.update().values(story_id=None))
        connection.execute(text("DELETE FROM fingerprints"))
        found = stories.rebuild(connection, datetime.now(UTC))
    assert groups(engine) == before
    assert (found.articles, found.stories) == (29, len(before))


def test_a_threshold_holds_from_the_rebuild_on(engine: Engine, corpus: Corpus) -> None:
    (body,) = bodies(corpus, 1)
    write(engine, made(1, body), made(2, edited(body)), made(3, body + "。"))
    with engine.begin() as connection:
        stories.rebuild(connection, datetime.now(UTC), 0.99)
    assert groups(engine) == {frozenset("13"), frozenset("2")}
    write(engine, made(4, edited(body)))
    assert groups(engine) == {frozenset("13"), frozenset("24")}
    with engine.begin() as connection:
        stories.rebuild(connection, datetime.now(UTC), 0.5)
    assert groups(engine) == {frozenset("1234")}


def test_crawlers_at_once_end_with_the_same_stories(engine: Engine, corpus: Corpus) -> None:
    """Each writes copies of the same articles, in an order of its own and in small batches."""
    texts = bodies(corpus, 12)
    failures: list[BaseException] = []

    def crawl(crawler: int) -> None:
        dice = Dice(f"crawler:{crawler}")
        writer = Writer(engine, 3)
        try:
            for index in dice.shuffled(range(12)):
                body = texts[index] if crawler == 0 else edited(texts[index], KINDS[crawler])
                writer.add(made(100 * crawler + index, body, title=f"{index}号"))
            writer.flush()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=crawl, args=(crawler,)) for crawler in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert groups(engine) == {
        frozenset(str(100 * crawler + index) for crawler in range(4)) for index in range(12)
    }


KINDS = ("", "characters 5%", "dropped", "blurb")


def test_stories_are_listed_with_hosts_and_differences(
    database_url: str, corpus: Corpus, scrapy: Scrapy
) -> None:
    engine = database.connect(database_url)
    body, other = bodies(corpus, 2)
    day = {"published_at": "2026-01-21T14:57:28+08:00"}
    write(engine, made(1, body, **day), made(2, edited(body, "dropped"), MIRROR, **day))
    write(engine, made(1, body, fetched_url="http://imgs-b2b.100ec.cn/detail--1.html", **day))
    write(engine, made(3, other))
    engine.dispose()
    environment = {"ECNEWS_DATABASE_URL": database_url}
    told = scrapy("stories", **environment)
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert lines[0].endswith("2 articles on imgs-b2b.100ec.cn, mirror.example:8080, www.100ec.cn")
    assert lines[1].split()[:3] == ["*", f"{SITE}/detail--1.html", "2026-01-21"]
    assert "1 paragraph less" in lines[-2]
    (line,) = scrapy(
        "stories", "--json", "--since", "2026-01-21", **environment
    ).stdout.splitlines()
    assert [a["url"] for a in json.loads(line)["articles"]] == [
        f"{SITE}/detail--1.html", f"{MIRROR}/detail--2.html"
    ]  # fmt: skip
    assert scrapy("stories", "--since", "2026-01-22", **environment).stdout == ""
    assert len(scrapy("stories", "--min", "1", "--json", **environment).stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["--since", "gestern"], "2026-01-31"), (["--min", "0"], "from 1"), (["x"], "not expected")],
)
def test_a_wrong_argument_of_stories_is_named(
    arguments: list[str], word: str, scrapy: Scrapy
) -> None:
    told = scrapy("stories", *arguments)
    assert told.returncode == 2
    assert word in told.stderr


def test_db_dedupe_rebuilds_the_stories(database_url: str, corpus: Corpus, scrapy: Scrapy) -> None:
    engine = database.connect(database_url)
    first, second = bodies(corpus, 2)
    write(engine, made(1, first), made(2, edited(first)), made(3, second))
    for arguments, expected, words in (
        (["--threshold", "0.99"], {frozenset("1"), frozenset("2"), frozenset("3")}, "tell 3"),
        ([], {frozenset("12"), frozenset("3")}, "tell 2"),
    ):
        told = scrapy("db", "dedupe", *arguments, ECNEWS_DATABASE_URL=database_url)
        assert told.returncode == 0, told.stderr
        assert words in told.stdout
        assert groups(engine) == expected
    engine.dispose()


@pytest.mark.parametrize(
    ("arguments", "word"), [([], "dedupe"), (["dedupe", "--threshold", "7"], "0.3 to 1")]
)
def test_a_wrong_argument_of_db_is_named(arguments: list[str], word: str, scrapy: Scrapy) -> None:
    told = scrapy("db", *arguments)
    assert told.returncode == 2
    assert word in told.stderr
