"""How probable characters are behind others: interpolated modified Kneser-Ney smoothing of trigrams
(Chen and Goodman, An Empirical Study of Smoothing Techniques for Language Modeling, 1998)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from ecnews.text.chinese import plain

ORDER = 3
START = "\n" * (ORDER - 1)
VOCABULARY = 7000  # characters among which one that was never counted is sought


class KneserNey:
    """counts[n]: how often n characters follow each other; below ORDER, behind how many others."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.counts = [Counter[str]() for _ in range(ORDER + 1)]
        for line in lines:
            text = f"{START}{plain(line)}\n"
            self.counts[ORDER].update(text[at : at + ORDER] for at in range(len(text) - ORDER + 1))
        for size in range(ORDER - 1, 0, -1):
            self.counts[size].update(key[1:] for key in self.counts[size + 1])
        self.behind = [_behind(counts) for counts in self.counts]
        self._discounts = [_discounts(counts) for counts in self.counts]

    def probability(self, before: str, char: str) -> float:
        """That a character follows up to ORDER - 1 others."""
        found = 1 / VOCABULARY
        for size in range(1, min(ORDER, len(before) + 1) + 1):
            context = before[len(before) - size + 1 :]
            if context not in self.behind[size]:
                break
            total, *kinds = self.behind[size][context]
            count, discounts = self.counts[size][context + char], self._discounts[size]
            left = sum(map(float.__mul__, discounts[1:], map(float, kinds))) / total
            found = max(count - discounts[min(count, 3)], 0) / total + left * found
        return found


def _behind(counts: Counter[str]) -> dict[str, list[int]]:
    """Each context: how often anything follows; how many that follow once, twice, more often."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for key, count in counts.items():
        context = found[key[:-1]]
        context[0] += count
        context[min(count, 3)] += 1
    return dict(found)


def _discounts(counts: Counter[str]) -> list[float]:
    """What is taken of a count of 0, 1, 2, 3 and more."""
    once, twice, thrice, four = (
        max(1, sum(count == times for count in counts.values())) for times in (1, 2, 3, 4)
    )
    left = once / (once + 2 * twice)
    steps = zip((once, twice, thrice), (twice, thrice, four), strict=True)
    raw = [at - (at + 1) * left * more / less for at, (less, more) in enumerate(steps, 1)]
    return [0.0, *(min(max(one, 0.1 * at), 0.95 * at) for at, one in enumerate(raw, 1))]
