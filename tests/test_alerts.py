"""Who hears of a run: a webhook, a command, a monitor that reads a file."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ecnews.extensions import alerts
from tests.conftest import FAST, Scrapy, verdict_of
from tests.replica import Corpus
from tests.replica.site import Request, Response, Site, response
from tests.serving import served

SECRET = "T0ken"


class Hook(HTTPServer):
    """Keeps the JSON that is posted to it; answers with `status`, or not at all."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts: list[dict[str, Any]] = []
        self.status: int | None = 204
        self.url = f"http://127.0.0.1:{self.server_port}/hooks/{SECRET}"


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/json"
        self.server.posts.append(json.loads(body))
        if self.server.status:
            self.send_response(self.server.status)
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def run(scrapy: Scrapy, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """A crawl of a site that can be made to fail; gives its verdict."""
    state = {"status": 200}
    site = Site(Corpus(40, seed=3)).respond

    def answer(request: Request) -> Response:
        if state["status"] != 200 and "robots" not in request.target:
            return response(b"", status=state["status"])
        return site(request)

    with served(answer, []) as url:

        def crawl(status: int = 200, **env: str) -> str:
            state["status"] = status
            done = scrapy(
                *("crawl", "digital_retail", "-a", "via=list", "-a", "pages=1", *FAST),
                *("-s", "RETRY_ENABLED=0", "-s", "ECNEWS_DATABASE_PATIENCE=0"),
                ECNEWS_SITE_URL=url, TMPDIR=str(tmp_path), **env,
            )  # fmt: skip
            assert SECRET not in done.stderr
            crawl.said = done.stderr  # type: ignore[attr-defined]
            return verdict_of(done)

        yield crawl


def test_a_webhook_hears_of_each_change_of_state_once(run: Callable[..., str], hook: Hook) -> None:
    where = {"ECNEWS_ALERT_URL": hook.url}
    verdicts = [run(status, **where) for status in (200, 200, 500, 500, 403, 200, 200)]
    assert verdicts == "ok nothing-new empty empty refused nothing-new nothing-new".split()
    assert [(post["was"], post["verdict"], post["code"]) for post in hook.posts] == [
        ("nothing-new", "empty", 4), ("empty", "refused", 6), ("refused", "nothing-new", 0),
    ]  # fmt: skip
    first = hook.posts[0]
    assert (first["spider"], first["section"], first["run"]) == ("digital_retail", "数字零售", 3)
    assert first["text"] == f"ecnews digital_retail: empty: {first['sentence']}"


def test_a_command_has_the_alert_on_stdin_and_the_verdict_in_its_environment(
    run: Callable[..., str], tmp_path: Path
) -> None:
    script = tmp_path / "my script.py"
    script.write_text(
        "import json, os, sys; json.dump([json.load(sys.stdin), os.environ['ECNEWS_VERDICT'],"
        " os.environ['ECNEWS_CODE'], os.environ['ECNEWS_SENTENCE'], sys.argv[2:]],"
        " open(sys.argv[1], 'w'))"
    )
    out = tmp_path / "out.json"
    command = f"'{sys.executable}' '{script}' '{out}' '$HOME; touch x' *"
    assert run(500, ECNEWS_ALERT_COMMAND=command) == "empty"
    alert, verdict, code, sentence, words = json.loads(out.read_text())
    assert (verdict, code, sentence) == ("empty", "4", alert["sentence"])
    assert words == ["$HOME; touch x", "*"], "no shell has read it"


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"ECNEWS_ALERT_URL": f"http://127.0.0.1:9/{SECRET}"}, "ECNEWS_ALERT_URL: the alert could"),
        ({"ECNEWS_ALERT_URL": f"file:///{SECRET}"}, "no http or https address"),
        ({"ECNEWS_ALERT_COMMAND": f"/no/such/{SECRET}"}, "FileNotFoundError"),
        ({"ECNEWS_ALERT_COMMAND": f"false {SECRET}"}, "exit code 1"),
        ({"ECNEWS_ALERT_COMMAND": f"echo '{SECRET}"}, "not closed"),
    ],
)
def test_an_alert_that_fails_is_a_line_in_the_log_and_nothing_else(
    run: Callable[..., str], env: dict[str, str], said: str
) -> None:
    assert run(500, **env) == "empty"
    assert said in run.said  # type: ignore[attr-defined]
    assert "Traceback" not in run.said  # type: ignore[attr-defined]


def test_a_webhook_that_does_not_answer_holds_up_nobody(
    run: Callable[..., str],
    hook: Hook,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hook.status = 500
    assert run(500, ECNEWS_ALERT_URL=hook.url) == "empty"
    assert "the alert could not be sent: HTTP 500" in run.said  # type: ignore[attr-defined]
    monkeypatch.setattr(alerts, "_LONGEST", -4.9)  # s, with the five that are added
    held = threading.Event()

    def hang() -> None:
        held.wait(60)

    alerts._within("ECNEWS_ALERT_URL", hang)
    assert "the alert could not be sent: it took too long" in caplog.text
    held.set()


def test_a_database_that_is_away_is_told_once_as_well(
    run: Callable[..., str], hook: Hook, tmp_path: Path
) -> None:
    where = {"ECNEWS_ALERT_URL": hook.url}
    assert run(200, **where) == "ok"
    file = tmp_path / "ecnews.db"
    aside = file.rename(tmp_path / "aside")
    file.write_text("no database at all, only text" * 50)
    for _ in range(2):
        assert run(200, **where) == "database"
    aside.rename(file)
    assert run(200, **where) == "nothing-new"
    assert run(200, **where) == "nothing-new"
    assert [(p["was"], p["verdict"]) for p in hook.posts] == [
        (None, "database"), ("database", "nothing-new")
    ]  # fmt: skip
    with closing(sqlite3.connect(file)) as connection:
        assert len(connection.execute("SELECT * FROM runs").fetchall()) == 3


def test_a_file_for_prometheus_can_be_read_by_its_parser(
    run: Callable[..., str], tmp_path: Path
) -> None:
    file = tmp_path / "ecnews.prom"
    assert run(200, ECNEWS_METRICS_FILE=str(file)) == "ok"
    families = {family.name: family for family in text_string_to_metric_families(file.read_text())}
    assert families["ecnews_run_good"].samples[0].value == 1
    assert families["ecnews_run_good"].samples[0].labels == {
        "spider": "digital_retail", "section": "数字零售"
    }  # fmt: skip
    verdicts = {s.labels["verdict"]: s.value for s in families["ecnews_run_verdict"].samples}
    assert [name for name, value in verdicts.items() if value] == ["ok"]
    fates = {s.labels["fate"]: s.value for s in families["ecnews_run_articles"].samples}
    assert fates["new"] > 5
    titles = [s for s in families["ecnews_field_share"].samples if s.labels["field"] == "title"]
    assert {s.value for s in titles} == {1}
    assert [path.name for path in tmp_path.glob("*.prom*")] == ["ecnews.prom"], "in one step"
    assert run(500, ECNEWS_METRICS_FILE="/no/such/folder/x.prom") == "empty"
    assert "ECNEWS_METRICS_FILE: /no/such/folder/x.prom: " in run.said  # type: ignore[attr-defined]
