"""The log: in words for an operator, or as lines of JSON (`ECNEWS_LOG=json`)."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy import Spider
from scrapy.settings import BaseSettings

from ecnews.errors import SettingError

# Lists of components and settings, at INFO: for those who look for something, with LOG_LEVEL=DEBUG.
_WORDY = ("scrapy.addons", "scrapy.crawler", "scrapy.extensions.telnet", "scrapy.middleware")
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """A record as one line: `time`, `level`, `logger`, `message`, `traceback` where there is one,
    and whatever was given as `extra`. `context` is added to each: the spider, the run."""

    def __init__(self) -> None:
        super().__init__()
        self.context: dict[str, Any] = {}

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **self.context,
        }
        for name, value in vars(record).items():
            if name not in _OF_EVERY_RECORD:
                line[name] = value.name if isinstance(value, Spider) else value
        if record.exc_info and record.exc_info[0]:
            line["traceback"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = record.stack_info
        return json.dumps(line, ensure_ascii=False, default=str)


def is_json(settings: BaseSettings) -> bool:
    """Whether `ECNEWS_LOG` asks for JSON. Raises SettingError for what it does not know."""
    wanted = str(settings["ECNEWS_LOG"] or "").strip().lower()
    if wanted not in ("", "text", "json"):
        raise SettingError(f"ECNEWS_LOG: {wanted!r} is not known; give json, or text")
    return wanted == "json"


def prepare(settings: BaseSettings) -> None:
    """To be called before Scrapy sets up its log: has it leave out what no operator reads, and puts
    a handler of JSON in the place of its own if that is wanted. Raises SettingError."""
    if logging.getLevelNamesMapping().get(str(settings["LOG_LEVEL"]), 0) > logging.DEBUG:
        for name in _WORDY:
            logging.getLogger(name).setLevel(logging.WARNING)
    if not is_json(settings) or not settings.getbool("LOG_INSTALL_ROOT_HANDLER"):
        return
    settings.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")
    root = logging.getLogger()
    root.setLevel(logging.NOTSET)
    handler = _handler(settings)
    handler.setFormatter(JsonLines())
    handler.setLevel(settings["LOG_LEVEL"])
    root.addHandler(handler)


def add_context(**fields: Any) -> None:
    """Adds fields to every line of JSON from now on."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, JsonLines):
            handler.formatter.context |= fields


def say_last(logger: logging.Logger, level: int, message: str, **fields: Any) -> None:
    """Writes a record whatever the level of the log, and nothing after it."""
    record = logger.makeRecord(logger.name, level, "", 0, message, (), None, extra=fields)
    for handler in logging.getLogger().handlers:
        handler.handle(record)
    logging.disable()


def _handler(settings: BaseSettings) -> logging.Handler:
    name = settings["LOG_FILE"]
    if not name:
        return logging.StreamHandler() if settings.getbool("LOG_ENABLED") else logging.NullHandler()
    if not settings.getbool("LOG_FILE_APPEND"):
        Path(name).write_bytes(b"")
    return logging.FileHandler(name, encoding=settings["LOG_ENCODING"])
