"""The articles of the replica: which there are, when, in which section, on which lists.

Nothing is kept but the numbers of the lists: article i follows from (seed, i).
"""

from __future__ import annotations

import json
import os
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin

from tests.replica.dice import Dice, mix
from tests.replica.stories import Block, Story
from tests.replica.words import SOURCES, person

# The site's own numbers are below 6,700,000: an invented article never takes a real one's place.
FIRST_NUMBER = 9_000_000
STEP = 3  # one number of three is taken, the others answer 404
MOST_ARTICLES = (10_000_000 - FIRST_NUMBER) // STEP

SHANGHAI = timezone(timedelta(hours=8))
OLDEST = datetime(2014, 6, 1, 8, 0, tzinfo=SHANGHAI)
NEWEST = datetime(2026, 10, 31, 18, 0, tzinfo=SHANGHAI)
NEWEST_YEAR = NEWEST.year

SHARES = (  # percent of the articles
    ("数字零售", 45),
    ("跨境电商", 14),
    ("物流科技", 11),
    ("在线教育", 8),
    ("进口电商", 8),
    ("行业研究", 8),
    ("投诉案例", 6),
)
_SECTIONS = [name for name, share in SHARES for _ in range(share)]
RETAIL, RETAIL_LISTS = "数字零售", (21, 92, 33)
LIST_OF_SECTION = {
    "跨境电商": 3,
    "物流科技": 44,
    "在线教育": 15,
    "进口电商": 27,
    "行业研究": 24,
    "投诉案例": 110,
}
INDUSTRY_LIST = 22
LIST_NAMES = {
    21: "B2C动态", 22: "行业动态", 33: "B2C研究", 92: "新零售",
    3: "跨境电商", 44: "物流科技", 15: "在线教育", 27: "进口电商", 24: "行业研究", 110: "投诉案例",
}  # fmt: skip
PER_PAGE = 20


@dataclass(frozen=True)
class Article:
    """What a perfect crawl finds on a page."""

    index: int
    number: int
    section: str
    title: str
    blocks: tuple[Block, ...]
    published_at: datetime
    source: str
    author: str  # empty where the page names none
    author_in_body: bool
    editor: str
    keywords: tuple[str, ...]

    @property
    def url(self) -> str:
        return f"https://www.100ec.cn/detail--{self.number}.html"

    @property
    def body(self) -> str:
        return "\n\n".join(block.text for block in self.blocks if block.kind != "image")

    @property
    def images(self) -> tuple[str, ...]:
        return tuple(urljoin(self.url, b.text) for b in self.blocks if b.kind == "image")

    @property
    def layout(self) -> str:
        return layout_of(self.published_at)

    def manifest_line(self) -> str:
        entry = {
            "number": self.number,
            "url": self.url,
            "section": self.section,
            "title": self.title,
            "body": self.body,
            "published_at": self.published_at.isoformat(),
            "source": self.source,
        }
        return json.dumps(entry, ensure_ascii=False) + "\n"


def layout_of(when: datetime) -> str:
    return "2014" if when.year < 2017 else "2018" if when.year < 2022 else "2026"


class Corpus:
    """All articles, 0 the oldest."""

    def __init__(
        self, articles: int = 400, seed: int = 1, *, held: int = 0, pinned: bool = False
    ) -> None:
        """`held` of the articles, the newest, are not out yet; `pinned` puts an old one on top of
        each list."""
        if not 1 <= articles <= MOST_ARTICLES:
            raise ValueError(f"articles: {articles} is not between 1 and {MOST_ARTICLES}")
        self.seed = seed
        self._count = articles - held
        self.held = held
        self._pinned = pinned
        self._slot = (NEWEST - OLDEST) / articles
        self._lists = self._fill_lists()
        self._article = lru_cache(maxsize=1024)(self._make)
        self.title = lru_cache(maxsize=4096)(self._title)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Article:
        position = index + self._count if index < 0 else index
        if not 0 <= position < self._count:
            raise IndexError(index)
        return self._article(position)

    def __iter__(self) -> Iterator[Article]:
        return map(self._make, range(self._count))

    def draw(self, index: int, question: int) -> int:
        """A large number that answers one question about one article, always the same."""
        return mix(self.seed, index, question)

    def number(self, index: int) -> int:
        return FIRST_NUMBER + STEP * index + self.draw(index, 1) % STEP

    def by_number(self, number: int) -> Article | None:
        index = (number - FIRST_NUMBER) // STEP
        if 0 <= index < self._count and self.number(index) == number:
            return self[index]
        return None

    def published_at(self, index: int) -> datetime:
        """Somewhere in the first half of the article's slot: later than the one before."""
        when = OLDEST + (index + self.draw(index, 2) % 1000 / 2000) * self._slot
        # Pages of the first layout show no seconds.
        return when.replace(second=0 if when.year < 2017 else when.second, microsecond=0)

    def section(self, index: int) -> str:
        return _SECTIONS[self.draw(index, 3) % len(_SECTIONS)]

    def list_numbers(self) -> tuple[int, ...]:
        return tuple(self._lists)

    def pages(self, cid: int) -> int:
        return max(1, -(-len(self._lists[cid]) // PER_PAGE))

    def list_page(self, cid: int, page: int) -> list[int] | None:
        """The articles on one page of a list, newest first; None where there is no such page."""
        if cid not in self._lists or not 1 <= page <= self.pages(cid):
            return None
        members = self._lists[cid]
        end = len(members) - (page - 1) * PER_PAGE
        shown = list(reversed(members[max(0, end - PER_PAGE) : end]))
        return [members[0], *shown] if self._pinned and page == 1 and members else shown

    def lists_of(self, index: int) -> tuple[int, ...]:
        """The lists an article stands on."""
        section, draw = self.section(index), self.draw(index, 4)
        if section == RETAIL:
            lists: tuple[int, ...] = (RETAIL_LISTS[draw % 3],)
        else:
            # Some strangers on the retail lists: the breadcrumb decides, not the list.
            guest = (RETAIL_LISTS[draw % 2],) if draw // 7 % 10 == 0 else ()
            lists = (LIST_OF_SECTION[section], *guest)
        return (*lists, INDUSTRY_LIST) if draw // 100 % 3 == 0 else lists

    def publish(self, count: int) -> None:
        """Lets the next articles out, those held longest first."""
        for index in range(self._count, self._count + min(count, self.held)):
            for cid in self.lists_of(index):
                self._lists[cid].append(index)
            self._count += 1
            self.held -= 1

    def write_manifest(self, path: Path) -> None:
        """All articles, newest first, put in place in one step."""
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                for index in reversed(range(self._count + self.held)):
                    file.write(self._make(index).manifest_line())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink()
            raise

    def _fill_lists(self) -> dict[int, array[int]]:
        lists: dict[int, array[int]] = {cid: array("L") for cid in LIST_NAMES}
        for index in range(self._count):
            for cid in self.lists_of(index):
                lists[cid].append(index)
        return lists

    def _story(self, index: int) -> Story:
        return Story(self.seed, index, self.section(index), self.published_at(index))

    def _title(self, index: int) -> str:
        return self._story(index).title

    def _make(self, index: int) -> Article:
        story = self._story(index)
        people = Dice(f"{self.seed}:{index}:people")
        signed, in_body = people.chance(0.25), people.chance(0.4)
        # Only the second layout has a place for an author outside the body.
        in_body = signed and (in_body or layout_of(story.when) != "2018")
        author = person(people) if signed else ""
        keywords = story.keywords()
        return Article(
            index=index,
            number=self.number(index),
            section=self.section(index),
            title=story.title,
            blocks=story.blocks(story.byline(author) if in_body else None),
            published_at=story.when,
            source=people.pick(SOURCES),
            author=author,
            author_in_body=in_body,
            editor=person(people) if people.chance(0.4) else "",
            keywords=keywords,
        )
