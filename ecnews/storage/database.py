"""Opens the database that a URL names, and brings its schema up to date."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from ecnews.errors import DatabaseError, SettingError
from ecnews.storage import migrations, search

_ACCEPTED = "sqlite:///ecnews.db or postgresql+psycopg://user:password@host/name"
_CONNECT_TIMEOUT = 10  # s
_BUSY_TIMEOUT = 30.0  # s that SQLite waits for another writer
_CRAWL_TIMEOUT = 2.0  # s, for a crawl, which stands still meanwhile and tries again later
_UPGRADE_TIMEOUT = 900  # s that a crawl waits for another that upgrades the database
# Names the lock that crawlers take while they upgrade; any number, the same for all.
_UPGRADING = 0x65636E657773
_SECRETS = ("password", "sslpassword", "passfile")


def parse_url(url: str) -> URL:
    """The URL with the driver that we use; `postgres://` is accepted.

    Raises SettingError, without the password, for what is no URL of SQLite or PostgreSQL.
    """
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError):
        raise SettingError(
            f"ECNEWS_DATABASE_URL is no database URL; give one like {_ACCEPTED}"
        ) from None
    backend = parsed.drivername.partition("+")[0]
    if backend in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return parsed.set(drivername="sqlite")
    raise SettingError(
        f"ECNEWS_DATABASE_URL: {backend!r} is not supported; give one like {_ACCEPTED}"
    )


def shown(url: URL) -> str:
    """The URL as it may be shown: without what is secret in it."""
    hidden = url.difference_update_query(_SECRETS)
    return hidden.render_as_string(hide_password=True)


def connect(url: str, wait: float = _BUSY_TIMEOUT) -> Engine:
    """An engine on a database with the newest schema, upgraded where that was older.

    `wait` is how long (s) SQLite waits for another writer. Raises SettingError for a URL that
    cannot be used, DatabaseError for a database that cannot, be it newer than this code.
    """
    engine = open_as_is(url, wait)
    try:
        with reading(engine) as connection:
            current = migrations.check(connection)
        if current != migrations.newest():
            _upgrade(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise explained(error, engine.url) from error
    except DatabaseError as error:
        engine.dispose()
        raise DatabaseError(f"{shown(engine.url)}: {error}") from None
    return engine


def open_as_is(url: str, wait: float = _BUSY_TIMEOUT, *, only_reads: bool = False) -> Engine:
    """An engine on a database whatever its schema; connects to nothing yet. One that only reads
    leaves every byte of an SQLite file as it is.

    Raises SettingError for a URL that cannot be used.
    """
    parsed = parse_url(url)
    sqlite = parsed.drivername == "sqlite"
    engine = create_engine(
        parsed,
        # As it reads, not as \u…: for those who look at it, and for LIKE.
        json_serializer=json.JSONEncoder(ensure_ascii=False).encode,
        hide_parameters=True,  # an error must not carry articles into the log
        connect_args={"timeout": wait} if sqlite else {"connect_timeout": _CONNECT_TIMEOUT},
    )
    if sqlite:
        event.listen(engine, "connect", _prepare_reading if only_reads else _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def existing(url: str, *, only_reads: bool = False) -> Engine:
    """As `open_as_is`, but raises DatabaseError where SQLite would make a new file."""
    engine = open_as_is(url, only_reads=only_reads)
    file = engine.url.database
    if engine.dialect.name == "sqlite" and not (file and Path(file).is_file()):
        raise DatabaseError(
            f"{shown(engine.url)}: there is no such file; crawl first, or set ECNEWS_DATABASE_URL"
        )
    return engine


@contextmanager
def asking(engine: Engine) -> Iterator[Connection]:
    """As `reading`, with errors as sentences that name the database. Raises DatabaseError."""
    try:
        with reading(engine) as connection:
            yield connection
    except SQLAlchemyError as error:
        raise explained(error, engine.url) from error
    except DatabaseError as error:
        raise DatabaseError(f"{shown(engine.url)}: {error}") from None


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A connection whose changes hold once the block has ended well. Raises DatabaseError."""
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise explained(error, engine.url) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that waits for no writer, for reading only."""
    with engine.execution_options(ecnews_reading=True).connect() as connection:
        yield connection


_shared: WeakKeyDictionary[object, Engine] = WeakKeyDictionary()


def shared(owner: object, url: str) -> Engine:
    """The one engine of its owner, a crawler, opened when it is first asked for; several parts of
    a crawl need the database. Raises as `connect` does."""
    if owner not in _shared:
        _shared[owner] = connect(url, _CRAWL_TIMEOUT)
    return _shared[owner]


def explained(error: SQLAlchemyError, url: URL) -> DatabaseError:
    """The error as one sentence, with the database's name and without its password."""
    return DatabaseError(f"{shown(url)}: {cause(error, url)}")


def cause(error: Exception, url: URL) -> str:
    """What the engine says, in one line: without the row, which PostgreSQL puts into the detail,
    and without what is secret in the URL."""
    said = str(getattr(error, "orig", None) or error).partition("\nDETAIL:")[0]
    said = " ".join(said.split())
    for secret in (url.password, *map(url.query.get, _SECRETS)):
        if secret:
            said = said.replace(str(secret), "***")
    return said


def _upgrade(engine: Engine) -> None:
    """Upgrades, or waits for another who does."""
    deadline = time.monotonic() + _UPGRADE_TIMEOUT
    while True:
        try:
            with engine.begin() as connection:
                if engine.dialect.name == "postgresql":
                    lock = text("SELECT pg_advisory_xact_lock(:key)")
                    connection.execute(lock, {"key": _UPGRADING})
                migrations.upgrade(connection)
                search.reindex_if_waiting(connection)
            return
        except OperationalError as error:
            if "locked" not in str(error.orig) or time.monotonic() > deadline:
                raise


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin at the first write, too late for a lock; ours begin below.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",  # readers never wait for the crawler
        "synchronous = NORMAL",  # safe in WAL, and does not wait for the disk on each commit
        "foreign_keys = ON",
        "cache_size = -65536",  # KiB: what a search or a batch reads more than once stays in memory
        # 40 MB: an article touches some 50 pages all over the file; those that the next ones touch
        # as well are copied once.
        "wal_autocheckpoint = 10000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reading(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only = ON")


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("ecnews_reading")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
