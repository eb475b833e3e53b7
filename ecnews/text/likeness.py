"""How much a text sounds like keyword spam, and how much it looks like it.

The weights are data (`rules/likeness.txt`): one for each run of characters that tells the two
apart and one for each trait of the shape, as `python -m tests.corpora` learns them from texts of
both kinds. Each is a summand of the logarithm of the odds, so that a finding can name what it is
made of.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise
from operator import add

from ahocorasick_rs import AhoCorasick, Implementation

from ecnews.errors import DataFileError

_FILE = "likeness.txt"
TRAIT = "\t"  # what the name of a trait begins with in the file
WORD = "="  # what stands before a word of an alphabet
# Traits of a text as a whole, which its parts do not have.
OF_WHOLE = frozenset(
    (
        "base",
        "list",
        "pieces",
        "mean",
        "closed",
        "stem",
        "tail",
        "contact",
        "signs",
        "latin",
    )
)
_TELLS = 0.2  # from which weight on a run is worth looking for
_NOT_SOUGHT = frozenset(f"^${TRAIT}")
_NAME = 5  # characters of a name with figures
MOST = 2  # times that a run counts in one text
_LETTER = "a-z\u00c0-\u024f\u1e00-\u1eff\u0400-\u04ff"
_PIECE = re.compile(
    r"[^|｜丨¦_,，、;；/\\·•★☆※◆●■#＃~～+＋…\s—–=<>《》【】\[\]()（）。！？!?：:\-\"“”→\u2600-\u27bf\U0001f300-\U0001faff]+"
)
# Of one script, and within a piece: \u4e28 is a bar.
_RUN = re.compile(
    rf"[{_LETTER}0-9]+|[\u3400-\u4e27\u4e29-\u9fff]+"
    r"|[\u3040-\u30ff]+|[\u0e00-\u0e7f]+|[\uac00-\ud7af]+"
)
_WORD = re.compile(f"[{_LETTER}]+")
_HOST = re.compile(
    r"(?<![a-z0-9@.-])(?:[a-z0-9-]{1,40}\.){1,4}(?:com|cn|net|org|cc|vip|app|club|bet|win|me|tv|top|xyz|"
    r"xxx|io|info|fun|live|one|pro|site|online|shop|link|icu|buzz|co|la|im|in|to|ws|biz|us|hk|tw)(?![a-z0-9])"
)
# Hosts as spam has them, a new one each week.
_ODD_HOST = re.compile(
    r"\d{3}|([a-z])\1\1|\.(?:cc|vip|app|club|bet|win|top|xyz|xxx|fun|live|site|icu|buzz|ws)$"
)
_TRIPLE = re.compile(r"([a-z])\1\1")
_MARK = re.compile(r"[。！？；“”‘’：《》]")
_FUNCTION = re.compile(
    "[的了是在和与将对为被把从而也就及等于以其该由并但因后中让向给它他她们着过这那]"
)
_CONTACT = re.compile(
    r"(?:微信|[薇威徽崴]信|v信|加[薇微v]|vx|wx|qq|扣扣|q群|企鹅|电报|line|telegram|tg|飞机|蝙蝠|skype|whatsapp)"
    r"[^\u3400-\u9fffa-z0-9]{0,4}(?:同?号|id|群)?[^\u3400-\u9fffa-z0-9]{0,3}[a-z0-9_-]{5,}"
    r"|(?<!\d)1[3-9]\d{9}(?!\d)"
)
_SIGN = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff●★☆◆■♥❤→←↓]")
_SHORT, _LIST = 13, 3  # characters a piece at most and pieces at least that make a list


@cache
def weights() -> dict[str, float]:
    """The weight of each run and trait. Raises DataFileError for a line that is none."""
    return parse((files("ecnews.text.rules") / _FILE).read_text("utf-8"))


def parse(text: str) -> dict[str, float]:
    """The weights of a text that has a weight and what it is of on each line."""
    found: dict[str, float] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line and not line.startswith("#"):
            weight, _, names = line.partition(" ")
            try:
                found |= dict.fromkeys(names.split(" "), float(weight))
            except ValueError as error:
                raise DataFileError(f"{_FILE}: line {number}: {error}") from error
    return found


def hints(texts: Sequence[str]) -> dict[int, float]:
    """What runs that speak for spam add in texts that were folded, by position: about, and at once;
    texts that have none are left out. A character alone, and the end of a piece, say too little."""
    weights_, automaton = _telling()
    starts = list(accumulate((len(text) + 1 for text in texts), initial=0))
    found: dict[int, float] = defaultdict(float)
    for run, start, _ in automaton.find_matches_as_indexes("\n".join(texts), overlapping=True):
        found[bisect_right(starts, start) - 1] += weights_[run]
    return found


@cache
def _telling() -> tuple[list[float], AhoCorasick]:
    told = {
        run.removeprefix(WORD).replace(WORD, " "): weight
        for run, weight in weights().items()
        if weight >= _TELLS and len(run) > 1 and not _NOT_SOUGHT.intersection(run)
    }
    return list(told.values()), AhoCorasick(told, implementation=Implementation.ContiguousNFA)


def runs(folded: str) -> dict[str, float]:
    """What each run of characters in a text that was folded adds."""
    known, counts = weights(), count(folded)
    return {run: known[run] * min(counts[run], MOST) for run in filter(known.__contains__, counts)}


def traits(text: str, folded: str) -> dict[str, float]:
    """What the shape of a text adds, trait by trait."""
    known = weights()
    return {
        name: known.get(TRAIT + name, 0.0) * value
        for name, value in shape(text, folded).items()
        if value
    }


def strongest(runs: Mapping[str, float], most: int) -> list[str]:
    """The runs that add most, as they stand in the text, no run within another."""
    found: list[str] = []
    for run in sorted(runs, key=lambda run: -runs[run]):
        plain = run.strip("^$=").replace(WORD, " ")
        if runs[run] > 0 and plain and not any(plain in other or other in plain for other in found):
            found.append(plain)
        if len(found) == most:
            break
    return found


def count(folded: str) -> Counter[str]:
    """The runs of characters in a text that was folded: one, two and three
    characters (`^` and `$` are the ends of a piece), words of an alphabet and pairs of such.

    >>> sorted(count("无码|av 88"))
    ['$', '=88', '=av', '^', '^无', '无', '无码', '码', '码$']
    """
    found: list[str] = []
    for run in _RUN.findall(folded):
        if run[0] < "\u0e00":
            found.append(WORD + (run if run.isalpha() else _figures(run)))
            if len(run) <= _NAME and not run.isalpha() and not run.isdigit():
                found.append(WORD + run)  # a name: 17c, 3c, b2b
        else:
            bounded = f"^{run}$"
            pairs = list(map(add, bounded, bounded[1:]))
            found += pairs
            found += map(add, pairs[1:-1], run[2:])
            found += bounded
    found += [f"={one}={other}" for one, other in pairwise(_WORD.findall(folded))]
    return Counter(found)


def _figures(word: str) -> str:
    """A number or a word with figures, told apart no further than spam is.

    >>> _figures("13800138000"), _figures("91"), _figures("av88"), _figures("2026")
    ('#11', '91', 'av0', '20#')
    """
    if not word.isdigit():
        return re.sub(r"\d+", "0", word)
    if len(word) == 4 and word.startswith(("19", "20")):
        return "20#"
    return word if len(word) <= 3 else f"#{min(len(word), 12)}"


def shape(text: str, folded: str) -> dict[str, float]:
    """The traits of a text in numbers of about the same size."""
    pieces = _PIECE.findall(folded)
    hosts = [m[0] for m in _HOST.finditer(folded)] if "." in folded else []
    listed, least = len(pieces) >= _LIST, max(_LIST, len(pieces) // 3)
    return {
        "base": 1.0,
        "list": float(listed and len(folded) <= _SHORT * len(pieces)),
        "pieces": min(len(pieces), 30) / 10,
        "mean": min(len(folded) / max(1, len(pieces)), 30) / 10,
        "marks": min(len(_MARK.findall(text)), 8) / 2,
        "function": min(len(_FUNCTION.findall(folded)), 20) / 5,
        "closed": float(text[-1:] in "。？！”"),
        "stem": float(listed and _most_common([piece[:2] for piece in pieces]) >= least),
        "tail": float(listed and _most_common([piece[-2:] for piece in pieces]) >= least),
        "contact": float(bool(_CONTACT.search(folded))),
        "hosts": min(len(hosts), 3),
        "odd-hosts": min(sum(bool(_ODD_HOST.search(host)) for host in hosts), 4),
        "signs": min(len(_SIGN.findall(text)), 5) / 2,
        "triples": min(len(_TRIPLE.findall(folded)), 3),
        "latin": float(folded.isascii()),
    }


def _most_common(ends: list[str]) -> int:
    return max(Counter(end for end in ends if len(end) == 2).values(), default=0)
