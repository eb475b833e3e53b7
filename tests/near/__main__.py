"""`python -m tests.near`: what share of copies is found and of lookalikes is married, by kind."""

from __future__ import annotations

import sys
from functools import partial

from tests.near import pairs
from tests.near.lookalikes import WAYS
from tests.replica import Corpus, rewrites
from tests.replica.dice import Dice


def main(count: int) -> None:
    """`count` pairs of each kind."""
    corpus = Corpus(2000, seed=17)
    print("copies found             of articles  of formulas")
    sums = [0, 0]
    for kind in rewrites.EDITS:
        found = [
            sum(pairs.married(*pair) for pair in made(kind, count))
            for made in (partial(pairs.copies, corpus=corpus), pairs.formula_copies)
        ]
        sums = [a + b for a, b in zip(sums, found, strict=True)]
        print(f"{kind:40}" + "".join(f"{part / count:9.3f}" for part in found))
    total = count * len(rewrites.EDITS)
    print(f"{'all':40}" + "".join(f"{part / total:9.3f}" for part in sums))
    print("\nby share of characters edited")
    for percent in (2, 5, 8, 10, 12, 15, 20):
        dice = Dice(f"severity:{percent}")
        found_all = 0
        for _ in range(count):
            article = corpus[dice.below(len(corpus))]
            copy = rewrites.characters(percent / 100, dice, article.title, article.body)
            found_all += pairs.married((article.title, article.body), copy)
        print(f"{percent:3}%{found_all / count:9.3f}")
    print("\nlookalikes married               tuned on   held out   (number of pairs)")
    for way in WAYS:
        shares = []
        for formulas in (pairs.FORMULAS, pairs.HELD_OUT):
            those = [formula for formula in formulas if way in pairs.ways(formula)]
            wrong = sum(
                pairs.married(*pair)
                for formula in those
                for pair in pairs.lookalikes(formula, way, count)
            )
            shares.append(f"{wrong:6} of {count * len(those):5}")
        print(f"{way:30}" + "".join(shares))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
