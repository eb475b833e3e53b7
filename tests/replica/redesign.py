"""The site after a night in which its pages were laid out anew: other names, other structure."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Literal

from tests.replica.articles import Article, Corpus
from tests.replica.chrome import head, top
from tests.replica.site import Request, Responder, Response, clean_path, response

Kind = Literal["list", "article", "both"]
KINDS = ("list", "article", "both")
_ROW = re.compile(
    r'<li><a href="[^"]*?detail--(\d+)\.html[^"]*"[^>]*>(.*?)</a><span>\((.*?)\)</span>'
)


def redesigned(then: Responder, corpus: Corpus, kind: Kind) -> Responder:
    """Lists whose rows a script opens instead of a link, beside a sidebar that is as it was;
    articles without breadcrumb, with a title that is no heading and an age instead of a time."""

    def answer(request: Request) -> Response:
        path = clean_path(request.target)
        if kind != "article" and path.startswith("/list--"):
            return _list(then(request))
        number = re.fullmatch(r"/detail--(\d{7})\.html", path)
        article = corpus.by_number(int(number[1])) if number else None
        if kind != "list" and article:
            return response(_article(article).encode())
        return then(request)

    return answer


def _list(answer: Response) -> Response:
    if answer.status != 200:
        return answer
    page = answer.body.decode().replace("cnews", "feed__rows").replace("website", "trail")
    return response(_ROW.sub(_card, page).encode())


def _card(row: re.Match[str]) -> str:
    number, title, day = row.groups()
    return (
        f'<li class="feed__card" data-nid="{number}" onclick="openNews(this)">'
        f"<h3>{title}</h3><time>{day}</time>"
    )


def _article(article: Article) -> str:
    paragraphs = "\n".join(
        f'<div class="rich__p">{escape(block.text)}</div>'
        for block in article.blocks
        if block.kind in ("p", "heading", "item")
    )
    front = head("网经社 数字经济门户", "utf-8", unescape(article.title), article.keywords)
    return f"""{front}<body>
{top()}<main id="app" data-v-3f2a><div class="hero">
<div class="hero__t">{escape(article.title)}</div>
<div class="hero__by"><i class="ava"></i><em>{article.source}</em><em>3天前</em></div></div>
<div class="rich" data-v-3f2a>
{paragraphs}
</div></main>
<div class="dock"><button>点赞</button><button>收藏</button></div></body></html>
"""
