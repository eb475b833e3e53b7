"""What `scrapy db` does: each function takes the URL of a database, and returns whether all is
well, and a sentence. They raise DatabaseError and SettingError."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import inspect, text

from ecnews.storage import database, migrations, search, stories
from ecnews.storage.schema import metadata
from ecnews.storage.statements import lock
from ecnews.text.near import THRESHOLD


def current(url: str) -> tuple[bool, str]:
    engine = database.existing(url)
    try:
        with database.asking(engine) as connection:
            has, needs = migrations.current(connection), migrations.newest()
    finally:
        engine.dispose()
    known = f"schema {has}" if has else "empty"
    return True, f"{database.shown(engine.url)}: {known}; this version needs {needs}"


def check(url: str) -> tuple[bool, str]:
    engine = database.existing(url)
    name = database.shown(engine.url)
    try:
        with database.asking(engine) as connection:
            has, needs = migrations.check(connection), migrations.newest()
            if has != needs:
                known = f"schema {has}" if has else "empty"
                return False, f"{name}: {known}, not {needs}; scrapy db upgrade brings it there"
            missing = set(metadata.tables) - set(inspect(connection).get_table_names())
            if missing:
                return False, f"{name}: {', '.join(sorted(missing))} is missing; restore a backup"
            if engine.dialect.name == "sqlite":
                broken = connection.execute(text("PRAGMA quick_check(1)")).scalar()
                if broken != "ok":
                    return False, f"{name}: the file is damaged: {broken}; restore a backup"
    finally:
        engine.dispose()
    return True, f"{name}: schema {needs}, up to date"


def upgrade(url: str) -> tuple[bool, str]:
    engine = database.connect(url)
    engine.dispose()
    return True, f"{database.shown(engine.url)}: schema {migrations.newest()}, up to date"


def reindex(url: str) -> tuple[bool, str]:
    engine = database.connect(url)
    try:
        with database.transaction(engine) as connection:
            count = search.reindex(connection)
    finally:
        engine.dispose()
    return True, f"{database.shown(engine.url)}: {count} articles indexed"


def dedupe(url: str, threshold: float = THRESHOLD) -> tuple[bool, str]:
    engine = database.connect(url)
    try:
        with database.transaction(engine) as connection:
            lock(connection)
            found = stories.rebuild(connection, datetime.now(UTC), threshold)
    finally:
        engine.dispose()
    return True, (
        f"{database.shown(engine.url)}: {found.articles} articles tell {found.stories} stories,"
        f" at most {found.largest} the same"
    )
