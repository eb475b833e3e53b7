"""Opens the database that a URL names, and lays its tables where they are missing."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from ecnews.errors import DatabaseError, SettingError
from ecnews.storage.schema import metadata

_ACCEPTED = "sqlite:///ecnews.db or postgresql+psycopg://user:password@host/name"
_CONNECT_TIMEOUT = 10  # s
_BUSY_TIMEOUT = 30_000  # ms that SQLite waits for another writer
# Names the lock that crawlers take while they lay the tables; any number, the same for all.
_LAYING = 0x65636E657773


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


def connect(url: str) -> Engine:
    """An engine on a database with all tables.

    Raises SettingError for a URL that cannot be used, DatabaseError for a database that cannot.
    """
    parsed = parse_url(url)
    sqlite = parsed.drivername == "sqlite"
    engine = create_engine(
        parsed,
        hide_parameters=True,  # an error must not carry articles into the log
        connect_args={"timeout": _BUSY_TIMEOUT / 1000}
        if sqlite
        else {"connect_timeout": _CONNECT_TIMEOUT},
    )
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        with engine.begin() as connection:
            if not sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LAYING})
            metadata.create_all(connection)
    except SQLAlchemyError as error:
        engine.dispose()
        raise explained(error, parsed) from error
    return engine


_shared: WeakKeyDictionary[object, Engine] = WeakKeyDictionary()


def shared(owner: object, url: str) -> Engine:
    """The one engine of its owner, a crawler, opened when it is first asked for; several parts of
    a crawl need the database. Raises as `connect` does."""
    if owner not in _shared:
        _shared[owner] = connect(url)
    return _shared[owner]


def explained(error: SQLAlchemyError, url: URL) -> DatabaseError:
    """The error as one sentence, with the database's name and without its password."""
    # PostgreSQL puts the row into the detail.
    cause = str(getattr(error, "orig", None) or error).partition("\nDETAIL:")[0]
    cause = " ".join(cause.split())
    if url.password:
        cause = cause.replace(str(url.password), "***")
    return DatabaseError(f"database {url.render_as_string(hide_password=True)}: {cause}")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin at the first write, too late for a lock; ours begin below.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",  # readers never wait for the crawler
        "synchronous = NORMAL",  # safe in WAL, and does not wait for the disk on each commit
        f"busy_timeout = {_BUSY_TIMEOUT}",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
