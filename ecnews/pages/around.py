"""What stands on a page around its article: spam and the publisher's own texts are accounted for,
the rest (menus, lists, footers) is the page's."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind
from lxml import etree

from ecnews.items import Removed
from ecnews.pages import blocks
from ecnews.pages.blocks import Blocks
from ecnews.pages.document import Document
from ecnews.text import boilerplate, cleaning, spam
from ecnews.text.cleaning import Cleaned, Line

# Of the page's own texts those that follow an article wherever they are set.
_KINDS = frozenset(("blurb", "notice", "widget", "caption"))

_WORDS = 2
_WIDER = 1.25  # times an article's own length that it may take up on the page, blanks included

_string = etree.XPath("string(.)", smart_strings=False)
_page_title = etree.XPath("string(/html/head/title)", smart_strings=False)
_metas = etree.XPath(
    "/html/head/meta[@name='keywords' or @name='Keywords' or @name='description'"
    " or @name='Description' or starts-with(@property, 'og:')][@content]"
)


@dataclass(frozen=True, slots=True)
class PageLine:
    """A block of the page as it was judged; `own` if it is of the article's part."""

    line: Line
    own: bool


def in_text(page: Document, read: Blocks, cleaned: Cleaned) -> list[Removed]:
    """What was removed of a page's text, in order: before, in and behind the article, which was
    `read` and `cleaned`."""
    if not _says_more(page.root, read.texts):
        return cleaned.removed
    return [found.line.removed for found in lines(page, read, cleaned) if found.line.removed]


def in_tags(page: Document, read: Blocks) -> list[Removed]:
    """Spam that is no text: in <title>, the meta tags and what stands for images."""
    said = [("<title>", _page_title(page.root))]
    said += [
        (f"<meta {meta.get('name') or meta.get('property')}>", meta.get("content") or "")
        for meta in _metas(page.root)
    ]
    said += [("alt", alt) for alt in dict.fromkeys(read.alts)]
    cuts = spam.find([text for _, text in said], titles=True)
    return [
        cleaning.of_spam(found, part.strip(), said[i][0])
        for i, cut in sorted(cuts.items())
        for part, found in cut.removed
    ]


def lines(page: Document, read: Blocks, cleaned: Cleaned) -> Iterator[PageLine]:
    """All blocks of the page in order, the article's as they were judged."""
    body = page.root.find("body")
    whole = blocks.read_one(page.root if body is None else body)
    own = deque(cleaned.lines)
    judged = _judged(whole, cleaned.lines)
    first, at = _place(whole.texts, read.texts), 0
    for i, text in enumerate(whole.texts):
        if i >= first and at < len(read.texts) and text == read.texts[at]:
            while own and own[0].at <= at:
                yield PageLine(own.popleft(), True)
            at += 1
            next(judged)
        else:
            yield PageLine(next(judged), False)
    yield from (PageLine(line, True) for line in own)
    yield from (PageLine(line, False) for line in judged)


def _judged(whole: Blocks, own: Iterable[Line]) -> Iterator[Line]:
    """Each block of the page, judged as one outside the article; then what is hidden spam."""
    known = boilerplate.match(whole.texts)
    cuts = spam.find(whole.texts)
    for i, (text, rule) in enumerate(zip(whole.texts, known, strict=True)):
        finding = None
        if i in cuts:
            parts = cuts[i].removed  # at either end of a title, or all of it
            finding = cleaning.of_spam(parts[0][1], " ".join(part for part, _ in parts))
        elif rule and rule.kind in _KINDS:
            finding = Removed(rule.kind, rule.id, text)
        yield Line(i, text, finding)
    accounted = {line.text for line in own if line.removed}
    for hidden in whole.hidden:
        if hidden.text not in accounted and (unseen := spam.judge(hidden.text)):
            way = f"hidden by {hidden.way}"
            yield Line(hidden.before, hidden.text, cleaning.of_spam(unseen, hidden.text, way))


def _place(page: Sequence[str], texts: Sequence[str]) -> int:
    """Where the article's blocks begin among the page's: where most of them follow."""
    best, most = len(page), 0
    for start, text in enumerate(page):
        if texts and text == texts[0]:
            same = sum(a == b for a, b in zip(page[start:], texts, strict=False))
            if same > most:
                best, most = start, same
    return best


def _says_more(root: etree._Element, texts: Sequence[str]) -> bool:
    """Whether there can be anything to account for besides the article's own blocks; a word alone
    stands in many a menu."""
    page, own = _string(root), "\n".join(texts)
    start, end = (page.find(texts[0]), page.rfind(texts[-1])) if texts else (-1, -1)
    if 0 <= start < end <= start + _WIDER * len(own):  # nothing else within the article
        page = f"{page[:start]}\n{page[end:]}"
        own = texts[-1]
    words = _probe().find_matches_as_strings(page)
    return len(words) - sum(map(own.count, set(words))) >= _WORDS


@cache
def _probe() -> AhoCorasick:
    return AhoCorasick(
        dict.fromkeys((*spam.telling_words(), *boilerplate.telling_words())),
        matchkind=MatchKind.LeftmostLongest,
        implementation=Implementation.DFA,
    )
