"""The text of a page, its encoding decided from its bytes.

Labels are wrong too often to be asked: the site was in GBK until about 2016 and is in UTF-8 since,
and pages of both kinds are served with the label of the other, or with none.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

_HIGH = re.compile(rb"[\x80-\xff]+")
# Well-formed sequences, and one that the end cuts off.
_UTF8 = re.compile(
    rb"[\xc2-\xdf](?:[\x80-\xbf]|\Z)"
    rb"|[\xe0-\xef](?:[\x80-\xbf]{2}|[\x80-\xbf]?\Z)"
    rb"|[\xf0-\xf4](?:[\x80-\xbf]{3}|[\x80-\xbf]{0,2}\Z)"
)
# A page of Chinese whose UTF-8 was cut or spoilt in places still has nearly all its bytes in
# sequence; GBK text has about a third by accident.
_MOSTLY = 0.9
_AROUND = 1024  # bytes before and behind the first that is no UTF-8: enough to tell, and quick


def decode(body: bytes) -> str:
    """UTF-8 where the bytes are, else GB18030 (which holds GBK and GB2312); a byte order mark is
    believed. Bytes that do not fit become U+FFFD; never raises.

    >>> decode("网经社讯".encode("gbk")), decode("网经社讯".encode())
    ('网经社讯', '网经社讯')
    >>> decode("网经社讯".encode()[:-1])
    '网经社�'
    """
    return decoded(body)[0]


def decoded(body: bytes) -> tuple[str, bytes]:
    """The same, and as UTF-8, which most bodies are already."""
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        text = body.decode("utf-16", errors="replace")
        return text, text.encode()
    body = body.removeprefix(BOM_UTF8)
    try:
        return body.decode(), body
    except UnicodeDecodeError as error:
        around = body[max(0, error.start - _AROUND) : error.start + _AROUND]
        codec = "utf-8" if _utf8_share(around) >= _MOSTLY else "gb18030"
        text = body.decode(codec, errors="replace")
        return text, text.encode()


def _utf8_share(body: bytes) -> float:
    """The share of the non-ASCII bytes that stand in well-formed UTF-8 sequences."""
    high = sum(map(len, _HIGH.findall(body)))
    return sum(map(len, _UTF8.findall(body))) / high
