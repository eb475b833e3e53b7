"""What of the blocks of an article is the article: each block kept, or removed by a named rule."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ecnews.items import Removed
from ecnews.text import boilerplate, spam
from ecnews.text.boilerplate import Rule
from ecnews.text.spam import Spam

# What no words tell: blocks that are nothing but links.
_ARTICLE_LINKS = ("navigation", "article-links")
_FOREIGN_LINKS = ("navigation", "foreign-links")
_SENTENCE = re.compile(r"[。！？；]|，.{4,}，")
_ENTRY = 60  # characters of an entry in a list of articles
_CAPTION = 20  # characters of a caption or a heading
_MORE = 2.0  # so many times the length of what follows the article has to have


@dataclass(frozen=True, slots=True)
class Hidden:
    """A text that a browser does not show: how many blocks stand before it, how it is hidden."""

    before: int
    way: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A block or a part of one: kept as it is (`removed` is None), or removed. `at` is the position
    of the block, of a hidden text that of the block behind it."""

    at: int
    text: str
    removed: Removed | None = None


@dataclass(frozen=True, slots=True)
class Cleaned:
    """All `lines` in order; `end`: how many blocks stand before what is behind the article."""

    lines: list[Line]
    end: int

    @property
    def kept(self) -> list[str]:
        return [line.text for line in self.lines if not line.removed]

    @property
    def own(self) -> list[str]:
        """What is kept, and the lines that say who wrote it."""
        return [
            line.text for line in self.lines if not line.removed or line.removed.kind == "byline"
        ]

    @property
    def removed(self) -> list[Removed]:
        return [line.removed for line in self.lines if line.removed]


def clean(
    blocks: Sequence[str],
    links: Collection[int] = (),
    foreign: Collection[int] = (),
    hidden: Sequence[Hidden] = (),
) -> Cleaned:
    """Takes spam, boilerplate and hidden texts out of the blocks of an article. `links` and
    `foreign` are the positions of blocks that are nothing but links, to other articles and to
    hosts that are none of the site's.

    >>> cleaned = clean(["正文一。", "平台名称", "正文二。", "微信公众号"])
    >>> cleaned.kept, cleaned.end
    (['正文一。', '平台名称', '正文二。'], 3)
    >>> [(block.kind, block.rule, block.text) for block in cleaned.removed]
    [('caption', 'qr-caption', '微信公众号')]
    """
    known = boilerplate.match(blocks)
    # A caption that a rule knows has no room for spam.
    cuts = spam.find(
        [
            "" if rule and len(block) <= _CAPTION else block
            for block, rule in zip(blocks, known, strict=True)
        ]
    )
    whole = {i for i, cut in cuts.items() if not cut.kept}
    end, closing = _end(blocks, known, {*links, *foreign, *whole})
    start = _start(known, whole)
    lines: list[Line] = []
    waiting = list(hidden)
    for i, (block, rule) in enumerate(zip(blocks, known, strict=True)):
        while waiting and waiting[0].before <= i:
            lines.append(_hidden_line(waiting.pop(0)))
        placed = rule and (
            i >= end or rule.where == "anywhere" or (rule.where == "edge" and i < start)
        )
        # What a rule knows is no guess; spam may have been set around it.
        if rule and placed and (i not in cuts or i in whole):
            own = boilerplate.own_part(block, rule)
            lines += [Line(i, own.rstrip())] if own else []
            gone = block[len(own) :]
            lines.append(Line(i, gone, Removed(rule.kind, rule.id, gone)))
        elif i in cuts:
            lines += _cut_lines(i, block, cuts[i])
        elif i < end:
            lines.append(Line(i, block))
        elif i in links:
            lines.append(Line(i, block, Removed(*_ARTICLE_LINKS, block)))
        elif i in foreign:
            lines.append(Line(i, block, Removed(*_FOREIGN_LINKS, block)))
        else:
            assert closing is not None
            lines.append(Line(i, block, Removed(closing.kind, closing.id, block)))
    return Cleaned([*lines, *map(_hidden_line, waiting)], end)


def of_spam(found: Spam, text: str, place: str = "") -> Removed:
    """The finding for a spam text; `place` says where it stood if not among the blocks."""
    why = f"{place}: {found.why}" if place else found.why
    return Removed("spam", found.stock, text, found.score, why)


def _end(
    blocks: Sequence[str], known: Sequence[Rule | None], gone: Collection[int]
) -> tuple[int, Rule | None]:
    """How many blocks there are before what stands behind the article, and the heading that
    accounts for what follows it without a rule of its own."""
    end, closing = len(blocks), None
    for i, rule in enumerate(known):
        if rule and rule.where == "end":
            before, behind = sum(map(len, blocks[:i])), sum(map(len, blocks[i:]))
            if before >= _MORE * behind:
                end, closing = i, rule
                break
    while end and (known[end - 1] or end - 1 in gone):
        end -= 1
    for i in range(end - 1, -1, -1):
        rule = known[i]
        if rule and rule.where == "list":
            end, closing = i, closing or rule
        elif not (rule or i in gone or _is_entry(blocks[i])):
            break
    while end and (known[end - 1] or end - 1 in gone):
        end -= 1
    return end, closing


def _start(known: Sequence[Rule | None], gone: Collection[int]) -> int:
    """How many blocks stand before the article that are none of it."""
    for i, rule in enumerate(known):
        if i not in gone and not (rule and rule.where in ("anywhere", "edge")):
            return i
    return len(known)


def _is_entry(block: str) -> bool:
    return len(block) <= _ENTRY and not _SENTENCE.search(block)


def _cut_lines(at: int, block: str, cut: spam.Cut) -> list[Line]:
    """What was cut off the beginning stands before what is kept, the rest behind."""
    lines = [Line(at, text, of_spam(found, text)) for text, found in cut.removed]
    if not cut.kept:
        return lines
    kept_at = block.find(cut.kept)
    before = [line for line in lines if block.find(line.text) < kept_at]
    return [*before, Line(at, cut.kept), *(line for line in lines if line not in before)]


def _hidden_line(block: Hidden) -> Line:
    if found := spam.judge(block.text):
        return Line(block.before, block.text, of_spam(found, block.text, f"hidden by {block.way}"))
    return Line(block.before, block.text, Removed("hidden", block.way, block.text))
