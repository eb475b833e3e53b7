"""White space as a reader sees it."""

from __future__ import annotations

import re

# HTML's own white space, the no-break space and what editors leave behind; not U+3000, which is a
# character of Chinese typography and is only taken from the ends.
_RUN = re.compile(r"[ \t\r\n\f\v\xa0\u2002-\u200a\u2028\u2029\u202f\u205f]+")
# Characters that show nothing and that no database wants: controls, zero-width marks, BOM.
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufffe\uffff\ud800-\udfff]")
_ENDS = " \u3000"


def squeeze(text: str) -> str:
    """One line: runs of white space become one blank, none at the ends, nothing invisible.

    >>> squeeze("\\u3000\\u3000据网经社\\r\\n\\t了解\\xa0 5 %\\ufeff ")
    '据网经社 了解 5 %'
    >>> squeeze("李\\u3000宁")
    '李\\u3000宁'
    """
    if text.isprintable() and "  " not in text:  # nearly always, and much quicker
        return text.strip(" ")
    return _INVISIBLE.sub("", _RUN.sub(" ", text)).strip(_ENDS)
