"""Who a page names: its source, its author and its editor, each told from the others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from ecnews.text import dates
from ecnews.text.whitespace import squeeze

_LABELS = {
    "source": "文章来源|信息来源|稿件来源|新闻来源|来源|稿源|出处|转自",
    "author": "本文作者|文章作者|作者|撰文|撰稿|采写|记者|文",
    "editor": "责任编辑|责编|编辑|审核|校对|监制|排版|出品|制图|摄影|图片|图",
    "time": "发布时间|发表时间|更新时间|发布日期|发布于|发表于|时间|日期",
    "other": "浏览次数|浏览量|浏览|阅读量|阅读|点击量|点击|评论|字体|字号|分享到|分享|收藏|打印"
    "|关键词|标签|摘要",
}
_KIND = {label: kind for kind, labels in _LABELS.items() for label in labels.split("|")}
# A label needs a colon or a bar behind it: 来源丰富 and 作者认为 are words of a sentence.
_LABEL = re.compile(
    r"(?P<label>{}|(?<![\u4e00-\u9fff])(?:文|图))\s*(?:[:：]|[/／|｜丨](?=\s*\S))\s*".format(
        "|".join(sorted((label for label in _KIND if len(label) > 1), key=len, reverse=True))
    )
)
# 分享到, 收藏 and their like also stand without a colon.
_BUTTON = re.compile(
    r"(?:分享到?|收藏|打印|字体|字号|浏览|阅读|点击|评论|我要评论|大|中|小)(?:次数|量|数)?(?:\W?\d+)?"
)
_URL = re.compile(r"(?:https?://)?(?:www\.)?[\w-]+(?:\.[\w-]+)*\.(?:cn|com|net|org)(?:/\S*)?", re.A)
_DIVIDER = re.compile(r"[ \xa0\u3000]{2,}|\s*[|｜]\s*")
# Also as a hijacked copy has it: in Traditional characters, with pinyin behind them.
_TIME_LABEL = re.compile(
    r"\s*(?:[发發]P?[布表]|更新)?P?(?:[时時]P?[间間]P?|日期|于)\s*[:：]?\s*$|^\s*来源\s".replace(
        "P", r"(?:\([^()]{1,8}\))"
    )
)
_BRACKETS = "()（）[]【】<>《》"
_ENDS = " \u3000|｜丨/／,，;；:：·-—*" + _BRACKETS
# A paragraph that is nothing but a byline.
_BYLINE_LENGTH = 48
_NAME_LENGTH = 30


@dataclass(frozen=True, slots=True)
class Byline:
    """What a line names; None where it names none."""

    source: str | None = None
    author: str | None = None
    editor: str | None = None


@lru_cache(maxsize=16)  # source and author each ask for the same line
def read(line: str) -> Byline:
    """The names in a line with the time; inline elements may be divided by line breaks.

    Without a label, what stands before the time is the source, or else what stands behind it.

    >>> read("网经社发布时间：2026年01月21日 14:57:28")
    Byline(source='网经社', author=None, editor=None)
    >>> read("http://www.100ec.cn  2015年03月10日08:50  来源：亿邦动力 作者：李明 责编：王芳")
    Byline(source='亿邦动力', author='李明', editor='王芳')
    """
    named = _labelled(line)
    if "source" not in named and (when := dates.find(line)):
        named |= _bare_source(line[: when.start()]) or _bare_source(line[when.end() :])
    source, author = named.get("source"), named.get("author")
    # A house that signs its own article is its source.
    return Byline(source, author if author != source else None, named.get("editor"))


def author(paragraph: str) -> str | None:
    """The author that a paragraph names which is nothing but a byline, else None.

    >>> author("文/张三"), author("（责任编辑：李四）"), author("文丨王五 编辑丨李四")
    ('张三', None, '王五')
    >>> author("作者：认为平台应当承担责任的人不在少数，但也有人反对，理由是成本。")
    """
    return _labelled(paragraph).get("author") if is_byline(paragraph) else None


def has_label(line: str) -> bool:
    """Whether a line names anything by a label.

    >>> has_label("发布时间：2026年01月21日"), has_label("今天是2026年01月21日 08:00")
    (True, False)
    """
    return _LABEL.search(line) is not None


def is_byline(paragraph: str) -> bool:
    """Whether a paragraph is nothing but labels and names."""
    start = paragraph.lstrip(_BRACKETS + " \u3000")
    return (
        len(paragraph) <= _BYLINE_LENGTH
        and _LABEL.match(start) is not None
        and not any(mark in start for mark in "。！？")
    )


def _labelled(line: str) -> dict[str, str]:
    """kind -> the value behind its first label in the line."""
    named: dict[str, str] = {}
    labels = list(_LABEL.finditer(line))
    for match, following in zip_longest(labels, labels[1:]):
        end = following.start() if following else len(line)
        if value := _value(line[match.end() : end]):
            named.setdefault(_KIND[match["label"]], value)
    return named


def _value(text: str) -> str | None:
    if when := dates.find(text):
        text = text[: when.start()]
    # Two blanks or a bar divide what is set on one line; buttons may follow the last name.
    words = squeeze(_DIVIDER.split(text.strip())[0]).strip(_ENDS).split(" ")
    while len(words) > 1 and _BUTTON.fullmatch(words[-1].strip(_ENDS)):
        words.pop()
    name = " ".join(words).strip(_ENDS)
    return name if 0 < len(name) <= _NAME_LENGTH else None


def _bare_source(text: str) -> dict[str, str]:
    first_label = _LABEL.search(text)
    text = _URL.sub(" ", text[: first_label.start()] if first_label else text)
    text = _TIME_LABEL.sub("", text)
    value = _value(text)
    return {"source": value} if value and not _BUTTON.fullmatch(value) else {}
