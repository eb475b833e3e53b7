"""Stories put together from the templates of stories.toml and common.toml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from tests.replica.dice import Dice, mix
from tests.replica.grammar import Template, lines, load, parse, templates
from tests.replica.words import CAPTIONS, KEYWORDS, Cast

MOST_TEXT = 2400  # characters of a body
LEAST_TEXT = 430
MOST_PARAGRAPHS = 12  # a byline and a filler not counted


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a body: what it is, and the text a clean body has of it."""

    kind: Literal["p", "heading", "item", "table", "image"]
    text: str

    @property
    def rows(self) -> list[list[str]]:
        return [row.split("\t") for row in self.text.split("\n")]


@dataclass(frozen=True)
class Kind:
    name: str
    since: int
    titles: tuple[Template, ...]
    leads: tuple[Template, ...]
    facts: tuple[Template, ...]
    intros: tuple[Template, ...]
    items: tuple[Template, ...]
    tables: tuple[tuple[Template, ...], ...]


def _kind(name: str, data: dict[str, Any]) -> Kind:
    pools = {
        key: templates(data.get(key, "")) for key in ("titles", "leads", "facts", "intros", "items")
    }
    tables = tuple(tuple(map(parse, row)) for row in data.get("tables", ()))
    return Kind(name, data["since"], tables=tables, **pools)


KINDS = {name: _kind(name, data) for name, data in load("stories.toml").items()}
_COMMON = load("common.toml")
KINDS_OF_SECTION = {
    section: [KINDS[name] for name in names.split()]
    for section, names in _COMMON["sections"].items()
}
POOLS = {
    name: templates(_COMMON[name]["lines"])
    for name in ("market", "views", "outlook", "context", "colour", "asides")
}
HEADINGS, BYLINES = (templates(_COMMON["asides"][key]) for key in ("headings", "bylines"))
ONE_WORD = lines(_COMMON["asides"]["words"])
PICTURE_CAPTIONS = tuple(map(parse, CAPTIONS))


def kind_of(section: str, year: int, draw: int) -> Kind:
    told = [kind for kind in KINDS_OF_SECTION[section] if kind.since <= year]
    return told[draw % len(told)]


class Story:
    """One story; the headline costs little, the body is written when it is asked for."""

    def __init__(self, seed: int, index: int, section: str, when: datetime) -> None:
        self._name = f"{seed}:{index}"
        self.when = when
        self.kind = kind_of(section, when.year, mix(seed, index, 101))
        self.dice = Dice(self._name)
        self.cast = Cast(self.dice, when)
        self.title = self._write(self.dice.pick(self.kind.titles))

    def _write(self, template: Template) -> str:
        return template.write(self.dice, self.cast.fill)

    def keywords(self) -> tuple[str, ...]:
        topics = self.dice.shuffled(KEYWORDS)[: self.dice.between(1, 3)]
        return (self.cast["co"], self.cast["good"], *topics)

    def blocks(self, byline: str | None) -> tuple[Block, ...]:
        """The whole body. Draws from the dice, hence to be called once, behind `keywords`."""
        sentences = self._sentences()
        blocks = [self._lead(sentences)]
        for _ in range(self.dice.between(3, 12)):
            blocks.append(Block("p", self._paragraph(sentences)))
        self._insert(blocks, self._extras())
        if self.dice.chance(0.75):
            blocks.append(Block("p", self._write(self.dice.pick(POOLS["outlook"]))))
        blocks = _trimmed(blocks)
        while sum(len(block.text) for block in blocks if block.kind != "image") < LEAST_TEXT:
            blocks.append(Block("p", self._paragraph(sentences)))
        if byline:
            at = 1 if self.dice.chance(0.3) else len(blocks)
            blocks.insert(at, Block("p", byline))
        return tuple(blocks)

    def byline(self, writer: str) -> str:
        return self.dice.pick(BYLINES).write(self.dice, lambda _: writer)

    def _lead(self, sentences: Iterator[str]) -> Block:
        text = self._write(self.dice.pick(self.kind.leads))
        if self.dice.chance(0.4):
            text += next(sentences)
        if self.dice.chance(0.93):
            old = self.when.year < 2019
            text = ("(中国电子商务研究中心讯)" if old else "（网经社讯）") + text
        return Block("p", text)

    def _sentences(self) -> Iterator[str]:
        """The story's own sentences and general ones in turn, none of them twice."""
        own = iter(self.dice.shuffled(self.kind.facts))
        general = {name: iter(self.dice.shuffled(pool)) for name, pool in POOLS.items()}
        names = ("market", "market", "views", "views", "context", "colour")
        while True:
            name = self.dice.pick(names)
            pool = own if self.dice.chance(0.58) else general[name]
            template = next(pool, None) or next(general["market"], None)
            yield self._write(template or self.dice.pick(POOLS["outlook"]))

    def _paragraph(self, sentences: Iterator[str]) -> str:
        return "".join(next(sentences) for _ in range(self.dice.pick((1, 2, 2, 3, 4, 6))))

    def _extras(self) -> list[list[Block]]:
        dice, kind = self.dice, self.kind
        extras: list[list[Block]] = []
        if kind.items and (kind.name == "ranking" or dice.chance(0.45)):
            extras.append(self._list())
        if kind.tables and (kind.name == "salestable" or dice.chance(0.4)):
            extras.append([self._table()])
        if dice.chance(0.3):
            extras.append([Block("heading", self._write(dice.pick(HEADINGS)))])
        if dice.chance(0.4):
            extras.append([Block("p", self._write(dice.pick(POOLS["asides"])))])
        if dice.chance(0.1):
            extras.append([Block("p", dice.pick(ONE_WORD))])
        if dice.chance(0.4):
            extras.append(self._picture())
        return extras

    def _insert(self, blocks: list[Block], extras: list[list[Block]]) -> None:
        """Put each extra between two paragraphs, never inside another extra."""
        places = self.dice.shuffled(range(1, len(blocks)))[: len(extras)]
        for place, extra in sorted(zip(places, extras, strict=False), reverse=True):
            blocks[place:place] = extra

    def _list(self) -> list[Block]:
        dice = self.dice
        lead = Block("p", self._write(dice.pick(self.kind.intros)))
        entries = [self._write(dice.pick(self.kind.items)) for _ in range(dice.between(3, 6))]
        style = dice.pick(("item", "、", "、", "."))
        if style == "item":
            return [lead, *(Block("item", entry) for entry in entries)]
        return [lead, *(Block("p", f"{k}{style}{text}") for k, text in enumerate(entries, 1))]

    def _table(self) -> Block:
        head, row = self.kind.tables
        count = self.dice.between(3, 7)
        rows = ["\t".join(map(self._write, cells)) for cells in (head, *[row] * count)]
        return Block("table", "\n".join(rows))

    def _picture(self) -> list[Block]:
        when = self.when
        file = f"upload/{when:%Y/%m}/{self.dice.between(10**7, 10**8)}.jpg"
        host = self.dice.pick(("/", "/", "", "//imgs-b2b.100ec.cn/", "https://www.100ec.cn/"))
        blocks = [Block("image", host + file)]
        if self.dice.chance(0.5):
            blocks.append(Block("p", self._write(self.dice.pick(PICTURE_CAPTIONS))))
        return blocks


def _trimmed(blocks: list[Block]) -> list[Block]:
    """As many blocks from the front as an article may have."""
    kept: list[Block] = []
    length = paragraphs = 0
    for block in blocks:
        if block.kind != "image":
            length += len(block.text)
            paragraphs += 1
        if kept and (length > MOST_TEXT or paragraphs > MOST_PARAGRAPHS):
            break
        kept.append(block)
    return kept
