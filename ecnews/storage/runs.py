"""The ledger of runs: a row for each crawl, from its start to its end."""

from __future__ import annotations

import os
import platform
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from ecnews.storage import database
from ecnews.storage.schema import quarantine, runs

_SILENT = timedelta(minutes=15)  # without a sign of life: killed, or cut off from the database
_KILLED = "it ended without a word: killed, or the database was away at its end"

_LOOK_BACK = 100  # runs of a spider, whatever their section

_ours: set[int] = set()  # runs of this process


@dataclass(frozen=True, slots=True)
class Run:
    """What is known of a run when it begins; `rules` is a fingerprint of the data files."""

    spider: str
    arguments: dict[str, Any]
    job: str | None
    version: str
    rules: str


def begin(engine: Engine, run: Run, now: datetime) -> int:
    """Writes the row of a run and returns its id; gives runs that were killed their verdict.

    Raises DatabaseError.
    """
    row = {name: getattr(run, name) for name in ("spider", "arguments", "job", "version", "rules")}
    row |= {"host": platform.node(), "pid": os.getpid(), "counts": {}}
    row |= {"started_at": now, "updated_at": now}
    with database.transaction(engine) as connection:
        open_runs = connection.execute(select(runs).where(runs.c.verdict.is_(None))).all()
        if killed := [other.id for other in open_runs if _is_dead(other, now)]:
            verdict = {"verdict": "killed", "sentence": _KILLED}
            connection.execute(update(runs).where(runs.c.id.in_(killed)).values(verdict))
        id_ = int(connection.execute(insert(runs).returning(runs.c.id), row).scalar_one())
    _ours.add(id_)
    return id_


def go_on(engine: Engine, id_: int, counts: dict[str, int], now: datetime) -> None:
    """Says that the run is alive, and how far it is. Raises DatabaseError."""
    with database.transaction(engine) as connection:
        alive = {"updated_at": now, "counts": counts}
        connection.execute(update(runs).where(runs.c.id == id_).values(alive))


def finish(
    engine: Engine, id_: int, verdict: str, sentence: str, counts: dict[str, int], now: datetime
) -> None:
    """Writes what became of the run. Raises DatabaseError."""
    end: dict[str, Any] = {"verdict": verdict, "sentence": sentence, "counts": counts}
    end |= {"updated_at": now, "finished_at": now}
    with database.transaction(engine) as connection:
        connection.execute(update(runs).where(runs.c.id == id_).values(end))
    _ours.discard(id_)


def like(connection: Connection, spider: str, arguments: Mapping[str, Any]) -> list[Row[Any]]:
    """The last runs of the spider over the same section that have a verdict, the newest first."""
    query = (
        select(runs)
        .where(runs.c.spider == spider, runs.c.verdict.is_not(None))
        .order_by(runs.c.id.desc())
        .limit(_LOOK_BACK)
    )
    section = arguments.get("section")
    return [run for run in connection.execute(query) if run.arguments.get("section") == section]


def last(connection: Connection, most: int) -> list[Row[Any]]:
    """The last runs, whatever became of them, the newest first."""
    query = select(runs).order_by(runs.c.id.desc()).limit(most)
    return list(connection.execute(query))


def last_of(
    connection: Connection, verdicts: Collection[str], spider: str | None
) -> Row[Any] | None:
    """The last run that ended with one of the verdicts; of one spider, or of any."""
    query = select(runs).where(runs.c.verdict.in_(verdicts)).order_by(runs.c.finished_at.desc())
    if spider:
        query = query.where(runs.c.spider == spider)
    return connection.execute(query.limit(1)).first()


def has_run(connection: Connection, spider: str) -> bool:
    query = select(runs.c.id).where(runs.c.spider == spider).limit(1)
    return connection.execute(query).first() is not None


def ruled_since(connection: Connection, rules: str) -> datetime | None:
    """When the first run with these rules began; None if there was none."""
    query = select(runs.c.started_at).where(runs.c.rules == rules).order_by(runs.c.started_at)
    return connection.execute(query.limit(1)).scalar()


def under_way(connection: Connection, now: datetime) -> list[Row[Any]]:
    """The runs that are alive, the newest first."""
    query = select(runs).where(runs.c.verdict.is_(None)).order_by(runs.c.id.desc())
    return [run for run in connection.execute(query) if not _is_dead(run, now)]


def state(run: Row[Any], now: datetime) -> str:
    """The verdict; of a run without one, `running` or `killed`."""
    return str(run.verdict or ("killed" if _is_dead(run, now) else "running"))


def confined(connection: Connection) -> list[Row[Any]]:
    """What is in quarantine: `reason`, `pages`, and the last `seen_at`; the most frequent first."""
    pages = func.count().label("pages")
    columns = quarantine.c.reason, pages, func.max(quarantine.c.seen_at).label("seen_at")
    query = select(*columns).group_by(quarantine.c.reason).order_by(pages.desc(), "reason")
    return list(connection.execute(query))


def _is_dead(run: Any, now: datetime) -> bool:
    if run.id in _ours:
        return False
    if now - run.updated_at > _SILENT:
        return True
    return run.host == platform.node() and (run.pid == os.getpid() or not _is_alive(run.pid))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
