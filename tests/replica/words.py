"""Who and what a story is about: names that stay through a story, figures drawn afresh."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tests.replica.dice import Dice
from tests.replica.grammar import load

_DATA = load("words.toml")


def _words(table: str, key: str = "words") -> tuple[str, ...]:
    return tuple(_DATA[table][key].split())


def _lines(table: str, key: str = "words") -> tuple[str, ...]:
    return tuple(_DATA[table][key].strip().splitlines())


HEADS, TAILS = _words("companies", "heads"), _words("companies", "tails")
BRANDS = _words("brands")
FAMILIES, GIVEN, JOBS = (_words("people", key) for key in ("families", "names", "jobs"))
CITIES, COUNTRIES, COUNTIES = (_words("places", key) for key in ("cities", "countries", "counties"))
GOODS, ORGANISATIONS, SOURCES = _words("goods"), _words("organisations"), _words("sources")
ANALYSTS = _words("analysts")
KEYWORDS = _words("keywords")
CAPTIONS, OTHER_TITLES = _lines("pictures", "captions"), _lines("phrases")

QUARTERS = ("一季度", "二季度", "三季度", "四季度")
FESTIVALS = {
    1: "年货节", 2: "元宵大促", 3: "春上新", 4: "超级会员日", 5: "520", 6: "618", 7: "暑促",
    8: "818", 9: "开学季", 10: "金秋购物节", 11: "双11", 12: "双12",
}  # fmt: skip
ROUNDS = ("天使轮", "Pre-A轮", "A轮", "A+轮", "B轮", "C轮", "D轮", "战略")
COURSES = ("Python", "英语口语", "会计", "电商运营", "少儿编程", "书法", "短视频剪辑", "护理",
           "UI设计", "烘焙", "素描", "机器人", "普通话", "数据分析", "茶艺", "新媒体")  # fmt: skip
LINES_OF_BUSINESS = ("商品自营", "平台服务", "广告营销", "会员订阅", "物流收入", "云与技术",
                     "金融服务", "海外业务", "线下门店")  # fmt: skip


def company(dice: Dice) -> str:
    return dice.pick(HEADS) + dice.pick(TAILS)


def person(dice: Dice) -> str:
    return dice.pick(FAMILIES) + dice.pick(GIVEN)


def _decimal(dice: Dice, low: int, high: int, digits: int) -> str:
    return f"{dice.between(low, high)}.{dice.below(10**digits):0{digits}d}"


def _percent(dice: Dice) -> str:
    return _decimal(dice, 2, 88, dice.between(1, 2)) + "%"


def _money(dice: Dice) -> str:
    return _decimal(dice, 1, dice.pick((9, 90, 900)), dice.between(1, 2)) + "亿元"


def _ten_thousands(dice: Dice) -> str:
    return _decimal(dice, 1, dice.pick((9, 99, 900)), 1) + "万"


FRESH: dict[str, Callable[[Dice], str]] = {
    "pct": _percent,
    "yi": _money,
    "yi2": _money,
    "wan": _ten_thousands,
    "n": lambda dice: str(dice.between(11, dice.pick((60, 98, 98, 998)))),
    "small": lambda dice: str(dice.between(3, 48)),
    "digit": lambda dice: str(dice.between(2, 9)),
    "digit2": lambda dice: str(dice.between(1, 4)),
    "decimal": lambda dice: _decimal(dice, 0, 4, 2),
    "decimal2": lambda dice: str(dice.between(10, 99)),
    "smalldec": lambda dice: _decimal(dice, 1, 6, 2),
    "score": lambda dice: _decimal(dice, 71, 98, 2),
    "wait": lambda dice: str(dice.between(12, 96)),
    "young": lambda dice: str(dice.between(22, 35)),
    "hour": lambda dice: str(dice.between(6, 10)),
    "hour2": lambda dice: str(dice.between(9, 11)),
    "writer": person,
    "family": lambda dice: dice.pick(FAMILIES),
    "anyco": company,
    "anybrand": lambda dice: dice.pick(BRANDS),
    "anygood": lambda dice: dice.pick(GOODS),
    "anycity": lambda dice: dice.pick(CITIES),
    "anycountry": lambda dice: dice.pick(COUNTRIES),
    "anyyear": lambda dice: str(dice.between(2009, 2013)),
    "bizline": lambda dice: dice.pick(LINES_OF_BUSINESS),
}


class Cast:
    """Fills the slots of one story."""

    def __init__(self, dice: Dice, when: datetime) -> None:
        self._dice = dice
        self._fixed = self._dates(dice, when) | self._names(dice)

    @staticmethod
    def _dates(dice: Dice, when: datetime) -> dict[str, str]:
        quarter = (when.month - 2) // 3 % 4
        return {
            "year": str(when.year),
            "prev": str(when.year - 1),
            "nextyear": str(when.year + 1),
            "oldyear": str(when.year - dice.between(3, 11)),
            "month": str(when.month),
            "month2": str(max(1, when.month - 1)),
            "day": str(when.day),
            "quarter": QUARTERS[quarter],
            "qnum": str(quarter + 1),
            "fest": FESTIVALS[when.month],
        }

    @staticmethod
    def _names(dice: Dice) -> dict[str, str]:
        names = {key: company(dice) for key in ("co", "co2", "co3")}
        names |= {key: person(dice) for key in ("p", "p2")}
        for keys, choices in (
            (("brand", "brand2", "brand3", "brand4"), BRANDS),
            (("good", "good2"), GOODS),
            (("city", "city2"), CITIES),
            (("country", "country2"), COUNTRIES),
        ):
            start, step = dice.below(len(choices)), dice.between(1, 7)
            names |= {key: choices[(start + k * step) % len(choices)] for k, key in enumerate(keys)}
        for key, singles in (
            ("job", JOBS),
            ("county", COUNTIES),
            ("org", ORGANISATIONS),
            ("analyst", ANALYSTS),
            ("round", ROUNDS),
            ("course", COURSES),
        ):
            names[key] = dice.pick(singles)
        return names

    def __getitem__(self, name: str) -> str:
        return self._fixed[name]

    def fill(self, name: str) -> str:
        fixed = self._fixed.get(name)
        return FRESH[name](self._dice) if fixed is None else fixed
