"""What the weights of `ecnews/text/rules/likeness.txt` are learned from, and how.

Lines of spam are put together from phrases in many makes, honest ones from lists, headlines and
paragraphs; the weights are those of a logistic regression over runs of characters and traits.
What of it is worth keeping is asked of the lines of one author, learned from all others': lines
that are like those learned from say little of lines that are not.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecnews.text import likeness, stocks
from ecnews.text import spam as judging
from ecnews.text.folding import closed_up, fold
from tests.corpora import changes, honest, spam
from tests.replica.dice import Dice
from tests.replica.words import BRANDS, CITIES, COUNTRIES, GOODS, KEYWORDS, SOURCES, company, person

Example = tuple[str, bool, int]  # a text, whether it is spam, and how many times it counts
DRAWN = {
    "spam_line": 27_000, "foreign_line": 2_500, "sentence": 3_500, "borrowed": 3_500,
    "honest_line": 32_000, "report": 12_000, "plain_list": 9_000,
}  # fmt: skip
SPAM, HONEST = ("lines-spam.txt",), ("lines-honest.txt", "lines-honest-2.txt")
DIVIDERS: tuple[str, ...] = (
    *"||__--,，、、  /·｜;●★❤#+>→\\", " | ", " - ", "【】",
)  # fmt: skip
STOCKS_OF = {"others": "seo"}  # the trades of spam.toml that are called otherwise here
NO_SENTENCES = ("local", "contact", "english", "downloads")
HONEST_TEXTS = (
    *("companies", "daily", "earlier", "features", "goods", "industry", "phrases", "reports"),
    *("results", "services", "trade"),
)
_HALF_WIDTH = str.maketrans("，：；？！", ",:;?!")
RUNS = 50_000  # that are kept
_SHRINK, _HONEST_COUNTS, _STEPS = 2.0, 2.6, 40
_PARTS = re.compile(r"\s*[|｜、，,_/·•;；]\s*|\s+-\s+|-(?=[\u3400-\u9fff])|[ \u3000]+")
_LISTED = 90  # characters of an honest list that is put together anew


def learn() -> dict[str, float]:
    """The weights of all traits, and of the runs that tell most."""
    weights = regression(corpus())
    runs = sorted(
        (name for name in weights if not name.startswith(likeness.TRAIT)),
        key=lambda run: -abs(weights[run]),
    )
    return {name: weights[name] for name in weights if name.startswith(likeness.TRAIT)} | {
        run: weights[run] for run in runs[:RUNS]
    }


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
    """All examples; those that were written for their shape count several times."""
    for draw, is_spam in (
        *((draw, True) for draw in (spam_line, foreign_line, sentence, borrowed)),
        *((draw, False) for draw in (honest_line, report, plain_list)),
    ):
        yield from ((text, is_spam, 1) for text in drawn(draw, DRAWN[draw.__name__]))
    yield from ((text, True, 6) for text in lines("whole"))
    yield from ((text, False, 1) for text in paragraphs())
    yield from ((text, False, 12) for text in lookalikes())
    yield from ((text, False, 6) for text in honest.written())
    yield from ((text, True, 8) for text in collected(*SPAM))
    yield from ((text, True, 2) for text in respun(collected(*SPAM), 3, False))
    yield from ((text, False, 12) for text in collected(*HONEST))
    yield from ((text, False, 4) for text in respun(collected(*HONEST), 2, True))
    for stock in stocks.rules().stocks:
        yield from ((text, True, 6) for text in stock.yes)
        yield from ((text, False, 12) for text in stock.no)


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


def borrowed(dice: Dice) -> str:
    """A headline that a keyword line has borrowed, at either end of it or within."""
    stock = trades()[dice.pick(often())]
    parts = [dice.pick(stock) for _ in range(dice.pick((2, 2, 3, 3, 4, 5, 6)))]
    titles = [text for text in headlines() if len(text) < 28 and text[:2] not in ("问：", "答：")]
    parts.insert(dice.pick((0, 0, 0, len(parts), len(parts) // 2)), dice.pick(titles))
    return join(dice, parts)


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


def report(dice: Dice) -> str:
    """A headline or a sentence about what spam deals in, with its words."""
    table = load("headlines.toml")
    kind = "sentences" if dice.chance(0.12) else "lines"
    template = dice.pick(str(table[kind]).strip().splitlines())
    vices, names = str(table["vices"]).split(), str(table["names"]).split()
    plain = load("lookalikes.toml")["plain"]
    stock = dice.pick((vices, vices, vices, names, plain[dice.pick(sorted(plain))].split()))
    if dice.chance(0.25):
        stock = [word for word in trades()[dice.pick(often())] if len(word) < 7]
    a, b, c = (dice.pick(stock if dice.chance(0.8) else vices) for _ in range(3))
    number = dice.pick((dice.between(2, 9), dice.between(10, 99)))
    text = str(template).format(
        a=a, b=b, c=c, g=dice.pick(GOODS), p=dice.pick((*CITIES, *COUNTRIES)), n=number
    )
    return text.translate(_HALF_WIDTH) if dice.chance(0.25) else text


def respun(texts: list[str], times: int, whole: bool) -> Iterator[str]:
    """Lists put together anew: in another order, divided otherwise, some parts left out unless
    they are to be `whole`."""
    for number, text in enumerate(texts):
        parts = [part for part in _PARTS.split(text) if part]
        if len(parts) < 3 or (whole and (len(text) > _LISTED or re.search("[。；]", text))):
            continue
        for i in range(times):
            dice = Dice(f"respun:{number}:{i}")
            kept = len(parts) if whole else dice.between(max(2, len(parts) // 2), len(parts))
            yield join(dice, dice.shuffled(parts)[:kept])


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
    parts = list(dict.fromkeys(parts))
    text = "".join(parts) if dice.chance(0.12) else join(dice, parts)
    return changes.ALL["hearts"](text) if dice.chance(0.05) else text


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


def collected(*names: str) -> list[str]:
    """Lines of some files, written by hand by people who did not know the rules."""
    texts = ((files("tests.corpora") / name).read_text("utf-8") for name in names)
    return [line for text in texts for line in text.splitlines()]


# --- phrases


@cache
def load(name: str) -> dict[str, Any]:
    return tomllib.loads((files("tests.corpora") / name).read_text("utf-8"))


@cache
def trades() -> dict[str, list[str]]:
    """The phrases of each trade, those of its stock and the seen ones of spam.toml."""
    found = {
        name: [
            word.replace("-", " ") if word.isascii() else word for word in table["words"].split()
        ]
        for name, table in load("trades.toml").items()
    }
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


@dataclass(frozen=True, slots=True)
class Table:
    """The features of all examples: a row for each, its `columns` and `values` from `starts` on."""

    names: list[str]
    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, float]]) -> Table:
        held = Counter(name for names in rows for name in names)
        number = {name: i for i, name in enumerate(n for n, times in held.items() if times > 1)}
        kept = [[(number[name], names[name]) for name in names if name in number] for names in rows]
        starts = np.cumsum([0, *map(len, kept)])[:-1]
        columns, values = zip(*(pair for row in kept for pair in row), strict=True)
        return cls([*number], starts, np.array(columns, np.int64), np.array(values, np.float64))

    def sums(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum of each row; none is empty, since each has its base."""
        return np.add.reduceat(weights[self.columns] * self.values, self.starts)

    def slopes(self, of_rows: NDArray[np.float64]) -> NDArray[np.float64]:
        lengths = np.diff([*self.starts, len(self.columns)])
        each = np.repeat(of_rows, lengths) * self.values
        return np.bincount(self.columns, each, len(self.names)).astype(np.float64)


def regression(examples: Iterable[Example]) -> dict[str, float]:
    """Weights that make the examples likeliest, small ones rather than large ones, on top of what
    the words of the stocks say; an honest text taken for spam counts more than the reverse."""
    given = list(examples)
    table = Table.of([features(text) for text, _, _ in given])
    sign = np.array([1.0 if is_spam else -1.0 for _, is_spam, _ in given])
    counts = np.array([times for _, _, times in given]) * np.where(sign > 0, 1, _HONEST_COUNTS)
    told = np.array([spam_words(text) for text, _, _ in given])
    shrink = np.array([_SHRINK * (0.1 if likeness.TRAIT in name else 1) for name in table.names])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = np.clip(sign * (table.sums(weights) + told), -50, 50)
        slope = table.slopes(-sign * counts / (1 + np.exp(odds)))
        lost = counts @ np.logaddexp(0, -odds) + shrink @ weights**2 / 2
        return float(lost), slope + shrink * weights

    found = descend(loss, np.zeros(len(table.names)))
    return dict(zip(table.names, map(float, found), strict=True))


def spam_words(text: str) -> float:
    return sum(judging._words(stocks.hits(closed_up(fold(text)))).values())


def descend(
    loss: Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]],
    at: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Downhill by L-BFGS: the last steps say how the slope bends."""
    past: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    lost, slope = loss(at)
    for _ in range(_STEPS):
        way, shares = slope.copy(), []
        for step, bend in reversed(past):
            shares.append(step @ way / (step @ bend))
            way -= shares[-1] * bend
        way *= past[-1][0] @ past[-1][1] / (past[-1][1] @ past[-1][1]) if past else 1e-4
        for (step, bend), share in zip(past, reversed(shares), strict=True):
            way += step * (share - bend @ way / (step @ bend))
        stride = 1.0
        while (tried := loss(at - stride * way))[0] > lost - 1e-4 * stride * (slope @ way):
            stride /= 2
            if stride < 1e-6:
                return at
        past = [*past[-9:], (-stride * way, tried[1] - slope)]
        at, (lost, slope) = at - stride * way, tried
    return at
