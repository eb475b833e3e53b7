"""Where items wait that the database could not take: a file, a line of JSON each."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL

from ecnews.items import Article, Quarantined, Removed

Item = Article | Quarantined
Waiting = tuple[Item, datetime]  # the item, and when it was seen

logger = logging.getLogger(__name__)


class Spool:
    """The items of one database, in `folder`, or, where that cannot be written, below the
    system's folder for temporary files."""

    def __init__(self, folder: Path, url: URL) -> None:
        database = url.set(password=None).render_as_string()
        name = f"ecnews-{hashlib.sha256(database.encode()).hexdigest()[:12]}.spool"
        self.paths = [folder / name, private() / name]

    def __str__(self) -> str:
        return " or ".join(str(path) for path in self.paths if path.exists())

    def keep(self, items: list[Waiting]) -> Path:
        """Appends the items, all or none of them, and returns the file; raises OSError."""
        lines = b"".join(_line(*item) for item in items)
        for path in self.paths:
            try:
                _append(path, lines)
                return path
            except OSError as error:
                failure = error
                logger.error("%s cannot be written: %s", path, error)
        raise failure

    def take(self, store: Callable[[list[Waiting]], None]) -> int:
        """Hands over all the items, oldest first, and forgets them once `store` has returned; how
        many there were. A file that another process is busy with is left to it."""
        taken = 0
        for path in self.paths:
            with _locked(path) as file:
                if file is None:
                    continue
                items = list(_read(file, path))
                if items:
                    store(items)
                path.unlink()
                taken += len(items)
        return taken


def private() -> Path:
    """A folder that other users of the machine can neither read nor prepare."""
    return Path(tempfile.gettempdir(), f"ecnews-spool-{os.getuid()}")


def _append(path: Path, lines: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent == private() and path.parent.stat().st_uid != os.getuid():
        raise PermissionError(f"{path.parent} belongs to somebody else")
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not os.fstat(handle).st_nlink:  # it was taken in while we waited
            return _append(path, lines)
        end = os.fstat(handle).st_size
        if end and os.pread(handle, 1, end - 1) != b"\n":
            lines = b"\n" + lines  # behind the half line of a crawl that was killed
        try:
            while lines:
                lines = lines[os.write(handle, lines) :]
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, end)  # no half a line, where the disk is full
            raise
    finally:
        os.close(handle)


@contextmanager
def _locked(path: Path) -> Iterator[IO[bytes] | None]:
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        yield None
        return
    with os.fdopen(handle, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield file if os.fstat(handle).st_nlink else None


def _line(item: Item, seen: datetime) -> bytes:
    kind = "article" if isinstance(item, Article) else "quarantined"
    return json.dumps({"kind": kind, "seen": seen.isoformat(), **asdict(item)}).encode() + b"\n"


def _read(file: IO[bytes], path: Path) -> Iterator[Waiting]:
    for line in file:
        try:
            yield _item(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError):
            # Written by a crawl that was killed in the middle of it, or edited.
            logger.error("%s: a line cannot be read and is set aside", path)
            with path.with_suffix(".unreadable").open("ab") as aside:
                aside.write(line.rstrip(b"\n") + b"\n")


def _item(data: dict[str, Any]) -> Waiting:
    seen = datetime.fromisoformat(data.pop("seen"))
    if data.pop("kind") == "quarantined":
        return Quarantined(**data), seen
    removed = [Removed(**block) for block in data.pop("removed")]
    return Article(**data, removed=removed), seen
