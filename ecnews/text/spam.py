"""Keyword spam: what a hijacked page sets before, behind and into its articles, title and tags.

A line is judged by its words and its shape together: how much of it the stocks of `rules/spam.toml`
cover, what stands between, whether it is a list of short pieces, whether it repeats itself.
Reporters use the same words, in sentences and beside words of their own; those speak against.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise
from typing import Any

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from ecnews.errors import DataFileError

_FILE = "spam.toml"
_LEVELS = ("strong", "medium", "weak")
_STOCK_KEYS = {"id", "since", "why", *_LEVELS, "yes", "no"}
_SCORE_KEYS = {
    *_LEVELS, "shell", "against", "other", "function", "mark",
    "closed", "list", "repeated", "contact", "spam", "evidence",
}  # fmt: skip

_DIVIDER = re.compile(r"[|｜丨¦_,，、;；/\\·•★☆※◆●■#＃~～+＋…\s—–=<>《》【】\[\]()（）-]+")
_BAR = re.compile(r"[|_,;/]+")
# Where a text can be cut in two: behind a sentence, and where a keyword line sets its bars.
_CUT = re.compile(r"(?<=[。！？；!?])|(?<=[|｜丨¦_\s\-—–])(?=[^|｜丨¦_\s\-—–])")
_SENTENCE_END = re.compile(r"[。！？!?][”’」』）)]*$")
_CLOSED = re.compile(r"[。？”’」』]$")
_MARK = re.compile(r"[。！？；“”‘’：《》]")
_FUNCTION = frozenset(
    "的了是在和与将对为被把从而也就及等于以其该由并但因后中让向给它他她们着过这那"
)
_WORD = re.compile(r"[a-z0-9]+")
_CONTACT = re.compile(
    r"(?:微信|薇信|威信|vx|wx|qq|扣扣|电话|手机|热线|telegram|tg|飞机)\W{0,4}(?:同?号)?\W{0,3}[a-z0-9_-]{5,}"
    r"|(?<!\d)1[3-9]\d{9}(?!\d)"
)
# A list has as many pieces at least, of so many characters on average at most.
_PIECES = 3
_PIECE_LENGTH = 12
_SHAPE = frozenset(("list", "repeats itself", "closed sentence", "number to call"))
_PHRASE = 24  # characters of a block that holds one phrase
_REPEATS = 6  # words from which on repetition tells anything
_SHOWN = 6  # words named in a finding


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
class Stock:
    """Words of one trade, with lines that are its spam (`yes`), and that only look so (`no`)."""

    id: str
    since: int
    why: str
    words: Mapping[str, str]  # word -> level
    yes: tuple[str, ...]
    no: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """The file as read: weights by name, stocks, the automaton over all of its words, and one over
    those that tell something, which honest articles hardly have."""

    score: Mapping[str, float]
    stocks: tuple[Stock, ...]
    words: tuple[str, ...]
    weights: tuple[float, ...]
    stock_of: tuple[str, ...]
    automaton: AhoCorasick
    telling: AhoCorasick


def judge(text: str) -> Spam | None:
    """Whether a text of any length is spam as a whole.

    >>> judge("日韩高清无码|国产精品久久|成人在线免费看").stock
    'porn'
    >>> judge("国产美妆|日韩护肤|欧美彩妆|精品女装")
    >>> judge("警方通报：该网站以“无码”“成人视频”等词引流。")
    """
    lowered = _lowered(text)
    return _judge(lowered, _hits(lowered))


def find(texts: Sequence[str]) -> dict[int, Cut]:
    """What spam there is in texts, by position: whole ones, and parts at either end of one."""
    lowered = [_lowered(text) for text in texts]
    hits = rules().telling.find_matches_as_indexes("\n".join(lowered))
    if not hits:
        return {}
    starts = list(accumulate((len(text) + 1 for text in lowered), initial=0))
    told = sorted({bisect_right(starts, start) - 1 for _, start, _ in hits})
    found = {}
    for i in told:
        cut = _cut(texts[i], lowered[i])
        if cut.removed:
            found[i] = cut
    for run in _runs(lowered, told):
        if spam := judge("|".join(texts[i] for i in run)):
            found |= {i: Cut("", ((texts[i], spam),)) for i in run if _gain(lowered[i]) > 0}
    return found


def _runs(texts: Sequence[str], told: Collection[int]) -> Iterator[list[int]]:
    """Positions of short texts in a row, no sentence among them, that hold spam's words: a keyword
    line that has a block for each phrase."""
    run: list[int] = []
    for i, text in enumerate((*texts, "。")):
        if len(text) <= _PHRASE and not _MARK.search(text):
            run.append(i)
        else:
            if len(run) >= _PIECES and sum(at in told for at in run) >= 2:
                yield run
            run = []


def cut(text: str) -> Cut:
    """Takes spam off the ends of a title or a paragraph, or all of it.

    >>> cut("淘宝天猫宣布四大举措_国产精品久久|日韩无码|91视频").kept
    '淘宝天猫宣布四大举措'
    """
    return find([text]).get(0, Cut(text, ()))


def without_phrases(words: Sequence[str]) -> list[str]:
    """The keywords that are no phrases of spam; all of them where together they are none.

    >>> without_phrases(["直播", "日韩无码", "成人视频在线", "淘宝"]), without_phrases(["成人教育"])
    (['直播', '淘宝'], ['成人教育'])
    """
    if not judge("|".join(words)):
        return list(words)
    return [word for word in words if _gain(word.lower()) <= 0]


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


@cache
def rules() -> Rules:
    """The rules of the file. Raises DataFileError, naming the part and the key."""
    return parse((files("ecnews.text.rules") / _FILE).read_text("utf-8"))


def parse(text: str) -> Rules:
    """The rules of a TOML text."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataFileError(f"{_FILE}: {error}") from error
    _check(set(data), {"score", "against", "shell", "stock"}, "file")
    _check(set(data["score"]), _SCORE_KEYS, "[score]")
    _check(set(data["against"]), {"words", "innocent"}, "[against]")
    _check(set(data["shell"]), {"words"}, "[shell]")
    score = {name: float(value) for name, value in data["score"].items()}
    stocks = tuple(_stock(table) for table in data["stock"])
    table: dict[str, tuple[float, str]] = {}
    for word in data["shell"]["words"].split():
        table[word] = score["shell"], ""
    for stock in stocks:
        for word, level in stock.words.items():
            table[word] = max(table.get(word, (0.0, "")), (score[level], stock.id))
    for word in data["against"]["innocent"].split():
        table[word] = score["other"] * len(word), ""
    for word in data["against"]["words"].split():
        table[word] = score["against"], ""
    weights, stock_of = zip(*table.values(), strict=True)
    telling = [word for word, (weight, _) in table.items() if weight >= score["medium"]]
    return Rules(
        score, stocks, tuple(table), weights, stock_of, _automaton(table), _automaton(telling)
    )


def _automaton(words: Iterable[str]) -> AhoCorasick:
    return AhoCorasick(
        words, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.DFA
    )


def _stock(table: dict[str, Any]) -> Stock:
    name = f"stock {table.get('id', '')}".rstrip()
    _check(set(table), _STOCK_KEYS, name)
    words = {word: level for level in reversed(_LEVELS) for word in table[level].split()}
    if wrong := [word for word in words if word != word.lower()]:
        raise DataFileError(f"{_FILE}: {name}: {wrong[0]}: words are written in lower case")
    yes, no = tuple(table["yes"]), tuple(table["no"])
    return Stock(table["id"], int(table["since"]), table["why"], words, yes, no)


def _check(keys: set[str], wanted: set[str], part: str) -> None:
    if wrong := keys ^ wanted:
        raise DataFileError(f"{_FILE}: {part}: {', '.join(sorted(wrong))}: missing or not known")


_Hit = tuple[int, int, int]  # word, start, end


def _lowered(text: str) -> str:
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text


def _hits(text: str) -> list[_Hit]:
    """The words in a text, Latin ones and figures only where no letter or figure goes on."""
    return [
        hit
        for hit in rules().automaton.find_matches_as_indexes(text)
        if not (_goes_on(text, hit[1]) or _goes_on(text, hit[2]))
    ]


def _goes_on(text: str, at: int) -> bool:
    return 0 < at < len(text) and all(
        char.isascii() and char.isalnum() for char in text[at - 1 : at + 1]
    )


def _judge(text: str, hits: list[_Hit]) -> Spam | None:
    """`text` in lower case, with its words."""
    rules_ = rules()
    score = rules_.score
    evidence = sum(
        weight for word, _, _ in hits if (weight := rules_.weights[word]) >= score["medium"]
    )
    if evidence < score["evidence"]:
        return None
    parts = dict(_parts(text, hits))
    total = sum(parts.values())
    if total < score["spam"]:
        return None
    return Spam(_stock_of(hits), round(total, 1), _why(text, hits, parts))


def _parts(text: str, hits: list[_Hit]) -> Iterator[tuple[str, float]]:
    """The summands of the score, by name."""
    rules_, score = rules(), rules().score
    weights = [rules_.weights[word] for word, _, _ in hits]
    evidence = sum(weight for weight in weights if weight >= score["medium"])
    weak = sum(weight for weight in weights if 0 < weight < score["medium"])
    yield "telling words", evidence
    yield "common words", min(weak, evidence)  # they only add to what others tell
    yield "a reporter's words", sum(weight for weight in weights if weight < 0)
    rest = _without(text, hits)
    functions = sum(char in _FUNCTION for char in rest)
    others = sum("\u3400" <= char <= "\u9fff" for char in rest) - functions
    others += len(_WORD.findall(rest))
    marks = len(_MARK.findall(text))
    # Blanks divide phrases of Chinese; those of a Latin text are but its words.
    divider = _BAR if text.isascii() else _DIVIDER
    pieces = [piece for piece in divider.split(text) if piece]
    is_list = (
        len(pieces) >= _PIECES
        and len(text) <= (_PIECE_LENGTH + 1) * len(pieces)
        and 2 * marks + functions < 2 * len(pieces)
    )
    # A phrase in a list has its 的 as well; a sentence has it among commas.
    yield "function words", functions * score["other" if is_list else "function"]
    others = sum("\u3400" <= char <= "\u9fff" for char in rest) - functions
    yield "other characters", (others + len(_WORD.findall(rest))) * score["other"]
    yield "marks", marks * score["mark"]
    if is_list:
        yield "list", score["list"]
    told = [word for word, _, _ in hits if rules_.weights[word] > score["shell"]]
    if len(told) >= _REPEATS and 3 * len(set(told)) <= 2 * len(told):
        yield "repeats itself", score["repeated"]
    if _CLOSED.search(text):
        yield "closed sentence", score["closed"]
    if _CONTACT.search(text):
        yield "number to call", score["contact"]


def _without(text: str, hits: list[_Hit]) -> str:
    rest, end = [], 0
    for _, start, stop in hits:
        rest.append(text[end:start])
        end = stop
    return " ".join((*rest, text[end:]))


def _stock_of(hits: list[_Hit]) -> str:
    rules_ = rules()
    given: Counter[str] = Counter()
    for word, _, _ in hits:
        if stock := rules_.stock_of[word]:
            given[stock] += rules_.weights[word]  # type: ignore[assignment]
    return given.most_common(1)[0][0]


def _why(text: str, hits: list[_Hit], parts: Mapping[str, float]) -> str:
    rules_ = rules()
    told = sorted(
        {word for word, _, _ in hits if rules_.weights[word] > rules_.score["weak"]},
        key=lambda word: -rules_.weights[word],
    )
    covered = sum(end - start for word, start, end in hits if rules_.weights[word] > 0)
    names = " ".join(rules_.words[word] for word in told[:_SHOWN])
    sums = ", ".join(f"{name} {value:+.1f}" for name, value in parts.items() if value)
    return f"{names}; {covered / len(text):.0%} of it; {sums}"


def _cut(text: str, lowered: str) -> Cut:
    """Cuts off the end or the beginning that is spam on its own, where what is left is not; takes
    all of it where nothing honest is left."""
    whole = _judge(lowered, _hits(lowered))
    bounds = [0, *(m.start() for m in _CUT.finditer(lowered) if 0 < m.start() < len(text))]
    bounds.append(len(text))
    units = [lowered[a:b] for a, b in pairwise(bounds)]
    gains = [_gain(unit) for unit in units]
    head = _best(gains)
    tail = _best(gains[::-1])
    kept_from, kept_to = bounds[head], bounds[len(units) - tail]
    if head + tail < len(units) and _is_honest(lowered[kept_from:kept_to], whole):
        removed = []
        for a, b in ((0, kept_from), (kept_to, len(text))):
            part = lowered[a:b]
            if spam := _judge(part, _hits(part)):
                removed.append((text[a:b].strip(_EDGE), spam))
            elif a == 0:
                kept_from = 0
            else:
                kept_to = len(text)
        if removed:
            return Cut(text[kept_from:kept_to].strip(_EDGE), tuple(removed))
    return Cut("", ((text, whole),)) if whole else Cut(text, ())


_EDGE = " |｜丨¦_-—–,，、\u3000"
# A text without a sentence's end is a title from so many characters on, and if it takes off more.
_HEADLINE, _HEADLINE_GAIN = 8, 2.4
_SPAMS_OWN = 0.25  # the share that words of spam may have in what is left
_HONEST = 1.5  # what a text that is none of spam takes off the score at least


def _is_honest(text: str, whole: Spam | None) -> bool:
    """Whether what is left between the cuts stands on its own: where the whole is no spam, anything
    does; else a sentence, or as much as a title."""
    left = text.strip(_EDGE)
    if _judge(left, _hits(left)):
        return False
    if whole is None:
        return bool(left)
    hits, rules_ = _hits(left), rules()
    spams = sum(end - start for word, start, end in hits if rules_.stock_of[word])
    if spams > _SPAMS_OWN * len(left):
        return False
    gain = _gain(left)
    if _SENTENCE_END.search(left):
        return gain <= -_HONEST
    longest = max(map(len, _DIVIDER.split(left)))
    return longest >= _HEADLINE and gain <= -_HEADLINE_GAIN


def _gain(unit: str) -> float:
    """What a unit adds to the score, its shape left aside."""
    score = rules().score
    parts = _parts(unit, _hits(unit))
    return sum(value for name, value in parts if name not in _SHAPE) or score["other"]


def _best(gains: Sequence[float]) -> int:
    """How many of the first gains add up to most, before a loss that an honest text makes."""
    best, most, total = 0, 0.0, 0.0
    for i, gain in enumerate(gains, 1):
        total += gain
        if total > most:
            best, most = i, total
        elif total < most - _HONEST:
            break
    return best
