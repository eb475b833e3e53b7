"""Article pages in the three layouts the site has had, with the labels it puts on them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from tests.replica import chrome
from tests.replica.articles import LIST_OF_SECTION, Article, Corpus
from tests.replica.body import BodyWriter
from tests.replica.dice import Dice
from tests.replica.words import OTHER_TITLES

UNLABELLED = "text/html"


@dataclass(frozen=True, slots=True)
class Label:
    """How a page's bytes are written, and what the header and the meta tag say of them."""

    encoding: str
    header: str
    meta: str | None


def label_of(layout: str, dice: Dice) -> Label:
    draw = dice.below(100)
    if layout == "2014":
        if draw < 10:  # a wrong header, with or without a right meta tag
            return Label("gbk", f"{UNLABELLED}; charset=utf-8", dice.pick((None, "gb2312")))
        if draw < 20:
            return Label("gbk", UNLABELLED, None)
        header = f"{UNLABELLED}; charset={dice.pick(('gbk', 'GB2312'))}"
        return Label("gbk", *dice.pick(((header, "gb2312"), (header, None), (UNLABELLED, "gbk"))))
    header = f"{UNLABELLED}; charset=utf-8"
    if layout == "2018":
        if draw < 10:
            return Label("utf-8", dice.pick((header, UNLABELLED)), "gb2312")
        right = ((header, "utf-8"), (header, None), (UNLABELLED, "utf-8"))
        return Label("utf-8", *dice.pick(right))
    return Label("utf-8", header, "utf-8")


class ArticlePage:
    """One article's page. `weight` is its size in KB, about."""

    def __init__(self, corpus: Corpus, article: Article, weight: int = 30) -> None:
        self._corpus = corpus
        self._article = article
        self._weight = weight
        self._dice = Dice(f"{corpus.seed}:{article.index}:page")
        self.label = label_of(article.layout, self._dice)
        self._body = BodyWriter(article, self._dice)

    def render(self) -> bytes:
        article, encoding = self._article, self.label.encoding
        summary = article.blocks[0].text[:90]
        front = chrome.head(self._head_title(), self.label.meta, summary, article.keywords)
        layout = {"2014": self._2014, "2018": self._2018, "2026": self._2026}[article.layout]
        main = f'<body>\n{chrome.top()}<div class="wrap">\n{layout()}{self._side()}</div>\n'
        back = chrome.foot()
        page = "".join((front, main)).encode(encoding, "xmlcharrefreplace")
        # Steps of half a KB: few different fillers, kept by `directory`.
        missing = (self._weight * 1024 - len(page) - len(back)) // 512 * 512
        filler = chrome.directory(max(512, missing), encoding)
        return page + (filler + back).encode(encoding)

    def _head_title(self) -> str:
        dice, title = self._dice, self._article.title
        if dice.chance(0.1):
            other = self._corpus.title(dice.below(len(self._corpus)))
            title = dice.pick((other, dice.pick(OTHER_TITLES)))
        return title + chrome.SUFFIX

    def _section_link(self) -> str:
        section = self._article.section
        cid = LIST_OF_SECTION.get(section, 21)
        return f'<a href="/list--{cid}--1.html">{section}</a>'

    def _title(self) -> str:
        return escape(self._article.title, quote=False)

    def _some_blurbs(self, share: float) -> list[str]:
        texts = chrome.blurbs(self._article.published_at.year)
        return [text for text in texts if self._dice.chance(share)]

    def _2014(self) -> str:
        article, when = self._article, self._article.published_at
        words = " ".join(
            f'<a class="f_qing" href="/zt/k{k}/">{escape(word)}</a>'
            for k, word in enumerate(article.keywords)
        )
        return f"""<div class="left">
<div class="website f_qing">您现在的位置：<a href="/">首页</a> &gt; \
<a href="/zt/news/">资讯</a> &gt; \
{self._section_link()} &gt; 正文</div>
<div class="newsview">
<h2>{self._title()}</h2>
<div class="public f_hong">http://www.100ec.cn&nbsp;&nbsp;{when:%Y年%m月%d日%H:%M}&nbsp;&nbsp;\
来源：{article.source}</div>
<div class="nr">
{self._body.write()}
</div>
<div class="guanjz b f_qing2">关键词：{words}</div>
</div>
</div>
"""

    def _2018(self) -> str:
        article, when = self._article, self._article.published_at
        info = [f"{when:%Y-%m-%d %H:%M:%S}", f"来源：{article.source}"]
        if article.author and not article.author_in_body:
            info.append(f"作者：{article.author}")
        if article.editor:
            info.append(f"责编：{article.editor}")
        spans = self._dice.pick(("</span><span>", "</span>\n<span>", "&nbsp;&nbsp;"))
        return f"""<div class="main_left left">
<div class="detail">
<div class="location">当前位置：<a href="/">网经社</a> &gt; {self._section_link()} &gt; 正文</div>
<h1>{self._title()}</h1>
<div class="info"><span>{spans.join(info)}</span></div>
<div class="text">
{self._body.write(self._some_blurbs(0.3))}
</div>
</div>
</div>
"""

    def _2026(self) -> str:
        article, when = self._article, self._article.published_at
        crumb = f'当前位置：<a href="/">100EC</a>&gt;{self._section_link()}&gt;{self._title()}'
        time = f"发布时间：{when:%Y年%m月%d日 %H:%M:%S}"
        body = self._body.write(self._some_blurbs(0.75))
        behind = self._boxes()
        if self._dice.chance(0.5):
            return f"""<div class="left news-detail">
<div class="crumbs">{crumb}</div>
<h1 class="news-title">{self._title()}</h1>
<div class="news-meta"><span class="from">{article.source}</span><span>{time}</span></div>
<div class="news-content">
{body}
</div>
{behind}</div>
"""
        return f"""<div class="left article-flow">
<p class="path">{crumb}</p>
<h2>{self._title()}</h2>
<div class="pub-line">{article.source}{time}</div>
{body}
{behind}</div>
"""

    def _boxes(self) -> str:
        score = "".join(f"<li>{word}</li>" for word in chrome.WIDGET)
        codes = "".join(f"<p>{word}</p>" for word in chrome.CODES)
        boxes = ""
        if self._dice.chance(0.8):
            boxes += f'<div class="score-box"><ul>{score}</ul></div>\n'
        if self._dice.chance(0.8):
            boxes += f'<div class="code-box"><img src="/images/qr.png" alt="二维码">{codes}</div>\n'
        return boxes

    def _side(self) -> str:
        corpus, total = self._corpus, len(self._corpus)
        related = {self._dice.below(total) for _ in range(6)} - {self._article.index}
        rows = [(f"/detail--{corpus.number(i)}.html", corpus.title(i)) for i in sorted(related)]
        return f'<div class="right">\n{chrome.box("相关阅读", rows)}{hot_box(corpus)}</div>\n'


def hot_box(corpus: Corpus) -> str:
    """热门文章: the same few articles on every page, some of the newest."""
    total = len(corpus)
    hot = list(range(total - 1, max(-1, total - 31), -3))
    rows = [(f"/detail--{corpus.number(i)}.html", corpus.title(i)) for i in hot]
    return chrome.box("热门文章", rows)
