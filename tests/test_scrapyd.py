"""From a checkout to rows: a real scrapyd with authentication, deployed to as `docs/deploy.md`
has it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from packaging.requirements import Requirement
from scrapyd_client.exceptions import MalformedResponse
from scrapyd_client.pyclient import ScrapydClient
from sqlalchemy import text

from ecnews.storage import database
from tests.conftest import ROOT, rows
from tests.replica import Corpus, serve

NAME, PASSWORD = "ecnews", "gehe:im$1%"
DEADLINE = 120.0  # s
BIN = Path(sys.executable).parent
QUIET = "00:00-23:59"
# As fast as the replica answers, and at any time.
FAST = ["DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=0", "CONCURRENT_REQUESTS_PER_DOMAIN=8"]
FAST += ["ECNEWS_QUIET_HOURS="]
GUIDE = (ROOT / "docs" / "deploy.md").read_text("utf-8")


def wait_for(what: str, done: Callable[[], object]) -> None:
    """Asks until the answer is yes; fails, and says for what it waited, at the deadline."""
    end = time.monotonic() + DEADLINE
    while not done():
        assert time.monotonic() < end, f"{what}: not within {DEADLINE:.0f} s"
        time.sleep(0.05)


def block(kind: str, behind: str) -> str:
    """The first block of code of a kind behind some words of the guide."""
    return GUIDE.split(behind, 1)[1].split(f"```{kind}\n", 1)[1].split("```", 1)[0]


@dataclass(frozen=True)
class Server:
    """A scrapyd in a folder of its own, which is also the home of whoever deploys to it."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def client(self) -> ScrapydClient:
        return ScrapydClient(self.url, NAME, PASSWORD)

    @property
    def said(self) -> str:
        return (self.folder / "scrapyd.log").read_text("utf-8")

    def answers(self) -> bool:
        try:
            urlopen(f"{self.url}/daemonstatus.json", timeout=5)
        except HTTPError:
            return True
        except URLError:
            return False
        return True

    def run(self, job: list[tuple[str, str]], spider: str = "digital_retail") -> str:
        """Runs a job to its end; its log."""
        id_ = self.client.schedule("ecnews", spider, job)

        def finished() -> bool:
            return any(ended["id"] == id_ for ended in self.client.jobs("ecnews")["finished"])

        wait_for(f"job {id_} of {job}", finished)
        return (self.folder / "log" / "ecnews" / spider / f"{id_}.log").read_text("utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("scrapyd")
    with socket.create_server(("127.0.0.1", 0)) as free:
        server = Server(folder, free.getsockname()[1])
    configuration = block("ini", "`/etc/scrapyd/scrapyd.conf`").replace("6800", str(server.port))
    for where in ("/var/lib/scrapyd", "/var/log/scrapyd"):
        assert where in configuration
        configuration = configuration.replace(where, str(folder / Path(where).parent.name))
    configuration = configuration.replace("jobs_to_keep     = 100", "jobs_to_keep = 1")
    configuration += f"poll_interval = 0.1\nitems_dir = {folder}/items\n"
    (folder / "scrapyd.conf").write_text(configuration, "utf-8")
    environment = os.environ | {"HOME": str(folder), "NO_PROXY": "127.0.0.1"}
    environment |= {"SCRAPYD_USERNAME": NAME, "SCRAPYD_PASSWORD": PASSWORD}
    environment |= {"ECNEWS_QUIET_HOURS": QUIET}  # no job asks the site itself
    for name in ("ECNEWS_DATABASE_URL", "ECNEWS_SITE_URL"):
        environment.pop(name, None)
    started = re.search(r"^ExecStart=\S+/(scrapyd .*)$", GUIDE, re.M)
    assert started
    command = [sys.executable, "-m", *started[1].split()]
    with (folder / "scrapyd.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        wait_for("scrapyd", lambda: process.poll() is not None or server.answers())
        assert process.poll() is None, server.said
        yield server
    finally:
        process.terminate()
        process.wait(DEADLINE)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus(80, seed=8)


@pytest.fixture(scope="module")
def site_url(corpus: Corpus) -> Iterator[str]:
    with serve(corpus) as url:
        yield url


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project without what git ignores, and with what must not leave the machine."""
    tree = tmp_path_factory.mktemp("checkout") / "ecnews"
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text("utf-8").split()]
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*ignored, ".git"))
    for name in (".env", "ecnews/.env", "ecnews/site/secret.txt", "ecnews.db", "ecnews/news.db"):
        (tree / name).write_text(PASSWORD)
    return tree


def deploy(checkout: Path, home: Path, target: str, **env: str) -> tuple[int, str]:
    """`make deploy` with the packages that are here; its exit code, and all that it says."""
    venv = BIN.parent
    done = subprocess.run(
        ["make", "deploy", f"TARGET={target}", f"VENV={venv}", "-o", f"{venv}/.deploy"],
        cwd=checkout,
        env=os.environ | {"HOME": str(home), "NO_PROXY": "127.0.0.1"} | env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def deployed(server: Server, checkout: Path) -> Server:
    """The server with the project, deployed by who has the password in `~/.netrc`."""
    netrc = server.folder / ".netrc"
    netrc.write_text(f"machine 127.0.0.1\nlogin {NAME}\npassword {PASSWORD}\n")
    netrc.chmod(0o600)
    targets = "[deploy:{0}]\nurl = {1}\nproject = {0}\n"
    (server.folder / ".scrapy.cfg").write_text(
        "".join(targets.format(project, server.url) for project in ("ecnews", "broken"))
    )
    code, said = deploy(checkout, server.folder, "ecnews")
    assert code == 0, said + server.said
    return server


def test_without_the_password_nothing_is_answered(server: Server, checkout: Path) -> None:
    with pytest.raises(HTTPError, match="401"):
        urlopen(f"{server.url}/listprojects.json", timeout=DEADLINE)
    with pytest.raises(MalformedResponse, match="Unauthorized"):
        ScrapydClient(server.url, NAME, "guessed").schedule("ecnews", "digital_retail")
    given = {"SCRAPYD_URL": server.url, "SCRAPYD_USERNAME": NAME, "SCRAPYD_PASSWORD": "guessed"}
    code, said = deploy(checkout, server.folder, "environment", **given)
    assert code != 0
    assert "Deploy failed (401)" in said


def test_the_egg_holds_the_package_whole_and_nothing_else(deployed: Server, checkout: Path) -> None:
    [egg] = (deployed.folder / "lib" / "eggs" / "ecnews").glob("*.egg")
    with zipfile.ZipFile(egg) as archive:
        names = {name for name in archive.namelist() if not name.endswith((".pyc", "/"))}
        assert not [name for name in names if PASSWORD.encode() in archive.read(name)]
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "ecnews").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if not name.startswith("EGG-INFO/")} == package
    assert not list(checkout.glob("build")) + list(checkout.glob("*.egg-info"))


def test_the_spiders_are_listed_and_that_makes_no_database(deployed: Server) -> None:
    assert deployed.client.spiders("ecnews") == ["articles", "backfill", "digital_retail"]
    assert not list(deployed.folder.glob("*.db*"))


def test_a_scheduled_job_stores_what_the_manifest_has(
    deployed: Server, corpus: Corpus, site_url: str, database_url: str
) -> None:
    settings = [*FAST, f"ECNEWS_SITE_URL={site_url}", f"ECNEWS_DATABASE_URL={database_url}"]
    job = [("pages", "1000"), ("section", "物流科技"), *(("setting", s) for s in settings)]
    log = deployed.run(job)
    query = "SELECT number, url, section, title, body, source FROM articles"
    wanted = [article for article in corpus if article.section == "物流科技"]
    assert sorted(rows(database_url, query)) == [
        (a.number, a.url, a.section, a.title, a.body, a.source) for a in wanted
    ]
    [(verdict, sentence, arguments)] = rows(
        database_url, "SELECT verdict, sentence, arguments FROM runs"
    )
    assert (verdict, sentence) == ("ok", f"{len(wanted)} new articles, 0 changed")
    assert "物流科技" in str(arguments)
    assert "Traceback" not in log


def test_the_log_of_a_job_ends_with_its_verdict(
    deployed: Server, site_url: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/ecnews.db"
    settings = [*FAST, f"ECNEWS_SITE_URL={site_url}", f"ECNEWS_DATABASE_URL={url}"]
    log = deployed.run([("pages", "1"), *(("setting", s) for s in settings)])
    [(verdict, sentence)] = rows(url, "SELECT verdict, sentence FROM runs")
    assert log.splitlines()[-1].endswith(f" {verdict}: {sentence}")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_a_job_could_not_store_outlives_its_log(
    deployed: Server, site_url: str, database_url: str
) -> None:
    """scrapyd clears the folder of the logs before each job."""
    settings = [*FAST, f"ECNEWS_SITE_URL={site_url}", f"ECNEWS_DATABASE_URL={database_url}"]
    settings.append("ECNEWS_DATABASE_PATIENCE=0")
    job = [("max_requests", "8"), *(("setting", s) for s in settings)]
    engine = database.connect(database_url)
    read_only = f"ALTER DATABASE {engine.url.database} SET default_transaction_read_only = {{}}"
    with engine.begin() as connection:
        connection.execute(text(read_only.format("on")))
    waiting = re.search(r"(\d+) items wait in \S+, which the next", deployed.run(job))
    assert waiting
    with engine.begin() as connection:
        connection.execute(text(read_only.format("off")))
    engine.dispose()
    deployed.run(job)
    [(counts,)] = rows(database_url, "SELECT counts FROM runs")
    assert isinstance(counts, dict)
    assert counts["taken_in"] == int(waiting[1])


def test_the_newest_version_runs_until_it_is_deleted(deployed: Server, checkout: Path) -> None:
    client, former = deployed.client, deployed.client.versions("ecnews")
    given = {"SCRAPYD_URL": deployed.url, "SCRAPYD_USERNAME": NAME, "SCRAPYD_PASSWORD": PASSWORD}
    wait_for("another second", lambda: time.strftime("%Y%m%d-%H%M%S", time.gmtime()) > former[-1])
    code, said = deploy(checkout, deployed.folder, "environment", **given)
    assert code == 0, said
    versions = client.versions("ecnews")
    assert versions[:-1] == former
    client.delversion("ecnews", versions[-1])
    assert client.versions("ecnews") == former


def test_a_version_that_the_server_cannot_load_fails_to_deploy(
    deployed: Server, checkout: Path, tmp_path: Path
) -> None:
    broken = shutil.copytree(checkout, tmp_path / "broken")
    (broken / "ecnews/spiders/articles.py").write_text("import not_installed_there\n")
    code, said = deploy(broken, deployed.folder, "broken")
    assert code != 0
    assert "No module named 'not_installed_there'" in said
    assert "bring its packages up to date, or delete the version" in said


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on the PATH")
def test_the_commands_of_the_guide_are_understood(deployed: Server, checkout: Path) -> None:
    """The jobs that they start find that these are quiet hours, as the environment says, and note
    it in the default's database: where scrapyd was started."""
    target = checkout / "scrapy.cfg"
    target.write_text(target.read_text().replace("6800", str(deployed.port)))
    # Cron's line too, without its hours: it says something only where it fails.
    begin = r"^(?:[\d* ]+ )?((?:curl|\.venv/bin/scrapyd-client) .*)"
    commands = re.findall(begin, GUIDE, re.M)
    given = {"6800": str(deployed.port), ".venv/bin": str(BIN)}
    given["VERSION"] = deployed.client.versions("ecnews")[-1]

    def over() -> bool:
        status = deployed.client.daemonstatus()
        return bool(status["running"] == status["pending"] == 0)

    for command in commands:
        if "delversion" in command:
            wait_for("the jobs", over)
        for name, value in given.items():
            command = command.replace(name, value)
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=checkout,
            env=os.environ | {"HOME": str(deployed.folder), "NO_PROXY": "127.0.0.1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, command + done.stderr
        wanted = "" if "||" in command else '"status": "ok"' if "curl" in command else " => "
        assert wanted in done.stdout, command + done.stdout
        assert wanted or not done.stdout, done.stdout
    assert len(commands) >= 9
    database_url = f"sqlite:///{deployed.folder}/ecnews.db"
    assert ("nothing-new",) in rows(database_url, "SELECT verdict FROM runs")


@pytest.mark.parametrize("package", ["scrapyd", "scrapyd-client", "uberegg"])
def test_the_pins_are_what_scrapyd_asks_for(package: str) -> None:
    pins: dict[str, str] = {}
    for file in ("requirements.txt", "requirements-scrapyd.txt"):
        found = re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / file).read_text("utf-8"), re.M)
        pins |= {name.lower().replace("_", "-"): version for name, version in found}
    assert pins[package] == metadata.version(package)
    for line in metadata.requires(package) or []:
        wanted = Requirement(line)
        here = not wanted.marker or wanted.marker.evaluate({"extra": ""})
        if here and wanted.name != "pip":  # which every environment has
            assert wanted.specifier.contains(pins[wanted.name.lower()]), line
