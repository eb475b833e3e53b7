"""What the replica can be made to do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from urllib.request import urlopen

import pytest

from ecnews import catalog
from ecnews.pages import article
from tests.conftest import ROOT
from tests.replica import Corpus, options
from tests.replica.faults import MANNERS, Faults, is_gone
from tests.replica.site import Request, Responder, Response, Site

CORPUS = Corpus(60, seed=4)


def replica(*words: str, corpus: Corpus = CORPUS) -> Responder:
    return options.wrap(Site(corpus).respond, corpus, options.of(*words))


def get(then: Responder, target: str, cookie: str = "") -> Response:
    return then(Request("GET", target, "", cookie))


def listed(answer: Response) -> list[int]:
    news = answer.body.decode().split('<div class="cnews">')[1].split("</ul>")[0]
    return [int(number) for number in re.findall(r"detail--(\d{7})", news)]


def test_json_lists_what_the_list_pages_list() -> None:
    rows = json.loads(get(replica(), "/Home/Jzbxcx/news_list?p=1&cid=22").body)["list"]
    assert [int(row["id"]) for row in rows] == listed(get(replica(), "/list--22--1.html"))


@pytest.mark.parametrize(
    ("word", "there", "gone"),
    [
        ("--spa-only", ["/DigitalRetail/", "/flash/feed?offset=0"],
         ["/list--21--1.html", "/Home/Jzbxcx/news_list?p=1&cid=21"]),
        ("--json-only", ["/Home/Jzbxcx/news_list?p=1&cid=21"],
         ["/list--21--1.html", "/DigitalRetail/"]),
    ],
)  # fmt: skip
def test_only_one_way_is_left(word: str, there: list[str], gone: list[str]) -> None:
    site = replica(word)
    assert {get(site, target).status for target in there} == {200}
    assert {get(site, target).status for target in gone} == {404}


def test_the_check_is_shown_until_its_key_is_brought() -> None:
    site = replica("--challenge")
    page = get(site, "/list--21--1.html").body.decode()
    assert "正在进行安全检查" in page
    front, back = re.findall(r'k \+?= "(\w+)"', page)
    key = (front + back)[::-1]
    assert key not in page, "a reader that runs no script must not find it"
    assert b"cnews" in get(site, "/list--21--1.html", f"a=b; HW_CHECK={key}").body
    assert b"cnews" not in get(site, "/list--21--1.html", "HW_CHECK=1").body


def test_a_pinned_article_tops_every_list() -> None:
    pinned = Corpus(200, seed=4, pinned=True)
    numbers = listed(get(replica(corpus=pinned), "/list--22--1.html"))
    assert numbers[0] < min(numbers[1:21])


def test_articles_are_published_while_it_runs() -> None:
    corpus = Corpus(60, seed=4, held=10)
    site = replica(corpus=corpus)
    newest = f"/detail--{Corpus(60, seed=4).number(59)}.html"
    assert get(site, newest).status == 404
    corpus.publish(10)
    assert get(site, newest).body == get(replica(), newest).body


def test_some_listed_articles_are_gone() -> None:
    site = replica("--gone")
    statuses = {a.number: get(site, f"/detail--{a.number}.html").status for a in CORPUS}
    assert {n for n, status in statuses.items() if status == 404} == {
        number for number in statuses if is_gone(number)
    }


def test_faults_come_at_their_rate_and_in_every_manner() -> None:
    whole = Site(CORPUS).respond
    faulty, target = Faults(whole, 0.2), "/list--22--1.html"
    right = get(whole, target)
    answers = Counter(get(faulty, target) == right for _ in range(2000))
    assert 300 < answers[False] < 500
    assert len(MANNERS) == 9


def test_the_command_takes_every_option() -> None:
    words = "--port 0 --articles 30 --challenge --spa-only --gone --pinned --slow --faults 0.1"
    more = ["--publish", "3", "--spam", "0.1"]
    command = [sys.executable, "-m", "tests.replica", *words.split(), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("replica of 30 articles at http://127.0.0.1:")
        process.terminate()


def test_the_mirror_serves_the_same_articles_hijacked() -> None:
    command = [sys.executable, "-m", "tests.replica", "--port", "0", "--mirror-port", "0"]
    story = next(a for a in Corpus(400) if not re.search(r"\d", a.title))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        hosts = [process.stdout.readline().split()[-1] for _ in ("replica", "mirror")]
        urls = [f"{host}/detail--{story.number}.html" for host in hosts]
        honest, mirrored = (urlopen(url, timeout=10).read() for url in urls)
        process.terminate()
    assert story.title not in mirrored.decode()
    one, other = (
        article.extract(page, catalog.load(served_at=host), url)
        for page, host, url in zip((honest, mirrored), hosts, urls, strict=True)
    )
    assert one.title == story.title
    assert (other.title, other.section, other.published_at) == (
        one.title,
        one.section,
        one.published_at,
    )
