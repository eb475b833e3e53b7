"""One run at a time for a database and a section, however it ends: what is killed holds no lock."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from ecnews.errors import DatabaseError
from ecnews.storage import database

_TRY = text("SELECT pg_try_advisory_lock(:key)")


class Lock:
    """On PostgreSQL a lock of the session, which the server frees when the connection ends, be the
    process on another machine; on SQLite a lock of the system on a file beside the database, which
    it frees with the process. A database that is only in memory needs none.

    `name` says what the run crawls: site and section.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name
        self.connection: Connection | None = None
        self.file: int | None = None

    def take(self) -> bool:
        """Whether this run has the lock now. Raises DatabaseError."""
        if self.engine.dialect.name == "postgresql":
            return self._take_session()
        name = self.engine.url.database
        return name in (None, "", ":memory:") or self._take_file(Path(str(name)).resolve())

    def keep(self) -> bool:
        """The same, later: takes the lock again if the server has lost it in a restart. Raises
        DatabaseError."""
        if self.connection is None:
            return True
        try:
            self.connection.execute(text("SELECT 1"))
            return True
        except SQLAlchemyError:
            self.connection.invalidate()
            self.release()
            return self.take()

    def release(self) -> None:
        if self.connection is not None:
            if not self.connection.invalidated:
                _free(self.connection)
            if not self.connection.invalidated:
                self.connection.detach()  # closed, not given back to the pool with its lock
            self.connection.close()
            self.connection = None
        if self.file is not None:
            os.close(self.file)
            self.file = None

    def _take_session(self) -> bool:
        digest = hashlib.sha256(f"ecnews run {self.name}".encode()).digest()
        key = int.from_bytes(digest[:8], signed=True)
        try:
            connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            taken = bool(connection.execute(_TRY, {"key": key}).scalar_one())
        except SQLAlchemyError as error:
            raise database.explained(error, self.engine.url) from error
        if taken:
            self.connection = connection
        else:
            connection.close()
        return taken

    def _take_file(self, path: Path) -> bool:
        name = re.sub(r"[^\w.-]+", "-", self.name.partition("://")[2])
        beside = path.with_name(f"{path.name}.{name}.lock")
        try:
            file = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise DatabaseError(f"{beside}: no lock can be made: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        os.truncate(file, 0)
        os.write(file, f"{os.getpid()} {platform.node()}\n".encode())  # for whoever looks
        self.file = file
        return True


def _free(connection: Connection) -> None:
    """At once, for the next run: that the connection has ended the server notices later. Where the
    server is away there is nothing to free."""
    with suppress(SQLAlchemyError):
        connection.execute(text("SELECT pg_advisory_unlock_all()"))
