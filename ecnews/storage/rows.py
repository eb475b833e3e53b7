"""From items to rows that both engines take."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ecnews.items import Article, Quarantined
from ecnews.text import fingerprint
from ecnews.text.fingerprint import Codes
from ecnews.text.quality import is_polluted

Row = dict[str, Any]
# What PostgreSQL indexes, 2,704 bytes a value, sets the lengths of what is indexed; a body this
# long is no article, and would be slow for everybody who reads the table.
_LONGEST = {"url": 2_000, "section": 500, "title": 10_000, "body": 1_000_000}
_TEXTS = ("title", "body", "section", "source", "author")
_MOST = 2**63 - 1  # the largest integer of either engine


class Refused(ValueError):
    """An article that cannot be a row; `reason` is short, for counting, the message says more."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def article_rows(found: Iterable[tuple[Article, datetime]]) -> tuple[list[Row], list[Codes]]:
    """The rows in `articles`, and what counts of their bodies; raises Refused."""
    rows = [_article_row(article, seen) for article, seen in found]
    folded = fingerprint.folded_all(row[name] for row in rows for name in ("title", "body"))
    for row, title, body in zip(rows, folded[::2], folded[1::2], strict=True):
        row["content_hash"] = fingerprint.hash_of(title, body)
    return rows, folded[1::2]


def _article_row(article: Article, seen: datetime) -> Row:
    row: Row = {
        "number": article.number,
        "url": article.url,
        "keywords": [storable(keyword) for keyword in article.keywords],
        "images": [storable(image) for image in article.images],
        "published_at": _moment(article.published_at),
        "polluted": is_polluted(article.removed, article.recovered),
        "first_seen_at": seen,
        "updated_at": seen,
    }
    for name in _TEXTS:
        value = getattr(article, name)
        row[name] = value and storable(value)
    for name, longest in _LONGEST.items():
        if len(row[name] or "") > longest:
            raise Refused("too long", f"{name} has {len(row[name]):,} characters of {longest:,}")
    for name in ("number", "url", "title", "body"):
        if row[name] is None:
            raise Refused("incomplete", f"no {name}")
    if not -_MOST <= row["number"] <= _MOST:
        raise Refused("refused", "number is too large for a database")
    return row


def sighting_row(article: Article, article_id: int, seen: datetime) -> Row:
    url = article.fetched_url or article.url or ""
    if len(url) > _LONGEST["url"]:
        url = article.url or ""
    url = storable(url)
    return {
        "url": url,
        "article_id": article_id,
        "host": _host(url),
        "first_seen_at": seen,
        "last_seen_at": seen,
    }


def _host(url: str) -> str:
    """The host of an address, with port; urlsplit, which does it for any URL, takes 20 times as
    long.

    >>> _host("http://WWW.100ec.cn:8080/detail--1.html")
    'www.100ec.cn:8080'
    """
    return url.partition("://")[2].partition("/")[0].lower()


def removed_rows(article: Article, article_id: int) -> list[Row]:
    return [
        {
            "article_id": article_id,
            "kind": block.kind,
            "rule": block.rule,
            "text": storable(block.text)[: _LONGEST["body"]],
        }
        for block in article.removed
    ]


def quarantine_row(item: Quarantined, seen: datetime) -> Row:
    known = item.number is not None and abs(item.number) <= _MOST
    return {
        "url": storable(item.url)[: _LONGEST["url"] // 4],  # four bytes a character at most
        "number": item.number if known else None,
        "reason": storable(item.reason)[:200],
        "detail": storable(item.detail)[:2_000],
        "seen_at": _moment(item.seen_at) or seen,
        "times": 1,
    }


def storable(text: str) -> str:
    """The text without what PostgreSQL refuses: NULs go, lone surrogates become U+FFFD, and pairs
    of them the character that they stand for.

    >>> storable("a\\0b") == "ab" and storable("\\ud83d\\ude00") == "\\U0001f600"
    True
    """
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _moment(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("refused", f"{value[:40]!r} is no time with a zone") from None
