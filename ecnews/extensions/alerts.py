"""Tells somebody when the state of the runs changes: a webhook, a command, or both.

Called once the run is over and nothing can fail it any more. What goes wrong here is a line in the
log, without the address and the command, which may hold secrets.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shlex
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from scrapy.settings import BaseSettings

from ecnews import __version__
from ecnews.errors import DatabaseError, SettingError
from ecnews.extensions.verdict import GOOD, Verdict

logger = logging.getLogger(__name__)

_PATIENCE = 10.0  # s for a webhook
_LONGEST = 30.0  # s for a command
_SILENT = ("busy",)  # the other run says what becomes of it


@dataclass(frozen=True, slots=True)
class Alert:
    """What is sent. `was` is the verdict before, None before the first run; `text` is the whole in
    one line, as chats show it."""

    text: str
    verdict: str
    code: int
    sentence: str
    was: str | None
    spider: str
    section: str | None
    run: int | None
    job: str | None


def changed(was: str | None, now: str) -> bool:
    """Whether somebody should hear of it.

    >>> changed("ok", "nothing-new"), changed("ok", "drifted"), changed("drifted", "drifted")
    (False, True, False)
    >>> changed("drifted", "empty"), changed("killed", "ok"), changed(None, "ok")
    (True, True, False)
    """
    if now in _SILENT:
        return False
    return now != was if now not in GOOD else was is not None and was not in GOOD


def tell(
    settings: BaseSettings, found: Verdict, spider: str, section: str | None, run: int | None
) -> None:
    """Sends the verdict wherever the settings say, if it changes the state; never raises."""
    ways: list[tuple[str, Callable[[str, bytes, Verdict], None]]] = [
        ("ECNEWS_ALERT_URL", _post),
        ("ECNEWS_ALERT_COMMAND", _run),
    ]
    wanted = [(str(settings[name]).strip(), name, send) for name, send in ways if settings[name]]
    if not wanted or found.name in _SILENT:
        return
    arguments = settings["ECNEWS_ARGUMENTS"] or {}
    was = _before(settings["ECNEWS_DATABASE_URL"], found, spider, arguments, run)
    if not changed(was, found.name):
        return
    text = f"ecnews {spider}: {found}"
    alert = Alert(
        text, found.name, found.code, found.sentence, was, spider, section, run,
        arguments.get("_job"),
    )  # fmt: skip
    body = json.dumps(asdict(alert), ensure_ascii=False).encode()
    for target, name, send in wanted:
        _within(name, lambda send=send, target=target: send(target, body, found))  # type: ignore[misc]


def _within(name: str, send: Callable[[], None]) -> None:
    """Sends in a thread that ends with the process, whatever it hangs on."""
    failure: list[str] = ["it took too long"]

    def run() -> None:
        try:
            send()
            failure.clear()
        except Exception as error:
            failure[:] = [_said(error)]

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_LONGEST + 5)
    if failure:
        logger.warning("%s: the alert could not be sent: %s", name, failure[0])


def _said(error: Exception) -> str:
    """The error without what it may quote of the address or the command."""
    status = getattr(error, "code", None)
    reason = getattr(error, "reason", None)
    if isinstance(error, SettingError | subprocess.CalledProcessError):
        return str(error) if isinstance(error, SettingError) else f"exit code {error.returncode}"
    if status:
        return f"HTTP {status}"
    return f"{type(error).__name__}" + (f": {reason}" if isinstance(reason, OSError) else "")


def _post(url: str, body: bytes, _found: Verdict) -> None:
    if not url.lower().startswith(("http://", "https://")):
        raise SettingError("it is no http or https address")
    headers = {"Content-Type": "application/json", "User-Agent": f"ecnews/{__version__}"}
    with urlopen(Request(url, body, headers), timeout=_PATIENCE):
        pass


def _run(command: str, body: bytes, found: Verdict) -> None:
    """Words are divided as a shell does, but there is no shell: nothing in them is expanded."""
    env = os.environ | {"ECNEWS_VERDICT": found.name, "ECNEWS_CODE": str(found.code)}
    env["ECNEWS_SENTENCE"] = found.sentence
    try:
        words = shlex.split(command)
    except ValueError:
        raise SettingError("a quotation mark in it is not closed") from None
    subprocess.run(
        words, input=body, env=env, timeout=_LONGEST, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _before(
    url: str, found: Verdict, spider: str, arguments: Mapping[str, Any], run: int | None
) -> str | None:
    """The verdict before: as `runs` has it, unless a database that is away made a run leave its
    own beside; that one is left, or taken away, for the next."""
    try:
        was = _kept(url, spider, arguments, run)
        away = found.name == "database"
    except (DatabaseError, SettingError):
        was, away = None, True
    beside = _Beside(url, spider, arguments.get("section"))
    said = beside.read()
    beside.write(found.name if away else None)
    return said or was


def _kept(url: str, spider: str, arguments: Mapping[str, Any], run: int | None) -> str | None:
    from ecnews.storage import database, runs

    engine = database.existing(url, only_reads=True)
    try:
        with database.asking(engine) as connection:
            former = runs.like(connection, spider, arguments)
    finally:
        engine.dispose()
    return next((r.verdict for r in former if r.id != run and r.verdict not in _SILENT), None)


class _Beside:
    """A file with the verdict that was told last, while the database cannot keep it."""

    def __init__(self, url: str, spider: str, section: str | None) -> None:
        from ecnews.storage import spool

        name = hashlib.sha256(f"{url} {spider} {section}".encode()).hexdigest()[:12]
        self.folder = spool.private()
        self.path: Path = self.folder / f"ecnews-{name}.told"

    def read(self) -> str | None:
        try:
            return self.path.read_text("utf-8").strip() or None
        except OSError:
            return None

    def write(self, verdict: str | None) -> None:
        try:
            if verdict is None:
                self.path.unlink(missing_ok=True)
                return
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.folder.stat().st_uid == os.getuid():
                self.path.write_text(verdict, "utf-8")
        except OSError as error:
            logger.warning("%s: %s", self.path, error.strerror)
