"""A disk that can be filled: a small file system of its own where that may be mounted, else a limit
on the size of the files that the processes on it write."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

_BLOCK = 4096


@dataclass(frozen=True)
class Disk:
    """`writers` says which processes write on it now; it matters where their files are limited."""

    folder: Path
    mounted: bool

    @property
    def kind(self) -> str:
        return "a tmpfs" if self.mounted else "the folder's own disk, with limited files"

    @contextmanager
    def full(self, writers: Callable[[], Collection[int]]) -> Iterator[Callable[[], None]]:
        """Nothing can be written that needs room, while the block lasts; to be called again now
        and then, for processes that have begun since."""
        if not self.mounted:
            limited: set[int] = set()

            def limit() -> None:
                for pid in set(writers()) - limited:
                    limited.add(pid)
                    _limit_files(pid, str(_BLOCK))

            limit()
            try:
                yield limit
            finally:
                for pid in limited:
                    _limit_files(pid, "unlimited")
            return
        ballast = self.folder / "ballast"
        try:
            _fill(ballast)
            yield lambda: _fill(ballast)
        finally:
            ballast.unlink()


@contextmanager
def made(folder: Path, megabytes: int) -> Iterator[Disk]:
    folder.mkdir()
    options = f"size={megabytes}m,mode=755"
    command = ["mount", "-t", "tmpfs", "-o", options, "ecnews-torture", str(folder)]
    mounted = os.geteuid() == 0 and not subprocess.run(command, capture_output=True).returncode
    try:
        yield Disk(folder, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fill(ballast: Path) -> None:
    """Writes until there is no room left, be it what others have freed meanwhile."""
    with ballast.open("ab") as file:
        free = os.fstatvfs(file.fileno()).f_bavail * _BLOCK
        try:
            if free:
                os.posix_fallocate(file.fileno(), file.tell(), free)
            while True:
                os.write(file.fileno(), bytes(_BLOCK))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def _limit_files(pid: int, soft: str) -> None:
    """Limits the size to which a process can let files grow; that of another user as that user, who
    may where root may not. A process that is gone needs no limit."""
    try:
        user = psutil.Process(pid).uids().real
    except psutil.NoSuchProcess:
        return
    command = ["prlimit", f"--pid={pid}", f"--fsize={soft}:"]
    done = subprocess.run(command, user=user, capture_output=True, text=True, check=False)
    if done.returncode and psutil.pid_exists(pid):
        raise RuntimeError(f"the files of process {pid} cannot be limited: {done.stderr.strip()}")
