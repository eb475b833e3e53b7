"""The site, a hijacked mirror of it and a site of rewritten copies, crawled at once into one
database by crawlers that are killed on the way."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import FAST, ROOT, rows
from tests.replica import Corpus
from tests.replica.copies import Copies
from tests.replica.hijack import hijacked
from tests.replica.site import Site
from tests.serving import served

COUNT, SEED = 90, 21
CORPUS = Corpus(COUNT, SEED)
PUBLIC = "https://www.100ec.cn"


@dataclass(frozen=True)
class Hosts:
    site: str
    mirror: str
    copies: str
    asked: tuple[list[str], list[str], list[str]]


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    site = Site(CORPUS).respond
    responders = site, hijacked(site, SEED), Site(Copies(COUNT, SEED)).respond
    asked: tuple[list[str], list[str], list[str]] = ([], [], [])
    with ExitStack() as stack:
        urls = [stack.enter_context(served(*pair)) for pair in zip(responders, asked, strict=True)]
        site_url, mirror, copies = urls
        yield Hosts(site_url, mirror, copies, asked)


def commands(hosts: Hosts, folder: Path) -> list[list[str]]:
    """One crawler for the site, one for each of the others' pages."""
    found = [["digital_retail", "-a", "section=all", "-a", "pages=30"]]
    for host in (hosts.mirror, hosts.copies):
        file = folder / f"{len(found)}.txt"
        file.write_text("".join(f"{host}/detail--{a.number}.html\n" for a in CORPUS))
        found.append(["articles", "-a", f"urls={file}"])
    return [[sys.executable, "-m", "scrapy", "crawl", *words, *FAST] for words in found]


def crawl_and_kill(command: list[str], asked: list[str], env: dict[str, str], seed: int) -> None:
    """Runs a crawl to its end at the third try: twice it is killed in the middle."""
    dice, pause = random.Random(seed), threading.Event()
    for _ in range(2):
        wanted = len(asked) + dice.randrange(15, 70)
        process = subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(asked) < wanted:
            pause.wait(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True)


@pytest.fixture(scope="module")
def database(hosts: Hosts, postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the crawlers leave behind, which have all run at once."""
    folder = tmp_path_factory.mktemp("copies")
    url = postgres.replace("postgresql://", "postgresql+psycopg://")
    env = os.environ | {
        "NO_PROXY": "127.0.0.1", "ECNEWS_SITE_URL": hosts.site, "ECNEWS_DATABASE_URL": url
    }  # fmt: skip
    failed: list[BaseException] = []

    def run(*args: object) -> None:
        try:
            crawl_and_kill(*args)  # type: ignore[arg-type]
        except BaseException as error:
            failed.append(error)

    threads = [
        threading.Thread(target=run, args=(command, asked, env, seed))
        for seed, (command, asked) in enumerate(
            zip(commands(hosts, folder), hosts.asked, strict=True)
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, getattr(failed[0], "stderr", failed[0])
    return url


def test_every_article_is_there_once(database: str) -> None:
    own = rows(database, f"SELECT number FROM articles WHERE url LIKE '{PUBLIC}/%' ORDER BY number")
    assert own == [(a.number,) for a in CORPUS]
    assert rows(database, "SELECT url FROM articles GROUP BY url HAVING count(*) > 1") == []


def test_every_address_is_kept(database: str, hosts: Hosts) -> None:
    """As a sighting, or in the quarantine where spam outweighs the article."""
    seen = {row[0] for row in rows(database, "SELECT url FROM sightings")}
    refused = {row[0] for row in rows(database, "SELECT url FROM quarantine WHERE reason = 'spam'")}
    for host in (hosts.mirror, hosts.copies):
        assert {f"{host}/detail--{a.number}.html" for a in CORPUS} <= seen | refused
    assert len(refused) <= COUNT // 30


def test_every_article_is_one_story_with_its_copies(database: str) -> None:
    members = rows(
        database,
        "SELECT max(number), min(number), count(*) + (SELECT count(*) FROM quarantine q"
        " WHERE q.number = max(a.number)) FROM articles a GROUP BY story_id ORDER BY 1",
    )
    assert members == [(a.number, a.number, 3) for a in CORPUS]


def test_the_text_of_the_site_is_shown(database: str) -> None:
    shown = rows(database, "SELECT number, url, title, body FROM news ORDER BY number")
    assert shown == [
        (a.number, f"{PUBLIC}/detail--{a.number}.html", a.title, a.body) for a in CORPUS
    ]


def test_no_run_is_left_in_the_dark(database: str) -> None:
    verdicts = [row[0] for row in rows(database, "SELECT verdict FROM runs")]
    assert verdicts.count("killed") == 6
    assert len(verdicts) == 9
