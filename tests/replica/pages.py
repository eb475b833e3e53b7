"""Lists and the small pages of the site."""

from __future__ import annotations

from html import escape

from tests.replica import chrome
from tests.replica.articles import LIST_NAMES, NEWEST_YEAR, Corpus
from tests.replica.markup import hot_box

ROBOTS = "User-agent: *\nDisallow: /search\n"

# The forms in which the site has linked to its articles over the years.
LINKS = (
    "/detail--{}.html",
    "/detail--{}.html",
    "http://www.100ec.cn/detail--{}.html",
    "https://www.100ec.cn/detail--{}.html",
    "http://imgs-b2b.100ec.cn/detail--{}.html",
    "http://WWW.100EC.CN/detail--{}.html",
    "/detail--{}.html%20",
    "/detail--{}.html?from=list",
    "/detail--{}.html#top",
)


def list_page(corpus: Corpus, cid: int, page: int) -> str | None:
    members = corpus.list_page(cid, page)
    if members is None:
        return None
    rows = "\n".join(_row(corpus, index) for index in members)
    main = f"""<div class="left">
<div class="website f_qing">您现在的位置：<a href="/">首页</a> &gt; {LIST_NAMES[cid]}</div>
<div class="cnews">
<ul>
{rows}
</ul>
</div>
<div class="pager">{_pager(cid, page, corpus.pages(cid))}</div>
</div>
<div class="right">
{hot_box(corpus)}{_elsewhere()}</div>
"""
    return _page(f"{LIST_NAMES[cid]} 第{page}页", main)


def _row(corpus: Corpus, index: int) -> str:
    when = corpus.published_at(index)
    date = f"{when:%m-%d}" if when.year == NEWEST_YEAR else f"{when:%y-%m-%d}"
    link = LINKS[corpus.draw(index, 5) % len(LINKS)].format(corpus.number(index))
    title = escape(corpus.title(index))
    return f'<li><a href="{link}" target="_blank">{title}</a><span>({date})</span></li>'


def _pager(cid: int, page: int, pages: int) -> str:
    shown = range(max(1, page - 3), min(pages, page + 3) + 1)
    links = [f'<a href="/list--{cid}--{k}.html">{k}</a>' for k in shown if k != page]
    if page > 1:
        links.insert(0, f'<a href="/list--{cid}--{page - 1}.html">上一页</a>')
    if page < pages:
        links.append(f'<a href="/list--{cid}--{page + 1}.html">下一页</a>')
    return "\n".join(links)


def _elsewhere() -> str:
    """Links that lead out of the site's articles, or out of the site."""
    return chrome.box(
        "推荐",
        (
            ("/DigitalRetail/#/broadcast", "数字零售 7x24 快讯"),
            ("/zt/618ds/", "年中大促专题"),
            ("http://mirror.example/detail--9000001.html", "友情链接"),
            ("http://100ec.cn.mirror.example/detail--9000004.html", "合作媒体"),
            ("/search.html?f=search&amp;terms=%E7%9B%B4%E6%92%AD&amp;w=zh&amp;p=1", "搜索 直播"),
        ),
    )


def home(corpus: Corpus) -> str:
    rows = [(f"/list--{cid}--1.html", name) for cid, name in LIST_NAMES.items()]
    lists = chrome.box("频道", rows)
    return _page("网经社", f'<div class="left">{lists}</div>\n{hot_box(corpus)}')


def topic(slug: str) -> str:
    return _page("专题", f'<div class="left"><h1>专题 {escape(slug)}</h1><p>栏目建设中。</p></div>')


def application() -> str:
    """The digital-retail section: nothing in it without running its script."""
    return _page("数字零售台", '<div id="app"></div>')


def not_found() -> str:
    return (
        "<html><head><title>404</title></head>"
        "<body><h1>404</h1><p>您访问的页面不存在</p></body></html>\n"
    )


def _page(title: str, main: str) -> str:
    front = chrome.head(title + chrome.SUFFIX, "utf-8", title, ("电商", "零售"))
    filler = chrome.directory(6 * 1024, "utf-8")
    return f'{front}<body>\n{chrome.top()}<div class="wrap">\n{main}</div>\n{filler}{chrome.foot()}'
