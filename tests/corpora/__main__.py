"""Makes the weights of spam's runs and traits anew: `python -m tests.corpora` (about a minute)."""

from __future__ import annotations

import sys
from pathlib import Path

from ecnews.text import likeness, spam
from tests.corpora import honest, learning
from tests.corpora import spam as made

RULES = Path(likeness.__file__).parent / "rules"


def main() -> int:
    text = learning.text_of(learning.learn())
    (RULES / "likeness.txt").write_text(text, "utf-8")
    likeness.weights.cache_clear()
    lines = list(made.lines(1000, "unseen", "made"))
    missed = sum(spam.judge(line) is None for line in lines)
    lost = sum(spam.judge(line) is not None for line in honest.lists(1000, "made"))
    print(f"{len(text)} characters; of 1000 lines each {missed} of spam missed, {lost} honest lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
