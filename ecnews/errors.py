"""Every exception of the project; each says who raises it."""

from __future__ import annotations


class EcnewsError(Exception):
    """Base of all: its message is a sentence that can be shown to the user as it is."""


class DataFileError(EcnewsError):
    """A TOML file of the package is not as it must be: names file and key. Raised by `catalog`
    and by the rule readers of `text`."""


class ArgumentError(EcnewsError):
    """A spider argument (`-a name=value`) is unknown or malformed. Raised by
    `spiders.arguments`."""


class SettingError(EcnewsError):
    """An `ECNEWS_…` setting cannot be used. Raised by `catalog` and `storage`."""


class NotAnArticle(EcnewsError):
    """A page holds no article. Raised by `pages.article`.

    `reason` is a short key for counting (docs/database.md lists them), `detail` what was found, the
    message both.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class DatabaseError(EcnewsError):
    """The database cannot be opened or written; never names a password. Raised by `storage`."""


class NoBrowser(EcnewsError):
    """A page takes a browser and there is none, or not the one that `ECNEWS_BROWSER` names. Raised
    by `middlewares.browser`."""

    def __init__(self, named: str | None = None) -> None:
        found = f"ECNEWS_BROWSER: {named!r} is no program here" if named else "no browser was found"
        super().__init__(
            f"{found}; install one (Debian: apt-get install chromium; elsewhere: playwright install"
            " chromium) or name one in ECNEWS_BROWSER"
        )
