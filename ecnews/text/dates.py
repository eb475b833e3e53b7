"""Points in time as the site writes them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo

# 2015年03月10日08:50, 2026年01月21日 14:57:28, 2018-08-15 10:05, 2018/8/15 10:05:21, 2018.8.15
_MOMENT = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)\s*(?:年|[-/.])\s*(?P<month>\d{1,2})\s*(?:月|[-/.])\s*"
    r"(?P<day>\d{1,2})(?!\d{3})(?:\s*日)?"
    r"(?:[\sT]*(?P<hour>\d{1,2})\s*[:：时]\s*(?P<minute>\d{2})(?:\s*[:：分]\s*(?P<second>\d{2}))?)?"
)
# Alone in its element: (15-03-10), (03-10), 2026-01-21, 2026年1月21日, 2026-01-21 14:57
_LIST_DATE = re.compile(
    r"\s*[(（\[]?\s*(?:(?P<year>\d{4}|\d{2})[-/.年])?(?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?"
    r"(?:\s+\d{1,2}[:：]\d{2}(?:[:：]\d{2})?)?\s*[)）\]]?\s*"
)


def find(text: str) -> re.Match[str] | None:
    """The first point in time in `text` that has a time of day, else the first date, else None.

    >>> find("网经社发布时间：2026年01月21日 14:57:28")[0]
    '2026年01月21日 14:57:28'
    >>> find("2015-03-01 http://www.100ec.cn 2015年03月10日08:50 来源")[0]
    '2015年03月10日08:50'
    """
    first = None
    for match in _MOMENT.finditer(text):
        if match["hour"]:
            return match
        first = first or match
    return first


def moment(text: str, zone: tzinfo) -> str | None:
    """The point in time in `text` as ISO 8601 with the offset of `zone`; None if there is none.

    What the page does not say is zero.

    >>> from datetime import timezone
    >>> moment("2015年03月10日08:50", timezone(timedelta(hours=8)))
    '2015-03-10T08:50:00+08:00'
    >>> moment("2015年13月10日08:50", timezone(timedelta(hours=8)))
    """
    match = find(text)
    if not match:
        return None
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        found = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    return found.isoformat()


def list_date(text: str, today: date) -> date | None:
    """The day that a list page gives an article: `(15-03-10)`, `2026-01-21` or `(03-10)`.

    Without a year it is the last such day up to tomorrow (clocks differ).

    >>> list_date("(15-03-10)", date(2026, 1, 5)), list_date("(12-31)", date(2026, 1, 5))
    (datetime.date(2015, 3, 10), datetime.date(2025, 12, 31))
    >>> list_date("增长10-20%", date(2026, 1, 5))
    """
    match = _LIST_DATE.fullmatch(text)
    if not match:
        return None
    year, month, day = (int(match[part] or 0) for part in ("year", "month", "day"))
    if 0 < year < 100:
        year += 2000
    try:
        found = date(year or today.year, month, day)
        if not year and found > today + timedelta(days=1):
            found = found.replace(year=today.year - 1)
    except ValueError:  # 02-30, and 02-29 where the year is not known
        return None
    return found
