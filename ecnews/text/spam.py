"""Keyword spam: what a hijacked page sets before, behind and into its articles, title and tags.

A text is judged by three things that add up: the words of spam's trades and of reporters
(`stocks.py`), how much its runs of characters sound like either, and its shape (`likeness.py`); all
of them on a text that `folding.py` made plain.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from ecnews.text import likeness
from ecnews.text.folding import closed_up, fold, plain
from ecnews.text.stocks import Hit, hits, rules

# Where a text can be cut in two: behind a sentence, and where a keyword line sets its bars.
_CUT = re.compile(r"(?<=[。！？；!?])|(?<=[|｜丨¦_\s\-—–])(?=[^|｜丨¦_\s\-—–])")
_SENTENCE_END = re.compile(r"[。！？!?…][”’」』）)]*$")
_DIVIDER = re.compile(r"[|｜丨¦_,，、;；/\\·•\s\-—–]+")
_BAR = re.compile(r"[|｜丨¦_]")
_MARK = re.compile(r"[。！？；“”‘’：《》]")
_EDGE = " |｜丨¦_-—–,，、/\u3000"
_LEAST = 4  # characters of a text that can be spam
_PIECES = 3  # blocks of a phrase each, in a row, that can be a keyword line
_PHRASE = 24  # characters of a block that holds one phrase
_PROSE = 20  # characters from which on a text that ends as a sentence does is prose
_FOREIGN = re.compile(
    "[\u0400-\u04ff\u0e00-\u0e7f\u3040-\u30ff\uac00-\ud7af]"
)  # letters of no article
_SHAPE_ADDS = 8.0  # more than the shape of a text can make up for
# What has to speak for spam before a text that is no prose is looked at, the more the longer it is.
_HINT, _HINT_A_CHARACTER, _MOST_HINT = 0.4, 0.035, 2.5
_SHOWN = 6  # words named in a finding
_POSITIVE = (0.0).__lt__
_UNNAMED = "phrases"  # the rule of a finding in which no stock has a word


@dataclass(frozen=True, slots=True)
class Spam:
    """Why a text is spam: the stock that gave most, the sum, and the reasons."""

    stock: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left of a text, and what was cut off it; `kept` is empty where all of it is spam."""

    kept: str
    removed: tuple[tuple[str, Spam], ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A text made plain, the words in it, what its runs add, and what words and runs come to."""

    folded: str
    hits: list[Hit]
    runs: Mapping[str, float]
    sums: Mapping[str, float]

    @property
    def sound(self) -> float:
        return sum(self.sums.values())


def judge(text: str) -> Spam | None:
    """Whether a text of any length is spam as a whole.

    >>> judge("日韩高清无码|国产精品久久|成人在线免费看").stock
    'porn'
    >>> judge("国产美妆|日韩护肤|欧美彩妆|精品女装")
    >>> judge("警方通报：该网站以“无码”“成人视频”等词引流。")
    """
    read = _read(text)
    if len(text) < _LEAST or not _has_evidence(read) or read.sound < -_SHAPE_ADDS:
        return None
    parts = {**read.sums, **likeness.traits(text, read.folded)}
    total = sum(parts.values())
    if total < rules().score["spam"]:
        return None
    return Spam(_stock_of(read.hits), round(total, 1), _why(read, parts))


def find(texts: Sequence[str], *, titles: bool = False) -> dict[int, Cut]:
    """What spam there is in texts, by position: whole ones, and parts at either end of one. A title
    that a keyword line has borrowed goes with the line, unless the texts are `titles` themselves.
    """
    prose: list[int] = []
    others: list[int] = []
    for i, text in enumerate(texts):
        (prose if _is_prose(text) else others).append(i)
    folded = dict(zip(others, plain([texts[i] for i in others]), strict=True))
    hints = {others[at]: hint for at, hint in likeness.hints([*folded.values()]).items()}
    told = _told({i: texts[i] for i in prose} | folded)
    found = {}
    for i in sorted({*told, *_hinted(texts, others, hints)}):
        cut = _cut(texts[i], titles)
        if cut.removed:
            found[i] = cut
    for run in _runs(texts, hints):
        if spam := judge("|".join(texts[i] for i in run)):
            found |= {i: Cut("", ((texts[i], spam),)) for i in run if _read(texts[i]).sound > 0}
    return found


def _told(texts: Mapping[int, str]) -> Collection[int]:
    """Positions of the texts that hold words of spam; most articles have none."""
    at = list(texts)
    matches = rules().telling.find_matches_as_indexes("\n".join(texts.values()))
    starts = list(accumulate((len(text) + 1 for text in texts.values()), initial=0))
    return {at[bisect_right(starts, start) - 1] for _, start, _ in matches}


def _hinted(
    texts: Sequence[str], others: Sequence[int], hints: Mapping[int, float]
) -> Iterator[int]:
    """Which of the texts that are no prose have enough that sounds like spam to be looked at."""
    for i in others:
        least = min(_HINT + len(texts[i]) * _HINT_A_CHARACTER, _MOST_HINT)
        if hints.get(i, 0.0) >= least or _FOREIGN.search(texts[i]):
            yield i


def _is_prose(text: str) -> bool:
    return len(text) > _PROSE and text[-1] in "。！？”"


def _runs(texts: Sequence[str], hints: Mapping[int, float]) -> Iterator[list[int]]:
    """Positions of short texts in a row, no sentence among them, that sound like spam: a keyword
    line that has a block for each phrase."""
    hinted = {i for i, hint in hints.items() if hint >= _HINT}
    if len(hinted) < 2:
        return
    run: list[int] = []
    for i, text in enumerate((*texts, "。")):
        if len(text) <= _PHRASE and not _MARK.search(text):
            run.append(i)
        else:
            if len(run) >= _PIECES and len(hinted.intersection(run)) >= 2:
                yield run
            run = []


def cut(text: str) -> Cut:
    """Takes spam off the ends of a title or a paragraph, or all of it.

    >>> cut("淘宝天猫宣布四大举措_国产精品久久|日韩无码|91视频").kept
    '淘宝天猫宣布四大举措'
    """
    return find([text], titles=True).get(0, Cut(text, ()))


def without_phrases(words: Sequence[str]) -> list[str]:
    """The keywords that are no phrases of spam; all of them where together they are none.

    >>> without_phrases(["直播", "日韩无码", "成人视频在线", "淘宝"]), without_phrases(["成人教育"])
    (['直播', '淘宝'], ['成人教育'])
    """
    if not judge("|".join(words)):
        return list(words)
    return [word for word in words if _gain(word) <= 0]


def telling_words() -> list[str]:
    """The words of which a few are enough to look closer; those in Latin letters, which stand in
    any script, left out."""
    rules_ = rules()
    least = rules_.score["medium"]
    return [
        word
        for word, weight in zip(rules_.words, rules_.weights, strict=True)
        if weight >= least and not word.isascii()
    ]


@lru_cache(maxsize=64)
def _read(text: str) -> _Read:
    folded = closed_up(fold(text))
    found, runs = hits(folded), likeness.runs(folded)
    return _Read(folded, found, runs, {**_words(found), "phrases": sum(runs.values())})


def _has_evidence(read: _Read) -> bool:
    """Whether there is enough that speaks for spam to ask what speaks against."""
    told = read.sums["telling words"]
    return told + sum(filter(_POSITIVE, read.runs.values())) >= rules().score["evidence"]


def _words(found: list[Hit]) -> dict[str, float]:
    """What the words of the stocks add, and those of reporters take off."""
    rules_, score = rules(), rules().score
    weights = [rules_.weights[hit.word] for hit in found]
    evidence = min(score["most"], sum(w for w in weights if w >= score["medium"]))
    weak = sum(w for w in weights if 0 < w < score["medium"])
    return {
        "telling words": evidence,
        "common words": min(weak, evidence, score["most"] / 3),  # only to what others tell
        "a reporter's words": sum(w for w in weights if w < 0),
    }


def _stock_of(found: list[Hit]) -> str:
    rules_ = rules()
    given: Counter[str] = Counter()
    for hit in found:
        if stock := rules_.stock_of[hit.word]:
            given[stock] += rules_.weights[hit.word]  # type: ignore[assignment]
    return given.most_common(1)[0][0] if given else _UNNAMED


def _why(read: _Read, parts: Mapping[str, float]) -> str:
    rules_ = rules()
    told = sorted(
        {hit.word for hit in read.hits if rules_.weights[hit.word] > rules_.score["weak"]},
        key=lambda word: -rules_.weights[word],
    )
    words = [rules_.words[word] for word in told[:_SHOWN]]
    words += [f"({run})" for run in likeness.strongest(read.runs, _SHOWN)]
    sums = (f"{name} {value:+.1f}" for name, value in parts.items() if abs(value) >= 0.05)
    return f"{' '.join(words)}; {', '.join(sums)}"


_BY_CHANCE = 0.25  # what a character adds that stands in no spam
# A text without a sentence's end is a title from so many characters on, and if it takes off more.
_HEADLINE, _HEADLINE_LOSS = 8, 0.8
_HONEST = 1.5  # what a text that is none of spam takes off the score at least


def _cut(text: str, is_title: bool) -> Cut:
    """Cuts off the end or the beginning that is spam on its own, where what is left is not; takes
    all of it where nothing honest is left."""
    if not _has_evidence(_read(text)):
        return Cut(text, ())
    whole = judge(text)
    bounds = _bounds(text)
    units = [text[a:b] for a, b in pairwise(bounds)]
    hints = likeness.hints(plain(units))
    if not whole and max(hints.values(), default=0.0) < _HINT:
        return Cut(text, ())
    head, tail = _best(map(_gain, units)), _best(map(_gain, units[::-1]))
    kept_from, kept_to = bounds[head], bounds[len(units) - tail]
    if 0 < head + tail < len(units) and _is_honest(text, kept_from, kept_to, whole, is_title):
        removed = []
        for a, b in ((0, kept_from), (kept_to, len(text))):
            spam = judge(text[a:b])
            if spam and (whole or spam.score >= rules().score["part"]):
                removed.append((text[a:b].strip(_EDGE), spam))
            elif a == 0:
                kept_from = 0
            else:
                kept_to = len(text)
        if removed:
            return Cut(text[kept_from:kept_to].strip(_EDGE), tuple(removed))
    return Cut("", ((text, whole),)) if whole else Cut(text, ())


def _bounds(text: str) -> list[int]:
    """Where a text can be cut, its ends included; not between characters that stand alone."""
    starts = [m.start() for m in _CUT.finditer(text) if 0 < m.start() < len(text)]
    bounds = [0, *starts, len(text)]
    alone = [len(_DIVIDER.sub("", text[a:b])) <= 1 for a, b in pairwise(bounds)]
    return [
        at for i, at in enumerate(bounds) if not (0 < i < len(alone) and alone[i] and alone[i - 1])
    ]


def _is_honest(text: str, start: int, end: int, whole: Spam | None, is_title: bool) -> bool:
    """Whether what is left between the cuts stands on its own: where the whole is no spam, anything
    does; else a sentence, or a title if it is one or most of the text."""
    may_be_title = is_title or 2 * (end - start) >= len(text)
    left = text[start:end].strip(_EDGE)
    if not left or judge(left):
        return False
    if whole is None:
        return True
    gain = _gain(left)
    if not is_title:
        gain += _BY_CHANCE * len(left)
    if _SENTENCE_END.search(left):
        return gain <= -_HONEST
    if not is_title and _BAR.search(left):
        return False
    longest = max(map(len, _DIVIDER.split(left)))
    return may_be_title and longest >= _HEADLINE and gain <= -_HEADLINE_LOSS


@lru_cache(maxsize=64)  # most parts are asked for from either end
def _gain(unit: str) -> float:
    """What a part of a text has of spam beyond what its length can have by chance; the shape of
    the whole left aside."""
    read = _read(unit)
    shape = likeness.traits(unit, read.folded)
    marks = sum(value for name, value in shape.items() if name not in likeness.OF_WHOLE)
    return read.sound + marks - _BY_CHANCE * len(read.folded)


def _best(gains: Iterable[float]) -> int:
    """How many of the first gains add up to most, before a loss that an honest text makes."""
    best, most, total = 0, 0.0, 0.0
    for i, gain in enumerate(gains, 1):
        total += gain
        if total > most:
            best, most = i, total
        elif total < most - _HONEST:
            break
    return best
