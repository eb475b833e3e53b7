"""Puts back the bytes that a blind hit swallowed, and reads the shifted run again.

A hit between two characters pushes ASCII between their bytes. The decoder shows the lead byte
before it as `?`, and from there on pairs the bytes wrongly, until a byte is left over again: the
reading is then *even* again, in between it is *odd*. An odd reading holds one byte back, the lead
byte of the next true character. Most of it is arithmetic on bytes; where a byte was lost, every
character that fits is a state of its own (`ecnews.text.candidates`), and the most probable way
through them is taken (a Viterbi search, `ecnews.text.chinese` being the judge). Where two known
characters follow, all states of a place become one; and where enough of them follow, they tell by
themselves whether the reading is even or odd there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import NamedTuple

from ecnews.text import candidates
from ecnews.text.beam import (
    CLEAR,
    CLOSE,
    EVEN,
    FEW,
    MANY,
    NEVER,
    OPEN,
    STATES,
    SURE,
    UNSURE,
    Beam,
    State,
    Ways,
)
from ecnews.text.candidates import Cell
from ecnews.text.chinese import plain, statistics
from ecnews.text.gbk import characters

PINYIN = "[a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüêḿńňǹɑɡ]{1,6}"
LOST = "[?\ufffd]"
_LOST = ("?", "\ufffd")
# Where an even reading can turn odd: a lost byte with its pinyin, or before what is not ASCII or
# a letter that was a trail byte.
SIGN = re.compile(rf"{LOST}(?:\(?(?P<pinyin>{PINYIN}) ?\)|{LOST}?(?=[@-~]?[^\x00-\x7f\ufffd]))")
_TOKEN = re.compile(
    rf"(?P<run>[^\x00-\x7f\ufffd]{{1,40}})|{LOST}\(?(?P<pinyin>{PINYIN}) ?\)|(?P<lost>{LOST})"
    rf"|\((?P<note>{PINYIN}) ?\)|(?P<trail>[@-~])|(?P<narrow>[!(),:;])"
)
_NOTE = re.compile(rf"\((?P<note>{PINYIN}) ?\)")
_PINYINS = re.compile(rf"{PINYIN} ?\)")
_LOW = re.compile(rb"[\x40-\x7e]")
_WORD = re.compile("[A-Za-z]{2,20}(?![A-Za-z/>])|[A-Z](?![a-z/>])")
# What tells an odd reading from an even one: a letter with pinyin is a trail byte.
_AHEAD = re.compile(rf"(?P<noted>[@-~]\({PINYIN} ?\))|[^\x00-?\ufffd][^\n?\ufffd<>(]{{1,5}}")

# Costs as in `ecnews.text.chinese`: what the search allows, and what a reading costs besides its
# text.
_PLAIN = 40  # by how much one reading of what lies ahead is better: the other is not tried
_HALF = 30  # what a character costs of which an odd reading ahead shows half
_GLANCE, _NONSENSE = 5, 60  # characters that tell a shifted text, and what one costs there
_BEFORE = 4  # characters in front of a run that are looked at
_SAME = 8  # characters by which a run is known again, and behind it
_STEP, _ROOM = 10, 4096  # characters an even reading is taken on; that a search may take
_LITERAL = 124  # a sign taken for text
_LETTER, _ANY_LETTER = 4, 24  # a letter lost behind a run: known from the page, or not
_DIGIT = 16  # a digit lost behind a run
_BLIND = 16  # a lost byte without pinyin
_DOUBT = 70  # the same in a text that nothing else speaks against
_TORN = 30  # the text ends within a character
_NARROW = 40  # a full-width mark made ASCII after the mirror
_BARE, _NOTED = 20, -4  # a character seen on the page without pinyin, with it
UNKNOWN = "\ufdd0"  # a `?` that is none of the article's; no text has this character


class Evidence(NamedTuple):
    """What a page shows of its mirror: characters seen with pinyin; whether the decoder keeps the
    ASCII behind a lost byte; whether the text is Simplified; whether commas are strewn in it.
    """

    noted: frozenset[str] = frozenset()
    keeps: bool = False
    simple: bool = False
    strewn: bool = False


class Run(NamedTuple):
    """A run as it reads, how long it was, whether it was changed, and whether that is sure."""

    text: str
    length: int
    changed: bool
    sure: bool


class Realigned(NamedTuple):
    text: str
    runs: int = 0
    unresolved: int = 0
    annotations: int = 0


def realign(text: str, evidence: Evidence) -> Realigned:
    """The text with every run realigned that can be; the places left in doubt are counted."""
    search = _Search(text, evidence)
    done: list[str] = []
    at = runs = unresolved = notes = 0
    while sign := SIGN.search(text, at):
        start = sign.start()
        before = text[max(at, start - _BEFORE) : start]
        if len(before) < _BEFORE and done:
            before = done[-1][-_BEFORE:] + before
        found = search.run(start, before)
        done += text[at:start], found.text
        at = start + found.length
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
        self.beam = Beam(evidence.simple)
        self.runs: dict[str, tuple[str, Run | None]] = {}
        self.turns: dict[int, int] = {}
        self.shifted: dict[int, bool] = {}
        self.asks = "？" not in source
        self.lines = "<p" not in source

    def run(self, start: int, before: str) -> Run:
        """Reads on from the sign at `start`, `before` being the characters in front of it. A
        headline stands on a page several times, and is read once.
        """
        beginning = before + self.source[start : start + _SAME]
        shown, found = self.runs.get(beginning, ("", None))
        if found is None or not self.source.startswith(shown, start):
            found = self._read(start, before)
            shown = self.source[start : start + found.length + _SAME]
            self.runs[beginning] = shown, found
        return found

    def _read(self, start: int, before: str) -> Run:
        self.beam = beam = Beam(self.evidence.simple)
        context = before.replace(",", "") if self.evidence.strewn else before
        last = plain("\n\n" + context)[-2:]
        self._sign(start, [State(0, last, 0, SURE, (None, before))])
        best, at = None, start
        while beam.places:
            at, groups = beam.pop()
            if at >= len(self.source) or at > start + _ROOM:
                best = self._ended(groups)
                break
            if beam.alone and EVEN in groups and len(groups[EVEN]) == 1:
                best = groups[EVEN][0]
                break
            for held, states in groups.items():
                if held == EVEN:
                    self._even(at, states)
                else:
                    self._odd(at, held, states)
        if best is None:
            sign = SIGN.match(self.source, start)
            assert sign
            return Run(sign[0].replace("?", UNKNOWN), len(sign[0]), False, False)
        text = best.text()[len(before) :]
        return Run(text, at - start, text != self.source[start:at], best.margin >= CLEAR)

    def _ended(self, groups: dict[int, list[State]]) -> State:
        """The best reading where the text ends, be it within a character."""
        ended = [*groups.pop(EVEN, ()), *groups.pop(OPEN, ())]
        for held, states in groups.items():
            for cost, _, state, char, _ in Ways(states, candidates.row(held), STATES).best("", 1):
                ended.append(state._replace(cost=cost + _TORN, path=(state.path, char)))
        best: State = min(ended, key=attrgetter("cost"))
        return best

    def _even(self, at: int, states: Sequence[State]) -> None:
        """An even reading goes on as it stands, to the next sign or a little further."""
        source = self.source
        if SIGN.match(source, at):
            self._sign(at, states)
            return
        others = [place for place in self.beam.places if place > at + 1]
        end = min([at + _STEP, len(source), *others])
        if sign := SIGN.search(source, at, end + 12):
            end = min(end, sign.start())
        self.beam.take(end, EVEN, states, source[at:end])

    def _sign(self, at: int, states: Sequence[State]) -> None:
        sign = SIGN.match(self.source, at)
        assert sign
        end, pinyin = sign.end(), sign["pinyin"]
        if not pinyin:
            self.beam.alone = False
            self.beam.take(at + 1, EVEN, states, sign[0][0])
            self._blind(end, states)
            return
        found = False
        for state in states:
            before = characters().get(state.path[1][-1:]) if state.path else None
            for char in candidates.noted(before[1], pinyin) if before else ():
                trail = characters()[char][1]
                if trail >= 0x81:  # it was read as a lead byte
                    self.beam.push(end, trail, state._replace(cost=state.cost + self._seen(char)))
                    found = True
        if not found:
            for state in states:
                path = state.path, sign[0]
                self.beam.push(
                    end, EVEN, State(state.cost + _LITERAL, "：）", 0, state.margin, path)
                )

    def _seen(self, char: str) -> int:
        if char in self.evidence.noted:
            return _NOTED
        return _BARE if self.evidence.noted and char in self.source else 0

    def _turn(self, at: int) -> int:
        """By how much an odd reading of what lies ahead is better than an even one; 0 where too
        little is seen.
        """
        known = self.turns.get(at)
        if known is None:
            ahead = _AHEAD.match(self.source, at)
            if ahead is None:
                known = 0
            elif ahead["noted"]:
                known = SURE
            else:
                known = self._compared(ahead[0])
            self.turns[at] = known
        return known

    def _compared(self, ahead: str) -> int:
        odd = _encode(ahead)[1:].decode("gbk", "replace")
        halves = 1 + odd.endswith("\ufffd")
        odd = odd.removesuffix("\ufffd")
        if not odd:
            return 0
        if "\ufffd" in odd:
            return -SURE
        cost = self.statistics.cost
        return cost("，，", plain(ahead)) - cost("，，", plain(odd)) - _HALF * halves

    def _blind(self, end: int, states: Sequence[State]) -> None:
        """A lead byte lost without pinyin: `？` made ASCII, or a comma put there, between two."""
        data = _encode(self.source[end : end + 2])
        if len(data) < 2 or self._turn(end) < -2 * _PLAIN:
            return
        doubt = _DOUBT if self.evidence.simple else _BLIND
        states = [state._replace(cost=state.cost + doubt) for state in states]
        if data[0] < 0x80:
            if char := _decode(bytes((0xBF, data[0]))):
                self._go_on(end + 1, states, candidates.column(0xA3), char)
            return
        follows = _plain(bytes((0xBF, data[0])))
        self.beam.add(end, 0xBF, states, candidates.column(0xA3), follows)
        if self.source[end] in "，。、！？；：":
            column = candidates.column(data[0])
            self.beam.add(end + 1, data[1], states, column, _plain(data[1:3]))

    def _odd(self, at: int, held: int, states: Sequence[State]) -> None:
        token = _TOKEN.match(self.source, at)
        if token is None:
            if self.source[at] in "\r\n" and held > 0:
                torn = [state._replace(cost=state.cost + _TORN) for state in states]
                self.beam.add(at, EVEN, torn, candidates.row(held), "")
            return
        kind, end = token.lastgroup, token.end()
        if kind == "pinyin":
            self._noted(end, held, states, token["pinyin"])
        elif kind == "lost":
            self._lost(end, held, states)
        elif held == OPEN:
            self._open(at, states, kind)
        elif kind == "note":
            for state in states:
                self.beam.push(end, held, state)
        elif kind == "run":
            self._run(at, held, states, token[0])
        elif kind == "trail":
            if char := _decode(bytes((held, ord(token[0])))):
                self.beam.take(self._past_note(end), EVEN, states, char)
        elif char := _decode(bytes((held, 0xA3))):
            self.beam.take(end, ord(token[0]) | 0x80, states, char, _NARROW)

    def _run(self, at: int, held: int, states: Sequence[State], run: str) -> None:
        """Characters as shown, each made of the trail byte of one and the lead byte of the next."""
        data = _encode(run)
        if not data:
            return
        data = bytes((held,)) + data
        low = _LOW.search(data[2::2])  # an ASCII letter that was taken for a trail byte
        if low:
            length = 2 * low.start() + 2
            if text := _decode(data[:length]):
                self.beam.take(at + low.start() + 1, EVEN, states, text + chr(data[length]))
        elif text := _decode(data[:-1]):
            self.beam.take(at + len(run), data[-1], states, text)

    def _open(self, at: int, states: Sequence[State], kind: str | None) -> None:
        """Characters whose lead byte was lost, and the trail byte is shown with what follows."""
        self.beam.alone = False
        if kind == "trail":
            end = self._past_note(at + 1)
            self.beam.add(
                end, EVEN, states, candidates.column(ord(self.source[at])), self._next(end)
            )
        elif kind == "run" and (data := _encode(self.source[at : at + 2])):
            column = candidates.column(data[0])
            if data[1] >= 0x80:
                self.beam.add(at + 1, data[1], states, column, _plain(data[1:3]))
            else:
                self._go_on(at + 1, states, column, chr(data[1]))

    def _go_on(self, at: int, states: Sequence[State], cell: Cell, text: str) -> None:
        """Each state goes on with the characters of a cell, and then with one that is known."""
        for cost, _, state, char, simple in Ways(states, cell, MANY).best(plain(text), FEW):
            last = state.last[1] + simple
            self.beam.take(at, EVEN, [State(cost, last, 0, state.margin, (state.path, char))], text)

    def _noted(self, end: int, held: int, states: Sequence[State], pinyin: str) -> None:
        """A lost trail byte, or both, of a character whose pinyin is shown."""
        self.beam.alone = False
        for state in sorted(states, key=attrgetter("cost"))[:FEW]:
            if held == OPEN:
                chars = candidates.noted_behind(state.trail, pinyin)
            else:
                chars = candidates.noted(held, pinyin)
            for char in chars:
                self.beam.take(end, EVEN, [state], char, self._seen(char))

    def _lost(self, end: int, held: int, states: Sequence[State]) -> None:
        """A trail byte that was lost, with the next lead byte or with ASCII behind it."""
        turn = self._turn(end)
        if turn > -_PLAIN:
            self._gap(end, held, states)
        if turn < _PLAIN and (self.evidence.keeps or self.source[end : end + 1] not in _LOST):
            self._swallowing(end, held, states)

    def _gap(self, end: int, held: int, states: Sequence[State]) -> None:
        token = _TOKEN.match(self.source, end)
        if token is None or token.lastgroup in ("note", "narrow"):
            return
        if held > 0:
            cell, most = candidates.unread(held), STATES
        else:
            cell, most = candidates.any_unread(), FEW
        new = []
        for cost, _, state, char, simple in Ways(states, cell, most).best("", MANY):
            last, trail = state.last[1] + simple, characters()[char][1]
            new.append(State(cost, last, trail, state.margin, (state.path, char)))
        if token.lastgroup in ("run", "trail"):
            if new:
                self._open(end, new, token.lastgroup)
            return
        for state in new:
            self.beam.push(end, OPEN, state)

    def _swallowing(self, end: int, held: int, states: Sequence[State]) -> None:
        cell = candidates.row(held) if held > 0 else candidates.anything()
        ways = Ways(states, cell, STATES if held > 0 else FEW)
        found: list[tuple[int, State, str]] = []  # with the cost of what was swallowed, and that
        limit = NEVER
        for swallowed, cost in self._swallowed(end):
            # Behind an inline tag, an entity or an attribute the text may go on or end.
            inline = swallowed == "<" and _INLINE.match(self.source, end)
            open_ = inline or swallowed in ("&", '"')
            shown = "" if open_ else plain(swallowed or self.source[end : end + 1] or "\n")
            for before, whole, state, char, simple in ways.best(shown, FEW, limit - cost):
                last, path = state.last[1] + simple, (state.path, char + swallowed)
                new = State(before + cost, last, 0, state.margin, path)
                found.append((whole + cost, new, shown if swallowed else ""))
                limit = min(limit, whole + cost + CLOSE)
        if not _MARKUP.match(self.source, end) and not self._is_shifted(end):
            if word := _WORD.match(self.source, end):
                found += self._letter(held, states, word[0])
            elif not self.evidence.keeps:
                found += self._digit(end, ways, limit)
        found.sort(key=itemgetter(0))
        for whole, state, shown in found[:STATES]:
            if whole > found[0][0] + CLOSE:
                break
            if shown:
                cost = state.cost + self.statistics.cost(state.last, shown)
                state = State(cost, state.last[1] + shown, 0, state.margin, state.path)
            self.beam.push(end, EVEN, state)

    def _letter(
        self, held: int, states: Sequence[State], word: str
    ) -> Iterator[tuple[int, State, str]]:
        """A letter that was lost: the one before the rest of the word elsewhere on the page."""
        letter = self._first(word)
        cell = candidates.unlettered(held) if held > 0 else candidates.anything()
        cost = _LETTER if letter else _ANY_LETTER
        for before, whole, state, char, simple in Ways(states, cell, FEW).best("A", FEW):
            margin = state.margin if letter else UNSURE
            last, path = state.last[1] + simple, (state.path, char + (letter or UNKNOWN))
            yield whole + cost, State(before + cost, last, 0, margin, path), "A"

    def _digit(self, end: int, ways: Ways, limit: int) -> Iterator[tuple[int, State, str]]:
        """A digit that was lost: which one can be told of a year or a month at most."""
        found = _YEAR.match(self.source, end)
        digit = "2" if found and found["two"] else "1" if found else UNKNOWN
        for before, whole, state, char, simple in ways.best("0", FEW, limit - _DIGIT):
            margin = state.margin if found else UNSURE
            last, path = state.last[1] + simple, (state.path, char + digit)
            yield whole + _DIGIT, State(before + _DIGIT, last, 0, margin, path), "0"

    def _swallowed(self, end: int) -> Iterator[tuple[str, int]]:
        """What the decoder may have taken for a trail byte in front of `end`, and its cost."""
        rest = self.source[end : end + 24]
        if self.evidence.keeps:
            yield "", 0
        elif _TAG.match(rest):
            yield "<", 10 if _INLINE.match(rest) else 2
        elif _ENTITY.match(rest):
            yield "&", 10
        elif _ATTRIBUTE.match(rest):
            yield '"', 10
        elif rest[:1] in ("\n", "\r"):
            yield rest[0], 4
        elif rest == "" or rest[0] in "，。、！？；：”":
            yield "", 10
            if self.asks:
                yield "？", 24
        elif rest[0] not in "0123456789.%" and not self._is_shifted(end):
            if self.asks:
                yield "？", 30
            if self.lines:
                yield "\n", 24
            yield ",", 30
            yield " ", 44

    def _next(self, at: int) -> str:
        """What an even reading has at a place, Simplified; nothing where that is not sure."""
        char = self.source[self._past_note(at) :][:1] or "\n"
        return "" if char in "?\ufffd" else plain(char)

    def _is_shifted(self, at: int) -> bool:
        """Whether what is shown at a place is no Chinese at all."""
        known = self.shifted.get(at)
        if known is None:
            text = plain(self.source[at : at + _GLANCE])
            cost = self.statistics.cost(text[:2].rjust(2, "，"), text[2:])
            known = len(text) == _GLANCE and cost > _NONSENSE * (_GLANCE - 2)
            self.shifted[at] = known
        return known

    def _past_note(self, at: int) -> int:
        note = _NOTE.match(self.source, at)
        return note.end() if note else at

    def _first(self, word: str) -> str:
        """The letter before the rest of a word, if the page has the word elsewhere."""
        found = re.findall(rf"(?<![A-Za-z])([A-Za-z]){re.escape(word)}(?![A-Za-z])", self.source)
        return found[0] if len(set(found)) == 1 else ""


_INLINE = re.compile(r"/?(?:a|b|big|em|font|i|img|small|span|strong|sub|sup|u)[\s/>]", re.I)
_TAG = re.compile(r"/?[a-zA-Z][a-zA-Z0-9]*[\s/>]|!--")
_ENTITY = re.compile(r"(?:nbsp|quot|amp|[lg]t|#\d+|[lr][ds]quo|hellip|mdash|middot);")
_ATTRIBUTE = re.compile(r"\s*/?>|\s[a-z-]+=")
_MARKUP = re.compile("|".join(one.pattern for one in (_TAG, _ENTITY, _ATTRIBUTE)))
_YEAR = re.compile(r"(?P<two>0\d\d(?!\d))|9\d\d年|[012]月")


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
