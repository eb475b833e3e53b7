"""What one text of a story has otherwise than another, for a reader."""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz import fuzz

from ecnews.text.align import align
from ecnews.text.story import Told

_ONE = 65  # percent of two paragraphs that are one, edited


def differences(best: Told, other: Told) -> Iterator[str]:
    """What `other` has otherwise than `best`, a phrase each; none if nothing counts.

    >>> a = "即时零售订单占比升至37%，前置仓达到412个，履约成本继续下降。"
    >>> b = "分析人士认为，下沉市场的增量仍在释放，补贴退坡之后的复购率有待观察。"
    >>> list(differences(Told("财报", f"{a}\\n\\n{b}"), Told("财报！", a.replace("412", "413"))))
    ['1 paragraph less', 'figures: 412 -> 413']
    """
    if [piece.plain for piece in best.headline] != [piece.plain for piece in other.headline]:
        yield "other title"
    ours, theirs = (told.body.split("\n\n") for told in (best, other))
    yield from _counted(_without(ours, theirs), "paragraph", "less")
    yield from _counted(_without(theirs, ours), "paragraph", "more")
    common = align(best.sentences, other.sentences)
    yield from _counted(common.edited, "character", "edited")
    changed = [change for change in common.figures if change.before != change.after]
    if changed:
        yield "figures: " + ", ".join(f"{change.before} -> {change.after}" for change in changed)


def _without(ours: list[str], theirs: list[str]) -> int:
    """How many paragraphs have no counterpart."""
    return sum(all(fuzz.ratio(one, other) < _ONE for other in theirs) for one in ours)


def _counted(count: int, what: str, how: str) -> Iterator[str]:
    if count:
        yield f"{count} {what}{'s' if count > 1 else ''} {how}"
