"""Pages of which only the reading order is known: whatever the markup, the same article."""

from __future__ import annotations

import pytest

from ecnews import catalog
from ecnews.errors import NotAnArticle
from ecnews.items import Article
from ecnews.pages import article

CRUMB = "<div>当前位置：<a>100EC</a>&gt;<a>数字零售</a>&gt;便利店的夜班</div>"
TITLE = "<h1>便利店的夜班</h1>"
TIME = "<div>网经社发布时间：2026年02月03日 08:00:01</div>"
BODY = "<p>夜班正在消失，租金没降。</p><p>前置仓多了一倍。</p>"
TEXTS = ["夜班正在消失，租金没降。", "前置仓多了一倍。"]
FOOT = '<div class="footer"><p>本站由某公司运营，未经许可不得转载。</p></div>'


def read(html: str) -> Article:
    page = f"<html><head><title>别的</title></head><body>{html}</body></html>"
    return article.extract(
        page.encode(), catalog.load(), "http://www.100ec.cn/detail--6655001.html"
    )


@pytest.mark.parametrize(
    "html",
    [
        CRUMB + TITLE + TIME + BODY,
        CRUMB + TITLE + TIME + f"<div><div>{BODY}</div></div>" + FOOT,
        f"<table><tr><td>{CRUMB}{TITLE}{TIME}{BODY}</td></tr></table>",
        f"{CRUMB}<div>{TITLE}<span>网经社发布时间：2026年02月03日 08:00:01</span><br></div>{BODY}",
        f"{CRUMB}<div>{TITLE}{TIME}<div>分享到：微信 微博</div></div><div>{BODY}</div>",
        f"{CRUMB}{TITLE}{TIME}<hr>夜班正在消失，租金没降。<br><br>前置仓多了一倍。",
        f"<div>{CRUMB}{TITLE}网经社发布时间：2026年02月03日 08:00:01<br>{BODY}</div>",
        CRUMB + TITLE + TIME + "<div>夜班正在消失，租金没降。</div><div>前置仓多了一倍。</div>",
        CRUMB + "<div><b>便利店的夜班</b></div>" + TIME + BODY,
        "<header><h1>网经社</h1>2026年02月04日 09:00:00</header>" + CRUMB + TITLE + TIME + BODY,
        "<p>公告发布时间：2026年02月04日 09:00:00</p>" + CRUMB + TITLE + TIME + BODY,
        f"<div class='side'>发布时间：2026年02月03日 07:00:01</div>{CRUMB}{TITLE}{TIME}{BODY}",
        "<ol><li>当前位置：<a>100EC</a></li><li><a>数字零售</a></li><li>便利店的夜班</li></ol>"
        + TITLE + TIME + BODY,
        CRUMB + TITLE + "<script>var t='2026年02月04日 09:00:00，';</script>" + TIME + BODY,
        CRUMB + TITLE + TIME + BODY + "<ul><li><a href='/detail--1.html'>旧文，一；</a></li></ul>",
        CRUMB + TITLE + "<div>网经社</div><div>发布时间：2026年02月03日 08:00:01</div>" + BODY,
    ],
)  # fmt: skip
def test_the_article_is_found_by_its_order(html: str) -> None:
    found = read(html)
    assert (found.title, found.section, found.source, found.published_at) == (
        "便利店的夜班", "数字零售", "网经社", "2026-02-03T08:00:01+08:00"
    )  # fmt: skip
    assert (found.body or "").split("\n\n") == TEXTS


@pytest.mark.parametrize(
    ("markup", "texts"),
    [
        ("<div>四项举措，如下：</div><div>一是降价</div><div>二是补贴。</div><div>完</div>",
         ["四项举措，如下：", "一是降价", "二是补贴。", "完"]),
        ("<div><p>一，二。</p></div><div><h3>小标题</h3></div><div><p>三，四。</p></div>",
         ["一，二。", "小标题", "三，四。"]),
        ("<p>苏州新店今日开业</p>", ["苏州新店今日开业"]),
        ("<p>苏州新店今日开业</p>" + FOOT, ["苏州新店今日开业"]),
        ("<p>榜单，如下：</p><table><tr><td>甲</td><td>1</td></tr><tr><td>乙</td><td>2</td></tr></table>",
         ["榜单，如下：", "甲\t1\n乙\t2"]),
        ("新店开业。", ["新店开业。"]),
        ("<p>一，二。</p><p>相关阅读</p><p><a href='/detail--7.html'>旧文</a></p>", ["一，二。"]),
        ("<p>一，<a href='/zt/x/'>二</a>。</p><p><a href='/zt/y/'>即时零售</a></p>",
         ["一，二。", "即时零售"]),
        ("<ul><li>一；</li><li>二。</li></ul>", ["一；", "二。"]),
        ("<p>一，<b>二</b>，<span>三</span>。<br/>四。</p>", ["一，二，三。", "四。"]),
        ("<p>一，<!-- 注 -->二。</p><p>&nbsp;</p><p>\u3000三&nbsp; 四。</p>",
         ["一，二。", "三 四。"]),
    ],
)  # fmt: skip
def test_no_paragraph_is_lost_or_added(markup: str, texts: list[str]) -> None:
    assert (read(CRUMB + TITLE + TIME + markup).body or "").split("\n\n") == texts


def test_names_in_blocks_of_their_own_are_read() -> None:
    meta = "<ul><li>2026年01月21日 14:57:28</li><li>来源：界面</li><li>作者：赵一</li></ul>"
    found = read(CRUMB + TITLE + meta + BODY)
    assert (found.source, found.author) == ("界面", "赵一")
    assert (found.body or "").split("\n\n") == TEXTS


def test_a_byline_before_the_blurbs_names_the_author() -> None:
    tail = "<p>（文/钱二 编辑/孙三）</p><p>浙江网经社信息科技公司拥有18年历史</p>"
    assert read(CRUMB + TITLE + TIME + BODY * 3 + tail).author == "钱二"


@pytest.mark.parametrize(
    "html",
    [
        "<header>今天是：2026年11月22日 08:15:00</header><h2>提示</h2><p>已删除，或不存在！</p>",
        CRUMB + "<ul><li><a href='/detail--1.html'>甲，乙。</a> 2026年01月21日 14:57</li></ul>",
        CRUMB + TITLE + BODY,
        CRUMB + TITLE + TIME,
    ],
    ids=["not-found", "list", "no-time", "no-body"],
)
def test_what_only_looks_like_an_article_is_refused(html: str) -> None:
    with pytest.raises(NotAnArticle):
        read(html)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 20_000 + CRUMB + TITLE + TIME + BODY,
        CRUMB + TITLE + TIME * 5_000 + BODY,
        CRUMB * 5_000 + TITLE + TIME + BODY,
        CRUMB + TITLE + TIME + "<br>" * 100_000 + BODY,
        CRUMB + TITLE + TIME + BODY + "<script>x</script>" * 5_000,
        CRUMB + TITLE + "<p>" + "2026年01月21日 14:57:28 " * 5_000 + "</p>" + BODY,
    ],
    ids=["divs", "times", "breadcrumbs", "breaks", "scripts", "one-line-of-times"],
)
def test_hostile_pages_raise_nothing_but_that_they_are_no_articles(html: str) -> None:
    try:
        found = read(html)
    except NotAnArticle:
        return
    assert found.body


def test_a_page_cut_anywhere_raises_nothing_else() -> None:
    page = (CRUMB + TITLE + TIME + BODY).encode()
    for cut in range(0, len(page), 7):
        try:
            found = article.extract(page[:cut], catalog.load())
        except NotAnArticle:
            continue
        assert found.title
