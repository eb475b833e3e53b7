"""What docs/operations.md and docs/troubleshooting.md tell an operator to do, done."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ecnews import settings
from ecnews.extensions.verdict import CODES
from tests.conftest import ROOT
from tests.replica import Corpus, serve

TEXT = (ROOT / "docs" / "operations.md").read_text("utf-8")


def block(language: str, heading: str) -> str:
    """The first block of code of a language behind some text."""
    found = re.search(rf"```{language}\n(.*?)```", TEXT.split(heading, 1)[1], re.S)
    assert found
    return found[1]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder like /srv/ecnews: the project, and a virtual environment of its own."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    program = tmp_path / ".venv" / "bin" / "scrapy"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m scrapy "$@"\n')
    program.chmod(0o755)
    shutil.copy(ROOT / "scrapy.cfg", tmp_path)
    (tmp_path / "ecnews").symlink_to(ROOT / "ecnews")
    return tmp_path


def by_cron(line: str, home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """As cron does it: /bin/sh, and next to nothing in the environment."""
    *_, command = line.split(None, 5)
    assert "%" not in command
    bare = {"HOME": str(home), "LOGNAME": "ecnews", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    if path := os.environ.get("PYTHONPATH"):
        bare["PYTHONPATH"] = path
    return subprocess.run(
        ["/bin/sh", "-c", command.replace("/srv/ecnews", str(home))],
        env=bare | env, capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip


def test_the_lines_for_cron_print_only_what_is_wrong(home: Path) -> None:
    crawl, status = (line for line in block("cron", "### cron").splitlines() if " cd " in line)
    with serve(Corpus(12, seed=2)) as url:
        site = {"ECNEWS_SITE_URL": url, "NO_PROXY": "127.0.0.1"}
        crawl = crawl.replace("-s LOG_FILE", "-a pages=1 -s DOWNLOAD_DELAY=0 -s LOG_FILE")
        done = by_cron(crawl, home, **site)
        assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert (home / "crawl.log").read_text("utf-8").splitlines()[-1].startswith("20")
    assert " INFO: ok: " in (home / "crawl.log").read_text("utf-8").splitlines()[-1]
    done = by_cron(status, home)
    assert (done.stdout, done.stderr) == ("", "")
    assert "(ok)" in (home / "status.txt").read_text("utf-8")
    done = by_cron(crawl, home, ECNEWS_SITE_URL="http://127.0.0.1:9")
    assert done.stdout.startswith("unreachable: ")
    (home / "ecnews.db").unlink()
    assert "there is no such file" in by_cron(status, home).stdout


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_the_units_for_systemd_are_valid(home: Path) -> None:
    for name in ("ecnews.service", "ecnews.timer"):
        unit = block("ini", f"`/etc/systemd/system/{name}`")
        unit = unit.replace("/srv/ecnews", str(home)).replace("User=ecnews\n", "")
        (home / name).write_text(unit)
    command = ["systemd-analyze", "verify", "--man=no", str(home / "ecnews.timer")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    of_ours = [line for line in done.stderr.splitlines() if "ecnews" in line]
    assert of_ours == []
    assert done.returncode == 0, done.stderr
    assert f"SuccessExitStatus={CODES['busy']}\n" in (home / "ecnews.service").read_text()


def test_every_setting_that_is_described_is_one() -> None:
    texts = [file.read_text("utf-8") for file in (ROOT / "docs").glob("*.md")]
    named = {name for text in texts for name in re.findall(r"`(ECNEWS_[A-Z_]+)`", text)}
    # The environment of an alert's command has these.
    named -= {"ECNEWS_VERDICT", "ECNEWS_CODE", "ECNEWS_SENTENCE"}
    assert named <= set(vars(settings))
    ours = {name for name in vars(settings) if name.startswith("ECNEWS_")}
    assert ours - named <= {"ECNEWS_KEEP", "ECNEWS_PRIVATE"}


def test_the_defaults_that_are_described_are_those_of_the_settings() -> None:
    rows = re.findall(r"^\| `(ECNEWS_(?:DRIFT|HEALTH)_\w+)` \| .* \| ([\d.]+) \|$", TEXT, re.M)
    assert len(rows) == 4
    for name, default in rows:
        assert getattr(settings, name) == float(default)


def test_every_verdict_and_its_messages_are_in_the_table_of_remedies() -> None:
    text = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]+)\|([^|]*)\|", text, re.M)
    verdicts = {name for cell, _ in rows for name in re.findall(r"`([\w-]+)`", cell)}
    assert verdicts - {"runs"} == CODES.keys() | {"killed"}
    code = " ".join(
        re.sub(r'"\s*\n\s*f?"', "", file.read_text("utf-8"))
        for file in (ROOT / "ecnews").rglob("*.py")
    )
    # What Scrapy and the engines say themselves.
    others = {"unable to open", "HTTP 403"}
    said = {part for _, cell in rows for part in re.findall(r"`([^`]+)`", cell)}
    assert {part for part in said - others if part not in code} == set()
