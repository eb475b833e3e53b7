"""The same articles as others tell them: every one rewritten, under its own number."""

from __future__ import annotations

from dataclasses import replace

from tests.replica.articles import Article, Corpus
from tests.replica.dice import Dice
from tests.replica.rewrites import EDITS, rewritten
from tests.replica.stories import Block

_KINDS = tuple(EDITS)


class Copies(Corpus):
    """A corpus whose articles are copies of those that the same arguments make a `Corpus` of."""

    def kind(self, index: int) -> str:
        """How an article was rewritten."""
        return _KINDS[self.draw(index, 5) % len(_KINDS)]

    def _make(self, index: int) -> Article:
        original = super()._make(index)
        title, body = self._rewritten(index, original.title, original.body)
        paragraphs = (line for line in body.replace("\t", " ").split("\n") if line.strip())
        return replace(original, title=title, blocks=tuple(Block("p", line) for line in paragraphs))

    def _title(self, index: int) -> str:
        return self[index].title

    def _rewritten(self, index: int, title: str, body: str) -> tuple[str, str]:
        dice = Dice(f"{self.seed}:{index}:copy")
        return rewritten(self.kind(index), dice, title, body)
