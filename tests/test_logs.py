"""What a run writes into its log: for people, and for machines."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import FAST, Scrapy
from tests.replica import Corpus
from tests.replica.pollution import polluted
from tests.replica.site import Request, Response, Site, response
from tests.serving import served

# As an operator has it: not only what went wrong.
LOUD = [*FAST[:-1], "INFO"]


@pytest.fixture(scope="module")
def spoilt(corpus: Corpus) -> object:
    """A site with an article that cannot be had, and some that are no articles."""
    fouled = polluted(Site(corpus).respond, 0.9)

    def answer(request: Request) -> Response:
        if request.target.endswith(f"{corpus.number(299)}.html"):
            return response(b"", status=500)
        if request.target.endswith("7.html"):
            return response("<h1>404</h1><p>您访问的页面不存在</p>".encode())
        return fouled(request)

    return answer


def test_the_log_has_a_line_for_each_list_page_and_each_article(
    scrapy: Scrapy, spoilt: object, tmp_path: Path
) -> None:
    log = tmp_path / "crawl.log"
    with served(spoilt, []) as url:  # type: ignore[arg-type]
        done = scrapy(
            *("crawl", "digital_retail", "-a", "pages=2", *LOUD, "-s", f"LOG_FILE={log}"),
            ECNEWS_SITE_URL=url,
        )
    lines = log.read_text("utf-8").splitlines()
    said = {
        kind: [line for line in lines if f" {kind}: https://www.100ec.cn/" in line]
        for kind in ("list", "stored", "quarantined")
    }
    stored, quarantined = (
        int(re.search(rf"{name} +(\d+)", done.stderr)[1])  # type: ignore[index]
        for name in ("stored", "quarantined")
    )
    assert len(said["list"]) == 8
    assert re.search(r"list--21--1\.html: \d+ articles, \d+ to fetch$", said["list"][0])
    assert (len(said["stored"]), len(said["quarantined"])) == (stored, quarantined)
    assert all(re.search(r"detail--\d+\.html: new: \S", line) for line in said["stored"])
    assert [line for line in lines if "ERROR: failed: " in line and "HTTP 500" in line]
    assert re.search(r"INFO: stored +\d+ new", "\n".join(lines[-8:])), "the summary"
    assert lines[-1].endswith(done.stderr.splitlines()[-1])


def test_json_has_an_object_a_line_whoever_logs(
    scrapy: Scrapy, site_url: str, tmp_path: Path
) -> None:
    done = scrapy(
        *("crawl", "in_callback", "-a", "max_requests=12", *LOUD),
        *("-s", "SPIDER_MODULES=tests.broken"),
        ECNEWS_SITE_URL=site_url,
        ECNEWS_LOG="json",
    )
    records = [json.loads(line) for line in done.stderr.splitlines()]
    assert all({"time", "level", "logger", "message"} <= record.keys() for record in records)
    assert {record["logger"].partition(".")[0] for record in records} >= {"scrapy", "ecnews"}
    [*_, error] = (record for record in records if "traceback" in record)
    assert error["traceback"].endswith("tests.broken.Boom: in a callback")
    assert error["level"] == "ERROR"
    assert (error["spider"], error["run"]) == ("in_callback", 1)
    pages = [record["url"] for record in records if record["message"].startswith("list: ")]
    assert pages
    assert all(page.startswith("https://www.100ec.cn/list--") for page in pages)
    assert (records[-1]["verdict"], records[-1]["code"]) == ("failed", done.returncode) == (
        "failed", 10,
    )  # fmt: skip


def test_json_goes_to_the_log_file_and_words_to_stderr(
    scrapy: Scrapy, site_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "crawl.log"
    log.write_text("{}\n")
    done = scrapy(
        *("crawl", "digital_retail", "-a", "pages=1", *LOUD),
        *("-s", f"LOG_FILE={log}", "-s", "ECNEWS_LOG=json"),
        ECNEWS_SITE_URL=site_url,
    )
    records = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert records[0] == {}, "it is appended to"
    numbers = [r["number"] for r in records if r.get("fate") == "new"]
    assert len(numbers) == len(set(numbers)) > 10
    assert records[-1]["message"] == done.stderr.splitlines()[-1]
    assert done.stderr.splitlines()[-1].startswith("ok: ")


def test_another_form_of_log_is_refused(scrapy: Scrapy) -> None:
    done = scrapy("crawl", "digital_retail", ECNEWS_LOG="xml")
    assert done.returncode == 2
    assert "ECNEWS_LOG: 'xml' is not known; give json, or text" in done.stderr
