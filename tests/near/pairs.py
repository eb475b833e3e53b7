"""Pairs whose answer is known, judged as a crawl does: signature first, then the two texts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ecnews.text import fingerprint, near, story
from tests.near.lookalikes import WAYS, Formula, Text, load
from tests.replica import Corpus, rewrites
from tests.replica.dice import Dice

FORMULAS = load("lookalikes.toml")
HELD_OUT = load("heldout.toml")


def married(a: Text, b: Text) -> bool:
    """Whether the two end up in one story."""
    ours, theirs = fingerprint.signature(a[1]), fingerprint.signature(b[1])
    meet = bool((ours.bands == theirs.bands).any()) and bool(
        near.near(ours, theirs.slots[None], np.array([theirs.shingles]))[0].size
    )
    return meet and story.same(story.Told(*a), story.Told(*b))


def copies(kind: str, count: int, corpus: Corpus) -> Iterator[tuple[Text, Text]]:
    """Articles of the replica and what one kind of rewriting makes of them."""
    dice = Dice(f"copies:{kind}")
    for _ in range(count):
        article = corpus[dice.below(len(corpus))]
        yield (
            (article.title, article.body),
            rewrites.rewritten(kind, dice, article.title, article.body),
        )


def formula_copies(
    kind: str, count: int, formulas: list[Formula] = FORMULAS
) -> Iterator[tuple[Text, Text]]:
    """The same of texts that are mostly figures, and often short."""
    dice = Dice(f"formulas:{kind}")
    for _ in range(count):
        formula = dice.pick(formulas)
        way = "figures" if "figures" in formula.groups() else "names"
        text, _ = formula.pair(dice, way)
        yield text, rewrites.rewritten(kind, dice, *text)


def lookalikes(formula: Formula, way: str, count: int) -> Iterator[tuple[Text, Text]]:
    dice = Dice(f"lookalikes:{formula.name}:{way}")
    for _ in range(count):
        yield formula.pair(dice, way)


def ways(formula: Formula) -> list[str]:
    """In which ways two texts of a formula can differ."""
    return [way for way, groups in WAYS.items() if set(groups) <= formula.groups()]
