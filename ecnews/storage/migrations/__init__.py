"""Brings a database to the newest schema, from within a packed project as well."""

from __future__ import annotations

import logging
import tempfile
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ecnews.errors import DatabaseError

_BASE = "0001"
# What a database has that was made before there were migrations.
_OF_BASE = {"articles", "sightings", "removed_blocks"}

logger = logging.getLogger(__name__)


def newest() -> str:
    """The revision that the code needs."""
    return max(_known())


def current(connection: Connection) -> str | None:
    """The revision of the database; None if it is empty.

    Raises DatabaseError if it holds tables of the same names that are not ours.
    """
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if not tables & _OF_BASE:
        return None
    if tables >= _OF_BASE and _columns(connection, "articles") >= {"number", "content_hash"}:
        return _BASE
    raise DatabaseError(
        f"it holds tables of another program ({', '.join(sorted(tables & _OF_BASE))});"
        " name an empty database"
    )


def check(connection: Connection) -> str | None:
    """The revision of the database, as `current`, if the code can work with it or upgrade it.

    Raises DatabaseError for a database that a newer version of the code has made.
    """
    revision = current(connection)
    if revision is not None and revision not in _known():
        raise DatabaseError(
            f"its schema ({revision}) is newer than this version of ecnews knows ({newest()});"
            " upgrade ecnews, or name another database"
        )
    return revision


def usable(connection: Connection) -> None:
    """Raises DatabaseError for a database that this code cannot read as it is."""
    revision = check(connection)
    if revision != newest():
        raise DatabaseError(
            f"its schema is {revision}, not {newest()}; scrapy db upgrade brings it there"
            if revision
            else "it is empty; crawl first, or set ECNEWS_DATABASE_URL"
        )


def upgrade(connection: Connection, to: str | None = None) -> None:
    """Brings the database to a revision (default: the newest), in the transaction of `connection`,
    which must keep all others out.

    Raises DatabaseError as `check` does.
    """
    revision, target = check(connection), to or newest()
    if revision == target:
        return
    # Late: nothing else needs it, and a crawl that finds its database up to date does not wait.
    from alembic import command
    from alembic.config import Config

    with tempfile.TemporaryDirectory(prefix="ecnews-") as folder:
        _unpack(Path(folder))
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", folder.replace("%", "%%"))
        if revision == _BASE:
            command.stamp(config, _BASE)
        if revision is not None:
            logger.info("upgrading the database from schema %s to %s", revision, target)
        command.upgrade(config, target)


def _versions() -> list[Traversable]:
    folder = resources.files(__name__) / "versions"
    return [file for file in folder.iterdir() if file.name.endswith(".py")]


def _known() -> set[str]:
    """All revisions: the files are named for them."""
    return {file.name.partition("_")[0] for file in _versions()}


def _unpack(folder: Path) -> None:
    """Alembic reads its scripts from a folder; the project may lie in an archive."""
    (folder / "versions").mkdir()
    (folder / "env.py").write_bytes((resources.files(__name__) / "env.py").read_bytes())
    for file in _versions():
        (folder / "versions" / file.name).write_bytes(file.read_bytes())


def _columns(connection: Connection, table: str) -> set[str]:
    return {column["name"] for column in inspect(connection).get_columns(table)}
