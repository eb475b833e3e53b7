"""Whether two texts tell the same story, or merely look alike.

A copy keeps the figures, dates and names of its original; what is edited in it lies anywhere. Of
two texts from one formula (the flash of each month, a list of prices, the report of each company)
the words stay, and the figures, dates and names change. So each figure of the part in common is
weighed: how likely is what became of it if characters change as often as in the words around it,
and how likely if it was drawn anew? Sums of logarithms decide, as in naive Bayes.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files

from rapidfuzz.distance import Levenshtein

from ecnews.text import figures
from ecnews.text.align import Alignment, Change, align
from ecnews.text.figures import Piece
from ecnews.text.fingerprint import folded

LEAST_BODY = 80  # characters; a shorter body is compared exactly

_TELLING = 20  # characters; below it a body alone tells no story ("See the table.")
_LEAST_COVERED = 0.55  # of one of the texts that the other must have
_WITHOUT_LEAD = 0.8  # the same where neither lead nor title is in common, as in a company's reports
_LEAST_OF_LONGER = 0.5  # of the other, unless both begin alike or have one title
_NOISE = (0.0005, 0.2)  # share of edited characters: a slip of the pen at least
_KEPT = 0.6  # of the figures of a formula that stay from one text to the next
_MOST_FOR_FIGURES = 2.5  # figures that stayed may be the formula's own
_MOST_FOR_EDITS = 8.0
_SCATTERED = 0.3  # for each character edited alone
_NAME, _NAME_OF_TITLE = -2.0, -5.0  # for each that was replaced in several places
_LEAST_SCORE = 0.0


@dataclass(frozen=True)
class Told:
    """A text made ready for comparison."""

    title: str
    body: str

    @cached_property
    def sentences(self) -> list[Piece]:
        return list(figures.pieces(self.body))

    @cached_property
    def headline(self) -> list[Piece]:
        return list(figures.pieces(self.title))

    @cached_property
    def text(self) -> str:
        return "".join(piece.plain for piece in (*self.headline, *self.sentences))

    @cached_property
    def exact(self) -> bytes:
        return folded(self.body).tobytes()

    @cached_property
    def figures(self) -> set[str]:
        return {figure for piece in self.sentences for figure in piece.figures}


def same(ours: Told, theirs: Told) -> bool:
    """Whether one is a copy of the other: exactly for short bodies, else by weighing."""
    if ours.exact == theirs.exact:
        return (
            len(ours.body) >= _TELLING
            or folded(ours.title).tobytes() == folded(theirs.title).tobytes()
        )
    if min(len(ours.body), len(theirs.body)) < LEAST_BODY:
        return False
    common, titles = align(ours.sentences, theirs.sentences), align(ours.headline, theirs.headline)
    if not _enough(common, bool(titles.leads)):
        return False
    return score(ours, theirs, common, titles) >= _LEAST_SCORE


def _enough(common: Alignment, titled: bool) -> bool:
    """Whether the texts have enough in common to be one; `titled`: their titles are alike."""
    known = titled or common.leads
    if max(common.covered) < (_LEAST_COVERED if known else _WITHOUT_LEAD):
        return False
    # A story that stands in a longer text, among others, is not that text.
    return min(common.covered) >= _LEAST_OF_LONGER or titled or common.leads == 2


def score(ours: Told, theirs: Told, common: Alignment, titles: Alignment) -> float:
    """Above 0 where a copy is likelier, in natural logarithms of odds."""
    low, high = _NOISE
    noise = min(max(common.edited / (common.length + 40), low), high)
    kept = changed = 0.0
    for change in common.figures:  # those of a title stand in the body as well
        if change.before == change.after:
            kept += _weight(change, noise)
        elif not (change.before in theirs.figures and change.after in ours.figures):
            changed += _weight(change, noise)
    words = _words(ours, theirs, common.words, titles.words)
    return min(kept, _MOST_FOR_FIGURES) + changed + min(words, _MOST_FOR_EDITS)


def _words(ours: Told, theirs: Told, body: Counter[Change], title: Counter[Change]) -> float:
    """What the words say that were replaced: edits lie scattered, most of them one character long;
    a name is replaced wherever it stands."""
    alone = once = 0
    weight = 0.0
    for change, times in (body + title).items():
        before, after = change
        size = max(len(before), len(after))
        alone += times == size == 1
        if not before or not after or (before in _paraphrases() and after in _paraphrases()):
            continue
        if size == 1:  # of 襄阳 and 绵阳 one character differs
            if times > 1:
                weight += _NAME_OF_TITLE if change in title else _NAME
        elif before not in theirs.text and after not in ours.text:
            if min(ours.text.count(before), theirs.text.count(after)) == 1:
                once += 1
            else:
                titled = before in ours.title and after in theirs.title
                weight += _NAME_OF_TITLE if titled else _NAME
    # One word may be an editor's, and of many scattered edits some touch.
    return weight + _SCATTERED * alone - max(0.0, once - 1 - alone / 4)


@lru_cache(1024)
def _odds(length: int, changed: int, noise: float) -> float:
    """Log of how much likelier so many changed characters of a figure are in an edited copy than in
    another text of the formula."""
    if not changed:
        return length * math.log(1 - noise) - math.log(_KEPT)
    copied = math.comb(length, changed) * noise**changed * (1 - noise) ** (length - changed)
    anew = 1.0 if length == 1 else 0.5 if changed == length else 0.5 / (length - 1)
    return math.log(copied / ((1 - _KEPT) * anew))


def _weight(change: Change, noise: float) -> float:
    before, after = change
    if before == after:
        return _odds(len(before), 0, noise)
    # A character put into a figure leaves a part of it: one edit.
    divided = before.startswith(after) or before.endswith(after)
    divided |= after.startswith(before) or after.endswith(before)
    changed = 1 if divided else Levenshtein.distance(before, after)
    return _odds(max(len(before), len(after)), changed, noise)


@cache
def _paraphrases() -> frozenset[str]:
    data = files("ecnews.text.rules").joinpath("paraphrase.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(data)["words"].split())
