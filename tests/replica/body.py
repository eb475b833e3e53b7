"""The HTML of a body: the same text as the clean one, written the many ways editors write it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from tests.replica.articles import Article
from tests.replica.dice import Dice
from tests.replica.stories import Block

INDENTS = ("　　", "　　", "\r\n\t　　", "&nbsp; &nbsp; ", "\r\n\t\t\t", "", "<span>　　</span>")
TAILS = ("", "", "\r\n", "&nbsp;", "　", "\r\n\t")
OPENINGS = (
    "<p>",
    "<p>",
    '<p style="text-indent: 2em;">',
    '<p style="line-height: 1.75em; margin-bottom: 15px; text-align: justify;">',
    '<p class="MsoNormal" align="left">',
)
EMPTY = (
    "<p>&nbsp;</p>",
    "<p>　　</p>",
    "<p><br></p>",
    "<p></p>",
    "<p style='text-indent:2em'> </p>",
)
QUOTES: tuple[dict[str, str], ...] = (
    {},
    {"“": "&ldquo;", "”": "&rdquo;", "《": "&#12298;", "》": "&#12299;"},
    {"“": "&#8220;", "”": "&#8221;", "—": "&mdash;", "·": "&middot;"},
)
BLANKS = (" ", " ", "&nbsp;", "\r\n\t", " \n")
INLINE = (
    ("<strong>", "</strong>"),
    ("<span>", "</span>"),
    ('<span style="font-size: 16px; color: rgb(51, 51, 51);">', "</span>"),
    ("<b><font color=#c30000>", "</font></b>"),
    ("<em>", "</em>"),
)


class BodyWriter:
    """Writes one article's blocks; the hand it writes in follows from the article."""

    def __init__(self, article: Article, dice: Dice) -> None:
        self._article = article
        self._dice = dice
        self._quotes = str.maketrans(dice.pick(QUOTES))
        self._opening = dice.pick(OPENINGS)
        self._breaks = dice.chance(0.15)  # <br> for a new paragraph, all inside one <p>
        self._linked: set[str] = set()

    def write(self, extra: Sequence[str] = ()) -> str:
        """The blocks, then each string of `extra` as a paragraph like the others."""
        blocks = [*self._article.blocks, *(Block("p", text) for text in extra)]
        pieces: list[str] = []
        for kind, run in groupby(blocks, key=lambda block: block.kind):
            pieces.extend(self._run(kind, list(run)))
        return "\r\n".join(pieces)

    def _run(self, kind: str, blocks: list[Block]) -> Iterator[str]:
        if kind == "item":
            yield self._list(blocks)
        elif kind == "p" and self._breaks:
            yield self._broken(blocks)
        else:
            for block in blocks:
                yield getattr(self, f"_{kind}")(block)
                if self._dice.chance(0.06):
                    yield self._dice.pick(EMPTY)

    def _p(self, block: Block) -> str:
        dice = self._dice
        inner = dice.pick(INDENTS) + self._inline(block.text) + dice.pick(TAILS)
        if dice.chance(0.1):
            inner = f'<span style="font-family: 宋体; font-size: 14px;">{inner}</span>'
        if dice.chance(0.03):
            return f"<blockquote><p>{inner}</p></blockquote>"
        return f"{self._opening}{inner}</p>"

    def _broken(self, blocks: list[Block]) -> str:
        texts = [self._dice.pick(INDENTS) + self._inline(block.text) for block in blocks]
        inner = self._dice.pick(("<br>", "<br />\r\n", "<br/><br/>")).join(texts)
        return f"{self._opening}{inner}</p>"

    def _heading(self, block: Block) -> str:
        text = self._escaped(block.text)
        return self._dice.pick((f"<h3>{text}</h3>", f"<p>　　<strong>{text}</strong></p>"))

    def _image(self, block: Block) -> str:
        alt = escape(self._article.title)
        image = f'<img src="{block.text}" alt="{alt}" width="600" />'
        return f'<p style="text-align:center;">{image}</p>'

    def _table(self, block: Block) -> str:
        inner = ("{}", '<p style="text-align:center">{}</p>', "\r\n\t<span>{}</span>&nbsp;")
        cell = "<td width=120>" + self._dice.pick(inner) + "</td>"
        rows = ["".join(cell.format(self._escaped(text)) for text in row) for row in block.rows]
        lines = "\r\n".join(f"<tr>{row}</tr>" for row in rows)
        return f'<table border="1" cellspacing="0"><tbody>\r\n{lines}\r\n</tbody></table>'

    def _list(self, blocks: list[Block]) -> str:
        tag = self._dice.pick(("ul", "ol"))
        before, after = self._dice.pick((("", ""), ("<p>", "</p>")))
        items = "\r\n".join(
            f"<li>{before}{self._inline(block.text)}{after}</li>" for block in blocks
        )
        return f'<{tag} class="list-paddingleft-2">\r\n{items}\r\n</{tag}>'

    def _inline(self, text: str) -> str:
        """Escaped text, now and then with a keyword link or a piece in bold."""
        for word in self._article.keywords:
            at = text.find(word)
            if at >= 0 and word not in self._linked and self._dice.chance(0.4):
                self._linked.add(word)
                end = at + len(word)
                return self._escaped(text[:at]) + self._link(word) + self._escaped(text[end:])
        if len(text) > 12 and self._dice.chance(0.2):
            start = self._dice.below(len(text) - 6)
            end = start + self._dice.between(2, 6)
            before, after = self._dice.pick(INLINE)
            strong = before + self._escaped(text[start:end]) + after
            return self._escaped(text[:start]) + strong + self._escaped(text[end:])
        return self._escaped(text)

    def _link(self, word: str) -> str:
        slug = f"{sum(map(ord, word)) % 997:x}"
        host = self._dice.pick(("", "http://www.100ec.cn"))
        return f'<a href="{host}/zt/k{slug}/" target="_blank" class="keylink">{escape(word)}</a>'

    def _escaped(self, text: str) -> str:
        marked = escape(text, quote=False).translate(self._quotes)
        return marked.replace(" ", self._dice.pick(BLANKS)) if " " in marked else marked
