"""Recovery of hijacked and of honest text, against OpenCC's conversion of the same text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count, cycle
from pathlib import Path

import opencc

import tests.chinese
from ecnews.text.hijack import recover
from tests.bench.measure import Row, cpu_ms
from tests.replica.mirror import mirror, page

ROUNDS, CALLS = 9, 40
SHARE = 0.3  # of the convertible characters in the mirrors' tables


def rows() -> Iterator[Row]:
    """Hijacked pages, each seen for the first time: a text seen before is remembered; and honest
    ones."""
    unseen = (Path(tests.chinese.__file__).parent / "unseen.txt").read_text("utf-8")
    articles = [article.splitlines() for article in unseen.split("\n\n")]
    seeds = count(1)
    shown = [
        page(article, mirror(SHARE, next(seeds)))
        for _ in range(1 + ROUNDS * CALLS // len(articles))
        for article in articles
    ]
    yield _row("hijacked text, first seen : OpenCC's t2s", shown, ceiling=10)
    honest = [page(article) for article in articles]
    yield _row("honest text, looked at for signs : OpenCC's t2s", honest, ceiling=0.5)


def _row(name: str, texts: list[str], ceiling: float) -> Row:
    convert = opencc.OpenCC("t2s").convert
    figures = cpu_ms(
        {"ours": (_one_after_another(recover, texts), CALLS),
         "theirs": (_one_after_another(convert, texts), CALLS)},
        rounds=ROUNDS,
    )  # fmt: skip
    size = sum(len(text.encode()) for text in texts) / len(texts)
    per_second = size / figures["ours"].median / 1000
    return Row(
        f"{name} ({per_second:.1f} MB/s)", figures["ours"], figures["theirs"], "ms CPU",
        ceiling=ceiling,
    )  # fmt: skip


def _one_after_another(function: Callable[[str], object], texts: list[str]) -> Callable[[], object]:
    following = cycle(texts)
    return lambda: function(next(following))
