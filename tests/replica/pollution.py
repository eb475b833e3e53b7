"""What a hijacked copy adds to a page: keyword spam in every place, hidden nodes, strewn tags, link
farms. The article itself stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from tests.corpora import spam
from tests.replica.dice import Dice
from tests.replica.site import Request, Responder, Response, response

_BODY = re.compile(r"<body[^>]*>")
_TITLE = re.compile(r"<title>(.*?)</title>", re.S)
_META = re.compile(r'(<meta name="(?:keywords|description)" content=")[^"]*"')
_ALT = re.compile(r'alt="[^"]*"')
_PARAGRAPH = re.compile(r"(<p[^>]*>)([^<]{30,})(</p>)")
_HIDING = (
    "display:none", "position:absolute;left:-9999px", "width:0;height:0;overflow:hidden",
    "visibility:hidden", "font-size:0", "text-indent:-9999px", "color:#fff;background:#fff",
    "opacity:0",
)  # fmt: skip
_STREWN = ("tr", "sup", "tfoot", "td", "small", "thead", "font", "noscript")


def polluted(responder: Responder, rate: float, seed: int = 1) -> Responder:
    """A responder that pollutes that share of the article pages, the same ones every time."""

    def respond(request: Request) -> Response:
        answer = responder(request)
        number = re.search(r"/detail--(\d+)", request.target)
        if not number or answer.status != 200:
            return answer
        dice = Dice(f"{seed}:{number[1]}:pollution")
        if not dice.chance(rate):
            return answer
        kind = _header(answer)
        encoding = "utf-8" if _is_utf8(answer.body) else "gb18030"
        page = pollute(answer.body.decode(encoding), dice)
        return response(page.encode(encoding, "xmlcharrefreplace"), kind)

    return respond


def pollute(page: str, dice: Dice) -> str:
    """One page with some of the additions, in the dice's choice."""
    changes: tuple[tuple[float, Callable[[str, Dice], str]], ...] = (
        (0.6, _title), (0.6, _meta), (0.4, _alt), (0.5, _top), (0.6, _bottom), (0.4, _offscreen),
        (0.4, _within), (0.5, _farm), (0.5, _strew),
    )  # fmt: skip
    for share, change in changes:
        if dice.chance(share):
            page = change(page, dice)
    return page


def _line(dice: Dice) -> str:
    return escape(spam.line(dice, "unseen"))


def _random_id(dice: Dice) -> str:
    return "".join(dice.pick("abcdefghijkmnpqrstuvwxyz0123456789") for _ in range(5))


def _title(page: str, dice: Dice) -> str:
    return _TITLE.sub(lambda m: f"<title>{_line(dice)}</title>", page, count=1)


def _meta(page: str, dice: Dice) -> str:
    return _META.sub(lambda m: f'{m[1]}{_line(dice)}"', page)


def _alt(page: str, dice: Dice) -> str:
    return _ALT.sub(lambda m: f'alt="{_line(dice)}"', page, count=1)


def _top(page: str, dice: Dice) -> str:
    return _BODY.sub(lambda m: f"{m[0]}\n<div>{_line(dice)}</div>", page, count=1)


def _bottom(page: str, dice: Dice) -> str:
    return page.replace("</body>", f"<div>{_line(dice)}</div>\n</body>")


def _offscreen(page: str, dice: Dice) -> str:
    box = f'<div id="{_random_id(dice)}" style="{dice.pick(_HIDING)}">{_line(dice)}</div>'
    return _behind_a_paragraph(page, dice, box)


def _within(page: str, dice: Dice) -> str:
    return _behind_a_paragraph(page, dice, f"<p>{_line(dice)}</p>")


def _farm(page: str, dice: Dice) -> str:
    links = "\n".join(
        f'<a href="http://{_random_id(dice)}.example/">{escape(phrase)}</a>'
        for phrase in dice.shuffled(spam.phrases("unseen"))[:12]
    )
    hidden = dice.pick(("", ' style="display:none"'))
    return page.replace("</body>", f'<div class="friend"{hidden}>{links}</div>\n</body>')


def _strew(page: str, dice: Dice) -> str:
    def strewn(match: re.Match[str]) -> str:
        tag, at = dice.pick(_STREWN), dice.below(len(match[2]))
        node = f'<{tag} id="{_random_id(dice)}"></{tag}>'
        # Not within a character reference.
        at = match[2].rfind(";", 0, at) + 1 or match[2].find("&") if "&" in match[2] else at
        return match[1] + match[2][: max(at, 0)] + node + match[2][max(at, 0) :] + match[3]

    return _PARAGRAPH.sub(strewn, page)


def _behind_a_paragraph(page: str, dice: Dice, added: str) -> str:
    """Sets a node behind a paragraph of the article; where it has none of its own, at the end."""
    places = [m.end() for m in _PARAGRAPH.finditer(page)]
    at = dice.pick(places) if places else page.index("</body>")
    return page[:at] + added + page[at:]


def _header(answer: Response) -> str:
    found = re.search(rb"Content-Type: ([^\r]*)", answer.head)
    return found[1].decode() if found else "text/html"


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
