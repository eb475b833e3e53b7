"""White space as a reader sees it, and nothing that a reader does not see."""

from __future__ import annotations

import re

# HTML's own white space, the no-break space and what editors leave behind; not U+3000, which is a
# character of Chinese typography and is only taken from the ends.
_BLANKS = " \t\r\n\f\v\xa0\u2028\u2029\u202f\u205f" + "".join(map(chr, range(0x2002, 0x200B)))
_RUN = re.compile(f"[{_BLANKS}]+")
# What an emoji is made of: pictures, their skin tones, the keycap's and the flags' parts.
_EMOJI = r"\xa9\xae\u203c-\u3299\U0001f000-\U0001faff"
# Characters that show nothing and that no database wants: controls, soft hyphen, zero-width marks,
# marks that turn the direction of what follows, tags, non-characters. A joiner stays within an
# emoji, a variation selector behind a character, tags behind the black flag.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e"
    r"\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0001]"
    rf"|(?<![{_EMOJI}\ufe0f])\u200d|\u200d(?![{_EMOJI}])"
    r"|(?<![^\s])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
    r"|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007f]+"
)
# Those among them that `isprintable` lets pass.
_PRINTABLE = re.compile("[\u034f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Markup that was escaped once too often and so arrives as text.
_SCRIPT = re.compile(r"<(script|style|iframe|noscript|svg|object)\b.*?(?:</\1\s*>|$)", re.I | re.S)
_TAG = re.compile(
    r"</?(?:a|abbr|applet|article|audio|b|base|big|blockquote|body|br|button|center|code|dd|details|"
    r"div|dl|dt|em|embed|font|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|img|"
    r"input|ins|label|li|link|main|marquee|math|meta|nav|noscript|object|ol|option|p|param|pre|"
    r"s|script|section|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|"
    r"tbody|td|template|textarea|tfoot|th|thead|title|tr|tt|u|ul|video)"
    r"(?:[\s/][^<>]*)?(?:>|$)|<!--.*?(?:-->|$)",
    re.I | re.S,
)
_ENDS = _BLANKS + "\u3000"


def squeeze(text: str) -> str:
    """One line: runs of white space become one blank, none at the ends, nothing invisible, no
    markup.

    >>> squeeze("\\u3000\\u3000据网经社\\r\\n\\t了解\\xa0 5 %\\ufeff ")
    '据网经社 了解 5 %'
    >>> squeeze("李\\u3000宁")
    '李\\u3000宁'
    >>> squeeze("涨\\u202e停<script>x()</script>，毛利 <30%"), squeeze("👩\\u200d💻\\u200d")
    ('涨停，毛利 <30%', '👩\\u200d💻')
    """
    bare = text.strip(_ENDS)
    if _is_plain(text) or (_is_plain(bare) and not _PRINTABLE.search(bare)):  # nearly always
        return bare
    if "<" in text:
        text = _TAG.sub("", _SCRIPT.sub("", _INVISIBLE.sub("", text)))
    return _RUN.sub(" ", _INVISIBLE.sub("", text)).strip(_ENDS)


def _is_plain(text: str) -> bool:
    return text.isprintable() and "  " not in text and "<" not in text
