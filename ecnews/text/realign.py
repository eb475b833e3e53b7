"""Puts back the bytes that a blind hit swallowed, and reads the shifted run again.

A hit between two characters pushes ASCII between their bytes. The decoder shows the lead byte
before it as `?`, and from there on pairs the bytes wrongly, until a byte is left over again: the
reading is then *even* again, in between it is *odd*. An odd reading holds one byte back, the lead
byte of the next true character. Most of it is arithmetic on bytes; where a byte was lost, every
character that fits is a state of its own, and the most probable way through them is taken (a
Viterbi search, `ecnews.text.chinese` being the judge).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from heapq import heappush, heappushpop, nlargest
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from ecnews.text.chinese import plain, statistics
from ecnews.text.gbk import annotated, characters, readings, tables

PINYIN = "[a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüêḿńňǹɑɡ]{1,6}"
LOST = "[?\ufffd]"
# Where an even reading can turn odd: a lost byte with its pinyin, or before what is not ASCII.
SIGN = re.compile(rf"{LOST}\(?(?P<pinyin>{PINYIN}) ?\)|{LOST}{{1,2}}(?=[^\x00-\x7f\ufffd])")
_TOKEN = re.compile(
    rf"(?P<run>[^\x00-\x7f\ufffd]{{1,40}})|{LOST}\(?(?P<pinyin>{PINYIN}) ?\)|(?P<lost>{LOST})"
    rf"|\((?P<note>{PINYIN}) ?\)|(?P<trail>[@-~])|(?P<narrow>[!(),:;])"
)
_NOTE = re.compile(rf"\((?P<note>{PINYIN}) ?\)")
_PINYINS = re.compile(rf"{PINYIN} ?\)")
_LOW = re.compile(rb"[\x40-\x7e]")
_WORD = re.compile("[A-Za-z]{2,20}(?![A-Za-z/>])|[A-Z](?![a-z/>])")

# Logarithms of probabilities: what the search allows, and what a reading costs besides its text.
_SLACK = 2.0  # by how much three characters can be better than two
_STATES = 12  # kept at one place
_WORSE = 16.0  # than the best there: given up
_CLEAR = 0.7  # by how much the chosen reading must be the better one
_FEW, _MANY = 6, 32  # characters looked at for one place, where the next one is known or not
_OFTEN = 30  # of those that fit, looked at whatever stands before them
_WIDE = 100  # where nothing of the first one is known
_PAIRED = 16  # firsts of two characters
_SMALL = 200  # characters that fit: looked at one by one
_STEP, _ROOM = 10, 4096  # characters an even reading is taken on; that a search may take
_LITERAL = 25.0  # a sign taken for text
_LETTER, _ANY_LETTER = 1.0, 5.0  # a letter lost behind a run: known from the page, or not
_DIGIT = 3.0  # a digit lost behind a run
_BLIND = 3.0  # a lost byte without pinyin
_DOUBT = 14.0  # the same in a text that nothing else speaks against
_DEAD = 7.0  # a form that a converted text does not hold
_TORN = 6.0  # the text ends within a character
_NARROW = 8.0  # a full-width mark made ASCII after the mirror
_BARE, _NOTED = 4.0, 1.0  # a character seen on the page without pinyin, with it
_EVEN = 0
UNKNOWN = "\ue000"  # an ASCII character of which nothing is left


class Evidence(NamedTuple):
    """What a page shows of its mirror: characters seen with pinyin and without; whether the decoder
    keeps the ASCII behind a lost byte; whether the text is Simplified.
    """

    noted: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()
    keeps: bool = False
    simple: bool = False


class Run(NamedTuple):
    """A run as it reads, where it ends, whether it was changed, and whether that is sure."""

    text: str
    end: int
    changed: bool
    sure: bool


class Realigned(NamedTuple):
    text: str
    runs: int = 0
    unresolved: int = 0
    annotations: int = 0


class _State(NamedTuple):
    """One way to read the text up to `at`.

    held: the lead byte of the next character; _EVEN where there is none; minus the trail byte of
    the last one where the lead byte was lost with it, in one pair that is no character. last: the
    last character, Simplified. margin: by how much this way was better than another.
    """

    score: float
    at: int
    held: int
    last: str
    text: str
    margin: float


def realign(text: str, evidence: Evidence) -> Realigned:
    """The text with every run realigned that can be; the places left in doubt are counted."""
    search = _Search(text, evidence)
    done: list[str] = []
    at = runs = unresolved = notes = 0
    while sign := SIGN.search(text, at):
        start = sign.start()
        before = text[max(at, start - 2) : start]
        if len(before) < 2 and done:
            before = done[-1][-2:] + before
        found = search.run(start, before)
        done += text[at:start], found.text
        at = found.end
        unresolved += not found.sure
        if found.changed:
            runs += 1
            notes += len(_PINYINS.findall(text, start, at))
    done.append(text[at:])
    return Realigned("".join(done), runs, unresolved, notes)


class _Search:
    def __init__(self, source: str, evidence: Evidence) -> None:
        self.source = source
        self.evidence = evidence
        self.statistics = statistics()
        self.asks = "？" not in source
        self.lines = "<p" not in source

    def run(self, start: int, before: str) -> Run:
        """Reads on from the sign at `start`, `before` being the character in front of it."""
        first = _State(0.0, start, _EVEN, plain("\n\n" + before)[-2:], before, 99.0)
        self.frontier = frontier = _Frontier()
        for state in self._sign(first):
            frontier.push(state)
        best = None
        while frontier.places:
            at, states = frontier.pop()
            if at >= len(self.source) or at > start + _ROOM:
                best = max(ended for state in states for ended in self._torn(state))
                break
            if len(states) == 1 and not frontier.places and states[0].held == _EVEN:
                best = states[0]
                break
            for state in states:
                for new in self._even(state) if state.held == _EVEN else self._odd(state):
                    frontier.push(new)
        if best is None:
            sign = SIGN.match(self.source, start)
            assert sign
            return Run(sign[0], sign.end(), False, False)
        text = best.text[len(before) :]
        return Run(text, best.at, text != self.source[start : best.at], best.margin > _CLEAR)

    def _torn(self, state: _State) -> Iterator[_State]:
        """A state where the text ends, be it within a character."""
        if state.held > 0:
            for _, char in _likely(state.last[1], "row", state.held, ""):
                new = self._take(state, char, state.at)
                yield new._replace(score=new.score - _TORN)
        else:
            yield state

    def _even(self, state: _State) -> Iterator[_State]:
        """An even reading goes on as it stands, to the next sign or a little further."""
        source, at = self.source, state.at
        if SIGN.match(source, at):
            yield from self._sign(state)
            return
        end = min([at + _STEP, len(source), *self.frontier.places])
        if sign := SIGN.search(source, at, end + 12):
            end = min(end, sign.start())
        yield self._take(state, source[at:end], end)

    def _sign(self, state: _State) -> Iterator[_State]:
        sign = SIGN.match(self.source, state.at)
        assert sign
        end, pinyin = sign.end(), sign["pinyin"]
        if not pinyin:
            yield self._take(state, sign[0][0], state.at + 1)
            yield from self._blind(state, end)
            return
        yield state._replace(
            score=state.score - _LITERAL, at=end, last="：）", text=state.text + sign[0]
        )
        before = characters().get(state.text[-1:])
        if before:
            for trail in annotated(before[1], pinyin):
                if trail < 0x81:  # it was read as a lead byte
                    continue
                char = bytes((before[1], trail)).decode("gbk")
                yield state._replace(score=state.score + self._seen(char), at=end, held=trail)

    def _seen(self, char: str) -> float:
        if char in self.evidence.noted:
            return _NOTED
        return -_BARE if char in self.evidence.bare else 0.0

    def _blind(self, state: _State, end: int) -> Iterator[_State]:
        """A lead byte lost without pinyin: `？` made ASCII, or a comma put there, between two."""
        data = _encode(self.source[end : end + 2])
        if len(data) < 2:
            return
        doubt = _DOUBT if self.evidence.simple else _BLIND
        state = state._replace(score=state.score - doubt)
        for _, char in _likely(state.last[1], "column", 0xA3, _plain(bytes((0xBF, data[0])))):
            yield self._take(state, char, end, 0xBF)
        if self.source[end] in "，。、！？；：":
            for _, char in _likely(state.last[1], "column", data[0], _plain(data[1:3])):
                yield self._take(state, char, end + 1, data[1])

    def _odd(self, state: _State) -> Iterator[_State]:
        token = _TOKEN.match(self.source, state.at)
        if token is None:
            if self.source[state.at] in "\r\n":
                yield from self._torn(state)
            return
        held, kind, end = state.held, token.lastgroup, token.end()
        if kind == "note" and held > 0:
            yield state._replace(at=end)
        elif kind == "run" and held > 0:
            yield from self._run(state, token[0])
        elif kind == "run":
            data = _encode(token[0][:2])
            if data:
                for _, char in _likely(state.last[1], "led", (-held, data[0]), _follows(data)):
                    yield self._followed(state, char, data)
        elif kind == "trail":
            for char in self._ending(state, ord(token[0]), end):
                yield self._take(state, char, self._past_note(end))
        elif kind == "narrow":
            for char in _decode(bytes((held, 0xA3))) if held > 0 else ():
                new = self._take(state, char, end, ord(token[0]) | 0x80)
                yield new._replace(score=new.score - _NARROW)
        elif kind == "pinyin":
            for char in _noted(held, token["pinyin"]):
                new = self._take(state, char, end)
                yield new._replace(score=new.score + self._seen(char))
        elif kind == "lost":
            yield from self._gap(state, end)
            yield from self._swallowing(state, end)

    def _ending(self, state: _State, trail: int, end: int) -> Iterable[str]:
        """The characters that can end in a trail byte which was shown as a letter."""
        if state.held > 0:
            return _decode(bytes((state.held, trail)))
        fit = _likely(state.last[1], "led", (-state.held, trail), self._next(end))
        return [char for _, char in fit]

    def _run(self, state: _State, run: str) -> Iterator[_State]:
        """Characters as shown, each made of the trail byte of one and the lead byte of the next."""
        data = _encode(run)
        if not data:
            return
        data = bytes((state.held,)) + data
        low = _LOW.search(data[2::2])  # an ASCII letter that was taken for a trail byte
        if low:
            length = 2 * low.start() + 2
            text = _decode(data[:length])
            if text:
                yield self._take(state, text + chr(data[length]), state.at + low.start() + 1)
        elif text := _decode(data[:-1]):
            yield self._take(state, text, state.at + len(run), data[-1])

    def _followed(self, state: _State, text: str, data: bytes) -> _State:
        """Takes a text whose last byte is the first of the pair shown at `state.at`."""
        if data[1] < 0x80:
            return self._take(state, text + chr(data[1]), state.at + 1)
        return self._take(state, text, state.at + 1, data[1])

    def _take(self, state: _State, text: str, end: int, held: int = _EVEN) -> _State:
        simple = plain(text)
        score = state.score + self.statistics.score(state.last, simple)
        if not self.evidence.simple and not tables().unwritten.isdisjoint(text):
            score -= _DEAD * len(tables().unwritten.intersection(text))
        return _State(score, end, held, (state.last + simple)[-2:], state.text + text, state.margin)

    def _gap(self, state: _State, end: int) -> Iterator[_State]:
        """A pair that is no character: a trail byte and the next lead byte are gone."""
        token = _TOKEN.match(self.source, end)
        kind = token.lastgroup if token else ""
        if kind in ("", "note"):
            return
        if kind == "run" and (data := _encode(self.source[end : end + 2])):
            state = state._replace(at=end)
            for pair in _pairs(state.held, data[0], state.last[1], _follows(data)):
                yield self._followed(state, pair, data)
            return
        if kind == "trail":
            follows = self._next(end + 1)
            for pair in _pairs(state.held, ord(self.source[end]), state.last[1], follows):
                yield self._take(state, pair, self._past_note(end + 1))
            return
        floor = self.frontier.floor(end, lost=True)
        for cost, char in _likely(state.last[1], "unread", state.held, ""):
            if state.score + cost + _SLACK <= floor:
                break
            yield self._take(state, char, end, -characters()[char][1])

    def _swallowing(self, state: _State, end: int) -> Iterator[_State]:
        """A trail byte that was lost together with the ASCII character behind it."""
        floor = self.frontier.floor(end)
        for swallowed, cost in self._swallowed(end):
            least = floor - state.score + cost - _SLACK
            if least >= 0:
                continue
            shown = swallowed or self.source[end : end + 1] or "\n"
            for one, char in _likely(state.last[1], "row", state.held, plain(shown)):
                if one > least:
                    new = self._take(state, char + swallowed, end)
                    yield new._replace(score=new.score - cost)
        if word := _WORD.match(self.source, end):
            letter = self._letter(word[0])
            for _, char in _likely(state.last[1], "no letter", state.held, "A"):
                new = self._take(state, char + (letter or UNKNOWN), end)
                yield new._replace(
                    score=new.score - (1.0 if letter else 5.0),
                    last="AA",
                    margin=new.margin if letter else -1.0,
                )
        else:
            yield from self._digit(state, end)

    def _digit(self, state: _State, end: int) -> Iterator[_State]:
        """A digit that was lost: which one can be told of a year or a month at most."""
        if self.evidence.keeps:
            return
        found = _YEAR.match(self.source, end)
        digit = "2" if found and found["two"] else "1" if found else UNKNOWN
        floor = self.frontier.floor(end) + _DIGIT
        for one, char in _likely(state.last[1], "row", state.held, "0"):
            if state.score + one + _SLACK > floor:
                new = self._take(state, char + "0", end)
                yield new._replace(
                    score=new.score - _DIGIT,
                    text=new.text[:-1] + digit,
                    margin=new.margin if found else -1.0,
                )

    def _swallowed(self, end: int) -> Iterator[tuple[str, float]]:
        """What the decoder may have taken for a trail byte in front of `end`, and its cost."""
        rest = self.source[end : end + 24]
        if self.evidence.keeps:
            yield "", 0.0
        elif _TAG.match(rest):
            yield "<", 0.5
        elif _ENTITY.match(rest):
            yield "&", 0.5
        elif _ATTRIBUTE.match(rest):
            yield '"', 2.0
        elif rest[:1] in ("\n", "\r"):
            yield rest[0], 1.0
        elif rest == "" or rest[0] in "，。、！？；：”":
            yield "", 2.0
            if self.asks:
                yield "？", 5.0
        elif rest[0] not in "0123456789.%":
            if self.asks:
                yield "？", 6.0
            if self.lines:
                yield "\n", 5.0
            yield " ", 9.0

    def _next(self, at: int) -> str:
        """What an even reading has at a place, Simplified; nothing where that is not sure."""
        char = self.source[self._past_note(at) :][:1] or "\n"
        return "" if char in "?\ufffd" else plain(char)

    def _past_note(self, at: int) -> int:
        note = _NOTE.match(self.source, at)
        return note.end() if note else at

    def _letter(self, word: str) -> str:
        """The letter before the rest of a word, if the page has the word elsewhere."""
        found = re.findall(rf"(?<![A-Za-z])([A-Za-z]){re.escape(word)}(?![A-Za-z])", self.source)
        return found[0] if len(set(found)) == 1 else ""


_TAG = re.compile(r"/?[a-zA-Z][a-zA-Z0-9]*[\s/>]|!--")
_ENTITY = re.compile(r"(?:nbsp|quot|amp|[lg]t|#\d+|[lr][ds]quo|hellip|mdash|middot);")
_ATTRIBUTE = re.compile(r"\s*/?>|\s[a-z-]+=")
_YEAR = re.compile(r"(?P<two>0\d\d(?!\d))|9\d\d年|[012]月")


class _Frontier:
    """The states that are still to be taken on, by place."""

    def __init__(self) -> None:
        self.places: dict[int, dict[tuple[int, str], _State]] = {}
        self._scores: dict[tuple[int, bool], list[float]] = {}  # a heap of the best at each place

    def pop(self) -> tuple[int, list[_State]]:
        """The first place, and the states there that are worth it, the best first."""
        at = min(self.places)
        states = list(self.places.pop(at).values())
        if len(states) > _STATES:
            open_ = [state for state in states if state.held < 0]
            states = nlargest(_STATES, (state for state in states if state.held >= 0))
            states += nlargest(_STATES, open_)
        least = max(states).score - _WORSE
        return at, [state for state in states if state.score > least]

    def floor(self, at: int, lost: bool = False) -> float:
        """The score below which no state is taken any more."""
        scores = self._scores.get((at, lost))
        return scores[0] if scores and len(scores) >= _STATES else -1e9

    def push(self, state: _State) -> None:
        """Of two ways to the same place with the same character last, only the better can win."""
        here = self.places.setdefault(state.at, {})
        key = state.held, state.last
        other = here.get(key)
        if other is None:
            here[key] = state
            scores = self._scores.setdefault((state.at, state.held < 0), [])
            (heappush if len(scores) < _STATES else heappushpop)(scores, state.score)
            return
        if state.score > other.score:
            state, other = other, state
        # `other` is the better one now.
        if state.text != other.text:
            other = other._replace(margin=min(other.margin, other.score - state.score))
        here[key] = other


class _Cell(NamedTuple):
    """Characters that fit what is left of their bytes, by their Simplified form; the most frequent
    of these forms.
    """

    chars: dict[str, tuple[str, ...]]
    often: frozenset[str]


@cache
def _cell(kind: str, key: int | tuple[int, int]) -> _Cell:
    if isinstance(key, tuple):
        return _built("column", _lost()[key[0]], key[1])
    if kind == "column":
        return _built(kind, None, key)
    return _built(kind, frozenset((key,)) if key > 0 else _lost()[-key], 0)


@cache
def _built(kind: str, leads: frozenset[int] | None, trail: int) -> _Cell:
    """Many trail bytes lose the same lead bytes."""
    rows, column = tables().rows, tables().columns.get(trail, {})
    if kind == "column":
        chars = [char for lead, char in column.items() if leads is None or lead in leads]
    else:
        ends = {"row": None, "unread": _lost(), "no letter": _unlettered()}[kind]
        chars = [
            char
            for lead in leads or ()
            for trail, char in rows.get(lead, {}).items()
            if ends is None or trail in ends
        ]
    found: dict[str, tuple[str, ...]] = {}
    for char, simple in zip(chars, plain("".join(chars)), strict=True):
        found[simple] = (*found.get(simple, ()), char)
    single = statistics().single
    often = nlargest(_OFTEN, found.keys() & single.keys(), key=single.__getitem__)
    return _Cell(found, frozenset(often))


@lru_cache(50_000)
def _likely(
    last: str, kind: str, key: int | tuple[int, int], follows: str
) -> tuple[tuple[float, str], ...]:
    """The most probable characters of a cell between their neighbours (Simplified, or ""), each
    with what it costs behind the one before.
    """
    m = statistics()
    cell, after = _cell(kind, key), m.follow[last]
    back, single, pair = m.rest.get(last, -1.0), m.single, m.pair
    if len(cell.chars) <= _SMALL:
        known = [(after[one], one) for one in cell.chars.keys() & after.keys()]
    else:
        known = list(islice(((w, one) for one, w in _ranked(last) if one in cell.chars), _SMALL))
    known += [(back + single[one], one) for one in cell.often - after.keys()]
    if follows:
        best = nlargest(_FEW, [(cost + pair(one, follows), cost, one) for cost, one in known])
        return tuple([(cost, char) for _, cost, one in best for char in cell.chars[one]])
    most = nlargest(
        _WIDE if kind == "unread" and not isinstance(key, tuple) and key < 0 else _MANY, known
    )
    return tuple([(cost, char) for cost, one in most for char in cell.chars[one]])


@lru_cache(2000)
def _ranked(last: str) -> tuple[tuple[str, float], ...]:
    """What follows a character, the most probable first."""
    after = statistics().follow[last]
    return tuple(sorted(after.items(), key=itemgetter(1), reverse=True))


@lru_cache(50_000)
def _pairs(held: int, trail: int, last: str, follows: str) -> tuple[str, ...]:
    """The most probable two characters where the trail byte of the first and the lead byte of the
    second were lost, between their neighbours.
    """
    m, known, lost = statistics(), characters(), _lost()
    pair = m.pair
    firsts = _likely(last, "unread", held, "")[: _PAIRED if held > 0 else _WIDE]
    cell = _cell("column", trail)
    seconds = nlargest(
        8, [(m.single[one] + (pair(one, follows) if follows else 0.0), one) for one in cell.often]
    )
    found: dict[str, float] = {}
    for rank, (one, char) in enumerate(firsts):
        leads, simple = lost[known[char][1]], plain(char)
        after, back = m.follow[simple], m.rest.get(simple, -1.0)
        for second in cell.chars.keys() & after.keys():
            weight = one + after[second] + (pair(second, follows) if follows else 0.0)
            for other in cell.chars[second]:
                if known[other][0] in leads:
                    found[char + other] = weight
        for weight, second in seconds if rank < 8 else ():
            for other in cell.chars[second]:
                if known[other][0] in leads:
                    found.setdefault(char + other, one + back + weight)
    return tuple(nlargest(_FEW if follows else _MANY, found, key=found.__getitem__))


@cache
def _noted(held: int, pinyin: str) -> tuple[str, ...]:
    """The characters of the table that are read so, with this lead byte or (below zero) one that
    was lost behind this trail byte.
    """
    if held > 0:
        return tuple(bytes((held, trail)).decode("gbk") for trail in annotated(held, pinyin))
    leads = _lost()[-held]
    return tuple(char for char in _read(pinyin) if characters()[char][0] in leads)


def _read(pinyin: str) -> tuple[str, ...]:
    return _readers().get(pinyin, ())


@cache
def _readers() -> dict[str, tuple[str, ...]]:
    """Pinyin to the characters of a mirror's table that are read so."""
    found: dict[str, tuple[str, ...]] = {}
    for char in tables().written & characters().keys():
        for pinyin in readings(char):
            found[pinyin] = (*found.get(pinyin, ()), char)
    return found


@cache
def _lost() -> dict[int, frozenset[int]]:
    """Byte to the bytes from 0x81 that make no character behind it."""
    above = frozenset(range(0x81, 0xFF))
    return {lead: gaps & above for lead, gaps in tables().gaps.items() if gaps & above}


@cache
def _unlettered() -> frozenset[int]:
    """Bytes that make no character with a letter behind them."""
    return frozenset(lead for lead, gaps in tables().gaps.items() if 0x41 in gaps)


def _follows(data: bytes) -> str:
    """What comes behind a character that ends in data[0], as far as these bytes tell."""
    return _plain(data[1:3]) if data[1] >= 0x80 and len(data) > 2 else "A" if data[1] < 0x80 else ""


def _plain(pair: bytes) -> str:
    return plain(pair.decode("gbk", "ignore")) if len(pair) == 2 else ""


@lru_cache(50_000)
def _encode(text: str) -> bytes:
    try:
        return text.encode("gbk")
    except UnicodeEncodeError:
        return b""


def _decode(data: bytes) -> str:
    try:
        return data.decode("gbk")
    except UnicodeDecodeError:
        return ""
