"""What the weights of `ecnews/text/rules/likeness.txt` are learned from, and how.

Lines of spam are put together from phrases in many makes, honest ones from lists, headlines and
paragraphs; the weights are those of a logistic regression over runs of characters and traits.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecnews.text import likeness, stocks
from ecnews.text.folding import closed_up, fold
from tests.corpora import honest, spam
from tests.replica.dice import Dice
from tests.replica.words import BRANDS, CITIES, COUNTRIES, GOODS, KEYWORDS, SOURCES, company, person

Example = tuple[str, bool]
DRAWN = {"spam": 18_000, "foreign": 2_500, "sentences": 2_500, "honest": 32_000}
DIVIDERS: tuple[str, ...] = (
    *"||__--,，、、  /·｜;●★❤#+>→\\", " | ", " - ", "【】",
)  # fmt: skip
STOCKS_OF = {"others": "seo"}  # the trades of spam.toml that are called otherwise here
NO_SENTENCES = ("local", "contact", "english", "downloads")
HONEST_TEXTS = (
    *("companies", "daily", "earlier", "features", "goods", "industry", "phrases", "reports"),
    *("results", "services", "trade"),
)
RUNS = 50_000  # that are kept
_RATE, _SHRINK, _HONEST_COUNTS = 0.15, 3e-5, 2.2


def learn() -> dict[str, float]:
    """The weights: a first round says which runs are worth keeping, a second weighs those."""
    examples = list(corpus())
    first = regression(examples, rounds=3)
    runs = sorted(
        (run for run in first if not run.startswith(likeness.TRAIT)),
        key=lambda run: -abs(first[run]),
    )
    return regression(examples, rounds=5, only=frozenset(runs[:RUNS]))


def text_of(weights: Mapping[str, float]) -> str:
    """The weights as `likeness.txt` has them: traits, then the runs of each weight."""
    traits = sorted(name for name in weights if name.startswith(likeness.TRAIT))
    found = [f"{weights[name]:.2f} {name}" for name in traits]
    runs: dict[float, list[str]] = defaultdict(list)
    for name, weight in weights.items():
        if not name.startswith(likeness.TRAIT) and round(weight, 1):
            runs[round(weight, 1)].append(name)
    found += [f"{weight} {' '.join(sorted(runs[weight]))}" for weight in sorted(runs, reverse=True)]
    head = "# Made by `python -m tests.corpora`; see ecnews/text/likeness.py."
    return "\n".join((head, *found, ""))


def corpus() -> Iterator[Example]:
    """All examples; those that were written for their shape come several times."""
    for draw, times in (
        (spam_line, DRAWN["spam"]),
        (foreign_line, DRAWN["foreign"]),
        (sentence, DRAWN["sentences"]),
    ):
        yield from ((text, True) for text in drawn(draw, times))
    yield from ((text, True) for text in 6 * lines("whole"))
    yield from ((text, False) for text in drawn(honest_line, DRAWN["honest"]))
    yield from ((text, False) for text in paragraphs())
    yield from ((text, False) for text in 12 * lookalikes())
    yield from ((text, False) for text in 6 * list(honest.written()))
    yield from ((text, True) for text in 8 * collected("lines-spam.txt"))
    yield from ((text, False) for text in 12 * collected("lines-honest.txt"))
    for stock in stocks.rules().stocks:
        yield from ((text, True) for text in 6 * stock.yes)
        yield from ((text, False) for text in 12 * stock.no)


def drawn(draw: Callable[[Dice], str], times: int) -> Iterator[str]:
    for i in range(times):
        yield draw(Dice(f"{draw.__name__}:{i}"))


# --- spam


def spam_line(dice: Dice) -> str:
    """Phrases of one trade or of several, some with endings, glued, or with honest words among
    them; now and then the pages of a house, or a way to get in touch."""
    trade = dice.pick(often())
    stock = trades()[trade]
    count = dice.pick((2, 3, 3, 4, 5, 6, 8, 10, 12, 16, 24))
    parts = [dice.pick(stock) for _ in range(count)]
    if dice.chance(0.1):
        parts = [dice.pick(trades()[dice.pick(often())]) for _ in range(count)]
    if dice.chance(0.3) and (common := common_words().get(trade)):
        parts = [part if dice.chance(0.6) else dice.pick(common) for part in parts]
    if dice.chance(0.35):
        parts = [
            part + dice.pick(makes_words("endings")) if dice.chance(0.4) else part for part in parts
        ]
    if dice.chance(0.25):
        parts = [one + other for one, other in zip(parts[::2], parts[1::2], strict=False)] or parts
    if trade in ("gambling", "downloads", "hack") and dice.chance(0.25):
        stem = "".join(dice.pick(makes_words("stems")[0]) for _ in range(dice.between(2, 3)))
        parts = [stem + dice.pick(makes_words("pages")) for _ in range(max(3, count))]
    if trade == "porn" and dice.chance(0.15):
        parts = [*dice.shuffled(makes_words("bare"))[: max(1, count - 1)], "无码"]
    return join(dice, list(mixed(dice, trade, parts)))


def mixed(dice: Dice, trade: str, parts: list[str]) -> list[str]:
    if dice.chance(0.15):
        for _ in range(dice.between(1, max(1, len(parts) // 3))):
            parts.insert(
                dice.below(len(parts) + 1),
                dice.pick((*plain_words(), *KEYWORDS, *makes_words("own"))),
            )
    if len(parts) > 3 and dice.chance(0.06):
        parts.insert(dice.pick((0, len(parts), len(parts) // 2)), dice.pick(clauses()))
    if dice.chance(0.15) or trade == "local":
        parts.append(fill(dice, dice.pick(lines("contacts"))))
    if trade in ("english", "contact"):
        parts += [dice.pick(trades()[dice.pick(often())]) for _ in range(3)]
    return parts


def foreign_line(dice: Dice) -> str:
    parts = [
        part
        for part in re.split(r"\s*[|,，、;。]\s*| - ", dice.pick(lines("foreign")))
        if part.strip()
    ]
    parts = dice.shuffled(parts)[: dice.between(3, max(3, len(parts)))]
    return dice.pick((" | ", ", ", "|", " - ", " ")).join(parts)


def sentence(dice: Dice) -> str:
    trade = dice.pick(
        [name for name in often() if name not in ("local", "contact", "english", "downloads")]
    )
    p, q, r = (dice.pick(trades()[trade]) for _ in range(3))
    return fill(dice, dice.pick(lines("sentences")), p=p, q=q, r=r)


def fill(dice: Dice, template: str, **phrases: str) -> str:
    name = "".join(dice.pick("abcdefghijkmnpqrstwxyz") for _ in range(dice.between(2, 5)))
    name += "".join(dice.pick("0123456789") for _ in range(dice.between(2, 5)))
    number = "".join(dice.pick("123456789") for _ in range(dice.between(6, 10)))
    mobile = "1" + dice.pick("3578") + "".join(dice.pick("0123456789") for _ in range(9))
    return template.format(w=name, d=number, m=mobile, **phrases)


def join(dice: Dice, parts: list[str]) -> str:
    divider = dice.pick(DIVIDERS)
    return "".join(f"【{part}】" for part in parts) if divider == "【】" else divider.join(parts)


# --- honest


def honest_line(dice: Dice) -> str:
    """Lists in the shapes that spam has, reports that quote it, headlines, clauses, paragraphs."""
    kind = dice.below(130)
    if kind >= 125:
        return relisted(dice)
    if kind >= 115:
        return glued(dice)
    if kind >= 100:
        return plain_list(dice)
    if kind < 42:
        return honest_list(dice)
    if kind < 52:
        a, b, c = (dice.pick(trades()[dice.pick(often())]) for _ in range(3))
        return str(dice.pick(reports()).format(a=a, b=b, c=c))
    if kind < 58:
        return dice.pick(listed())
    if kind < 62:
        return dice.pick(DIVIDERS[:12]).join((dice.pick(headlines()), dice.pick(headlines())))
    if kind < 75:
        return dice.pick(paragraphs())
    if kind < 85:
        return dice.pick(clauses())
    return relisted(dice)


def relisted(dice: Dice) -> str:
    """A line that was written, often with its parts in another order and divided otherwise."""
    line = dice.pick((*lookalikes(), *honest.written()))
    parts = [part for part in re.split(r"[|、 ｜/，]", line) if part]
    if len(parts) > 2 and len(line) < 80 and dice.chance(0.7):
        return join(dice, dice.shuffled(parts))
    return line


def honest_list(dice: Dice) -> str:
    stock = dice.pick((
        listed(), listed(), listed(), plain_words(), GOODS, BRANDS, (*CITIES, *COUNTRIES), SOURCES,
        people(), companies(), KEYWORDS, clauses() if dice.chance(0.3) else listed(),
    ))  # fmt: skip
    parts = [dice.pick(stock) for _ in range(dice.between(2, 14))]
    if dice.chance(0.2):
        parts = [dice.pick(honest.BEFORE) + part for part in parts]
    if dice.chance(0.2):
        parts = [part + dice.pick(honest.BEHIND) for part in parts]
    if dice.chance(0.15):
        stem, tail = dice.pick(listed())[:2], dice.pick(listed())[-3:]
        parts = [stem + part if dice.chance(0.5) else part + tail for part in parts]
    return join(dice, parts)


def plain_list(dice: Dice) -> str:
    """What an honest article lists of what spam deals with, among goods now and then."""
    words = load("lookalikes.toml")["plain"]
    stock = words[dice.pick(sorted(words))].split()
    parts = [dice.pick(stock) for _ in range(dice.pick((1, 2, 3, 4, 5, 5, 6, 7, 8, 10)))]
    if dice.chance(0.3):
        parts.insert(dice.below(len(parts) + 1), dice.pick(listed()))
    return join(dice, list(dict.fromkeys(parts)))


def glued(dice: Dice) -> str:
    plain = load("lookalikes.toml")["plain"]
    word = dice.pick(plain[dice.pick(sorted(plain))].split())
    template = str(dice.pick(str(load("lookalikes.toml")["glued"]).strip().splitlines()))
    return template.format(g=dice.pick(GOODS), w=dice.pick((word, dice.pick(listed()))))


@cache
def paragraphs() -> list[str]:
    texts = files("tests.chinese")
    return [
        line
        for name in HONEST_TEXTS
        for line in (texts / f"{name}.txt").read_text("utf-8").splitlines()
        if line.strip()
    ]


@cache
def listed() -> list[str]:
    """What stands in lists and in quotation marks in honest paragraphs."""
    name = r"[\u3400-\u9fffA-Za-z0-9]{1,10}"
    found = []
    for text in paragraphs():
        for match in re.finditer(f"{name}(?:、{name})+", text):
            names = match[0].split("、")
            found += names[1:-1] or names
        found += re.findall(r"“([^“”]{2,8})”", text)
    return found


@cache
def headlines() -> list[str]:
    return [text for text in paragraphs() if len(text) < 40]


@cache
def clauses() -> list[str]:
    return [
        part
        for text in paragraphs()
        for part in re.split(r"[，。；：！？]", text)
        if 4 < len(part) < 25
    ]


@cache
def people() -> list[str]:
    return [person(Dice(f"people:{i}")) for i in range(600)]


@cache
def companies() -> list[str]:
    return [company(Dice(f"companies:{i}")) for i in range(300)]


@cache
def plain_words() -> list[str]:
    return [*BRANDS, *CITIES, *COUNTRIES, *GOODS, *GOODS, *KEYWORDS, *SOURCES]


@cache
def lookalikes() -> list[str]:
    return str(load("lookalikes.toml")["lines"]).strip().splitlines()


@cache
def reports() -> list[str]:
    return str(load("lookalikes.toml")["reports"]).strip().splitlines()


@cache
def makes_words(name: str) -> list[str]:
    return str(load("makes.toml")[name]).split()


@cache
def lines(name: str) -> list[str]:
    return str(load("makes.toml")[name]).strip().splitlines()


def collected(name: str) -> list[str]:
    """Lines of a file, written by hand by people who did not know the rules."""
    return (files("tests.corpora") / name).read_text("utf-8").splitlines()


# --- phrases


@cache
def load(name: str) -> dict[str, Any]:
    return tomllib.loads((files("tests.corpora") / name).read_text("utf-8"))


@cache
def trades() -> dict[str, list[str]]:
    """The phrases of each trade, those of its stock and the seen ones of spam.toml."""
    found = {name: table["words"].split() for name, table in load("trades.toml").items()}
    for trade in spam.TRADES:
        found[STOCKS_OF.get(trade, trade)] += spam.phrases("seen", trade)
    for stock in stocks.rules().stocks:
        if stock.id in found:
            found[stock.id] += [
                word for word, level in stock.words.items() if level == "strong" and len(word) > 1
            ]
    return found


@cache
def common_words() -> dict[str, list[str]]:
    return {
        stock.id: [
            word for word, level in stock.words.items() if level != "strong" and len(word) > 1
        ]
        for stock in stocks.rules().stocks
    }


@cache
def often() -> list[str]:
    return [name for name, table in load("trades.toml").items() for _ in range(table["often"])]


# --- regression


def features(text: str) -> dict[str, float]:
    folded = closed_up(fold(text))
    found = {run: float(min(times, likeness.MOST)) for run, times in likeness.count(folded).items()}
    return found | {
        likeness.TRAIT + name: value
        for name, value in likeness.shape(text, folded).items()
        if value
    }


def regression(
    examples: Iterable[Example], rounds: int, only: frozenset[str] | None = None
) -> dict[str, float]:
    """Weights by gradient descent, each with a rate of its own that falls as it is moved (Adagrad);
    an honest text that is taken for spam counts more than the reverse."""
    found = [(features(text), is_spam) for text, is_spam in examples]
    held = Counter(name for names, _ in found for name in names)
    known = [
        name
        for name, times in held.items()
        if times > 1 and (only is None or name in only or name.startswith(likeness.TRAIT))
    ]
    number = {name: i for i, name in enumerate(known)}
    rows = [_row(names, number) for names, _ in found]
    weights, moved = np.zeros(len(known)), np.full(len(known), 0.01)
    for round_ in range(rounds):
        for i in Dice(f"round:{round_}").shuffled(range(len(rows))):
            at, value = rows[i]
            odds = float(np.clip(weights[at] @ value, -30, 30))
            wrong = 1 / (1 + np.exp(-odds)) - found[i][1]
            wrong *= 1.0 if found[i][1] else _HONEST_COUNTS
            if abs(wrong) > 1e-4:
                slope = wrong * value + _SHRINK * weights[at]
                moved[at] += slope * slope
                weights[at] -= _RATE * slope / np.sqrt(moved[at])
    return dict(zip(known, map(float, weights), strict=True))


def _row(
    names: Mapping[str, float], number: Mapping[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    kept = [(number[name], value) for name, value in names.items() if name in number]
    return np.array([at for at, _ in kept], np.int64), np.array([value for _, value in kept])
