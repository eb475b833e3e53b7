"""Pages that were tampered with: the reader sees the article, the operator what was taken out."""

from __future__ import annotations

import json

import pytest

from ecnews import catalog
from ecnews.errors import NotAnArticle
from ecnews.items import Article
from ecnews.pages import article
from ecnews.text import cleaning, quality
from tests.conftest import Scrapy
from tests.replica import Corpus
from tests.replica.dice import Dice
from tests.replica.markup import ArticlePage
from tests.replica.pollution import pollute

TITLE = "便利店的夜班谁在坚守"
CRUMB = f"<div>当前位置：<a>100EC</a>&gt;<a>数字零售</a>&gt;{TITLE}</div>"
HEAD = f"{CRUMB}<h1>{TITLE}</h1><div>网经社发布时间：2026年02月03日 08:00:01</div>"
TEXTS = ["（网经社讯）夜班正在消失，租金没降。", "前置仓多了一倍，骑手少了三成。", "谁来上夜班？"]
BODY = "".join(f"<p>{text}</p>" for text in TEXTS)
SPAM = "国产精品久久|日韩无码在线|成人视频免费看|91视频|欧美人妻"


def read(body: str, head: str = "") -> Article:
    page = f"<html><head>{head}</head><body>{HEAD}{body}</body></html>"
    return article.extract(page.encode(), catalog.load(), "http://m.example/detail--6655001.html")


def kept(found: Article) -> list[str]:
    return (found.body or "").split("\n\n")


@pytest.mark.parametrize("layout", ["2014", "2018", "2026"])
def test_polluted_pages_give_the_same_article(corpus: Corpus, layout: str) -> None:
    site, refused = catalog.load(), list[str]()
    wanted = [one for one in corpus if one.layout == layout][:60]
    for one in wanted:
        page = ArticlePage(corpus, one)
        text = page.render().decode(page.label.encoding)
        polluted = pollute(text, Dice(f"test:{one.index}"))
        try:
            found = article.extract(polluted.encode(), site, one.url)
        except NotAnArticle as error:
            # More spam within the article than there is of the article.
            refused.append(error.reason)
            continue
        assert (found.title, found.body) == (one.title, one.body)
        assert found.images == article.extract(page.render(), site, one.url).images
        assert quality.is_polluted(found.removed, found.recovered) == (polluted != text) or (
            "id=" in polluted  # strewn tags alone leave nothing to find
        )
    assert set(refused) <= {"spam"}
    assert len(refused) <= 0.1 * len(wanted)


def test_spam_in_every_place_is_accounted_for() -> None:
    head = f'<title>{SPAM}</title><meta name="keywords" content="{SPAM}">'
    image = f'<img src="/a.jpg" alt="{SPAM}">'
    found = read(f"{BODY * 3}<p>{image}</p><p>{SPAM}</p><div hidden>{SPAM}</div>", head)
    assert kept(found) == TEXTS * 3
    assert found.title == TITLE
    assert found.keywords == []
    assert [(block.kind, block.text) for block in found.removed] == [("spam", SPAM)] * 5
    places = [block.why.partition(": ")[0] for block in found.removed if ": " in block.why]
    assert places == ["<title>", "<meta keywords>", "alt", "hidden by attribute"]


@pytest.mark.parametrize(
    ("markup", "way"),
    [
        ('<div style="display:none">{}</div>', "display"),
        ('<p style="DISPLAY : NONE !important">{}</p>', "display"),
        ('<span style="visibility:hidden">{}</span>', "visibility"),
        ('<div style="opacity:0">{}</div>', "visibility"),
        ('<div style="width:0;height:0;overflow:hidden">{}</div>', "size"),
        ('<div style="height:1px;overflow:hidden">{}</div>', "size"),
        ('<font style="font-size:0px">{}</font>', "size"),
        ('<div style="position:absolute;left:-9999px">{}</div>', "position"),
        ('<div style="position:fixed;top:-200em">{}</div>', "position"),
        ('<div style="text-indent:-9999px">{}</div>', "position"),
        ('<div style="transform:scale(0)">{}</div>', "position"),
        ('<div style="clip:rect(0,0,0,0);position:absolute">{}</div>', "position"),
        ('<p style="color:#fff;background:#FFFFFF">{}</p>', "colour"),
        ('<div style="background:#eee"><font color="#eeeeee">{}</font></div>', "colour"),
        ("<div hidden>{}</div>", "attribute"),
        ('<div class="x1">{}</div>', "display"),
        ('<div id="y2"><b>{}</b></div>', "position"),
    ],
)
def test_what_a_browser_does_not_show_is_not_read(markup: str, way: str) -> None:
    secret = "本段只给机器看，读者看不到。"
    sheet = "<style>.x1,.x2{display:none} #y2 b{position:absolute;left:-3000px}</style>"
    found = read(BODY.replace("</p>", "</p>" + markup.format(secret), 1), sheet)
    assert kept(found) == TEXTS
    assert [(b.kind, b.rule, b.text) for b in found.removed] == [("hidden", way, secret)]


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="color:#fff;background:#c00">{}</p>',
        '<div style="font-size:0"><span style="font-size:16px">{}</span></div>',
        '<div style="height:1px">{}</div>',
        '<p style="text-indent:-2em;margin-left:-20px">{}</p>',
        '<div style="position:relative;left:-10px;opacity:0.9">{}</div>',
        '<p class="x1">{}</p>',
        '<div style="overflow:hidden;width:100%">{}</div>',
    ],
)
def test_what_a_browser_shows_is_read(markup: str) -> None:
    sheet = "<style>@media print{.x1{display:none}} .x1:hover{display:none}</style>"
    assert kept(read(BODY + markup.format("收银台还亮着。"), sheet)) == [*TEXTS, "收银台还亮着。"]


@pytest.mark.parametrize(
    "node",
    [
        '<tr id="yyy80"></tr>',
        '<sup id="ab12c"></sup>',
        '<tfoot id="x1y2z"><noscript id="q9w8e"></noscript></tfoot>',
        '<td id="k3">',
        '<center id="m4n5p"></center>',
        "<!-- x --><noscript>不该看到</noscript>",
    ],
)
def test_strewn_nodes_break_no_paragraph(node: str) -> None:
    body = BODY.replace("正在", f"正{node}在").replace("骑手", f"骑{node}手")
    assert kept(read(body)) == TEXTS


def test_a_table_keeps_its_rows_where_tags_are_strewn() -> None:
    table = "<table><tr id='r1'><td>甲</td><td>1</td></tr><tr><td>乙</td><td>2</td></tr></table>"
    found = read(BODY.replace("正在", "正<tr id='q1w2e'></tr>在") + table)
    assert kept(found) == [*TEXTS, "甲\t1\n乙\t2"]


def test_the_text_of_a_foreign_link_stays_within_a_sentence() -> None:
    sentence = "据<a href='http://other.example/x'>统计公报</a>，门店少了。"
    farm = "".join(f"<p><a href='http://e{i}.example/'>友情站点{i}</a></p>" for i in range(3))
    found = read(BODY + f"<p>{sentence}</p>" + farm)
    assert kept(found) == [*TEXTS, "据统计公报，门店少了。"]
    assert {(block.kind, block.rule) for block in found.removed} == {
        ("navigation", "foreign-links")
    }


@pytest.mark.parametrize(
    ("markup", "rule"),
    [
        ("<p>浙江网经社信息科技公司拥有二十一年历史，提供服务。</p>", "company-blurb"),
        ("<p>作为数字经济新媒体，提供“媒体+智库”、“会员+孵化”服务。</p>", "company-blurb-parts"),
        ("<p>基于9年沉淀，“电数宝”包含新三板公司数据，90+独角兽。</p>", "database-blurb-parts"),
        ("<p>如发现本站文章有误，请将授权证明发至law@netsun.com。</p>", "copyright-notice-parts"),
        ("<p>（责任编辑：李四）</p>", "editor-line"),
        ("<p>（原标题：谁在上夜班）</p>", "original-title"),
        ("<p>免责声明：本文来自网络，不代表本站立场。</p>", "disclaimer"),
        ("<div><p>标签：便利店 夜班</p></div>", "tag-line"),
        ("<div>已有0人评论</div>", "comment-box"),
        ("<p>【版权声明】</p>", "notice-heading"),
        ("<p>平台名称：</p>", "rating-widget"),
        ("<p>微信公众号：网经社</p>", "qr-caption"),
        ("<p>责编：李四 | 审核：王五 | 监审：赵六</p>", "editor-line"),
    ],
)  # fmt: skip
def test_boilerplate_of_other_years_and_sources_goes(markup: str, rule: str) -> None:
    found = read(BODY + markup)
    assert kept(found) == TEXTS
    assert [block.rule for block in found.removed] == [rule]


@pytest.mark.parametrize(
    "pieces",
    [
        "浙江网经社信息科技公司拥有22年历史，|作为中国领先的数字经济新媒体、服务商，|提供“媒体+智库”、“会员+孵化”服务；",
        "网经社“电数宝”电商大数据库（DATA.100EC.CN）|基于电商行业20年沉淀，|包含200+上市公司、新三板公司数据，",
        "【版权声明】|秉承互联网开放、包容的精神，网经社欢迎各方（自）媒体、机构转载、引用我们原创内容；|同时，我们倡导尊重与保护知识产权。",
    ],
)
def test_a_blurb_of_which_each_part_has_a_block_goes(pieces: str) -> None:
    found = read(BODY + "".join(f"<p>{piece}</p>" for piece in pieces.split("|")))
    assert kept(found) == TEXTS
    assert len(found.removed) == 3


def test_sentences_before_a_blurb_on_the_same_line_stay() -> None:
    blurb = (
        "网经社“电数宝”电商大数据库（DATA.100EC.CN，免费注册体验全库）基于20年沉淀，含180+独角兽。"
    )
    found = read(f"{BODY}<p>夜班没人上。{blurb}</p>")
    assert kept(found) == [*TEXTS, "夜班没人上。"]
    assert [block.text for block in found.removed] == [blurb]


def test_blurbs_in_a_box_outside_the_article_are_accounted_for() -> None:
    page = (
        f"<div><div><div>{HEAD}</div><div>{BODY}</div></div></div>"
        "<div><p>浙江网经社信息科技公司拥有18年历史，提供“媒体+智库”服务。</p>"
        "<ul><li>平台名称</li><li>平台回复率</li><li>回复时效性</li></ul></div>"
    )
    found = article.extract(f"<body>{page}</body>".encode(), catalog.load())
    assert kept(found) == TEXTS
    assert {block.kind for block in found.removed} == {"blurb", "widget"}


def test_injection_is_inert_in_every_field() -> None:
    evil = "\u202e\u200b\u2066<script>alert(1)</script>\x00\x07"
    escaped = "&#x202e;&#7;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=y()&gt;"
    page = f"""<html><head><meta name="keywords" content="零售{evil},javascript:x()"></head><body>
        <div>当前位置：100EC&gt;数字零售&gt;{TITLE}</div><h1>{TITLE}{escaped}</h1>
        <div>来源：电商{escaped}报 作者：张三{evil} 2026年02月03日 08:00:01</div>
        <p onclick="x()">夜班{evil}正在消失，{escaped}租金没降。</p>
        <p><img src="javascript:alert(1)"><img src=" java\nscript:x()"><img src="/a.jpg"></p>
        <svg><script>x()</script></svg><iframe src="javascript:x()"></iframe></body></html>"""
    found = article.extract(
        page.encode(), catalog.load(), "http://www.100ec.cn/detail--6655001.html"
    )
    assert (found.title, found.body) == (TITLE, "夜班正在消失，租金没降。")
    assert (found.source, found.author) == ("电商报", "张三")
    assert found.images == ["https://www.100ec.cn/a.jpg"]
    text = json.dumps([found.title, found.body, found.source, found.keywords, found.images])
    for bad in ("<script", "onerror", "\\u202e", "\\u200b", "\\u0000", "\\u0007", "\\u2066"):
        assert bad not in text


def test_emoji_and_rare_characters_are_kept() -> None:
    texts = ["👨‍👩‍👧‍👦一家四口❤️‍🔥，1️⃣ 号店。", "𠮷野家与𪚥字招牌，葛󠄀城店。", "🏴󠁧󠁢󠁥󠁮󠁧󠁿与🇨🇳，中‍文。"]
    found = read("".join(f"<p>{text}</p>" for text in texts))
    assert kept(found) == [*texts[:2], "🏴󠁧󠁢󠁥󠁮󠁧󠁿与🇨🇳，中文。"]


BLURB = "<p>浙江网经社信息科技公司拥有18年历史，提供服务。</p>"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (f"<p>{SPAM}</p>" * 3, "spam"),
        (f"<p>夜班没了。</p><p>{SPAM}</p><p>{SPAM}</p>", "spam"),
        (BLURB, "only boilerplate"),
        ("", "no body"),
        ("<p>夜\ufffd正\ufffd消\ufffd，\ufffd租\ufffd没\ufffd。</p>", "garbled"),
        ("<p>" + "夜班(yè)正(zhèng)在(zài)消(xiāo)失(shī)，租(zū)金。" + "</p>", "garbled"),
        ("<p>您访问的页面不存在</p>", "error page"),
        ("<p>请登录后查看全文</p>", "log-in wall"),
        ("<p>请完成以下验证后继续访问</p>", "security check"),
    ],
)
def test_a_page_that_is_no_article_is_refused(body: str, reason: str) -> None:
    with pytest.raises(NotAnArticle) as refused:
        read(body)
    assert refused.value.reason == reason
    assert refused.value.detail


@pytest.mark.parametrize(
    "body",
    [
        "<p>周一，平台出现系统异常，用户无法下单。</p>",
        "<p>（网经社讯）平台要求卖家登录后查看账单。</p>",
        f"{BODY}<p>{SPAM}</p>",
        "<p>404家门店重新开业。</p>",
        "<p>他说：“\ufffd。”</p>",
    ],
)
def test_a_short_article_is_an_article(body: str) -> None:
    assert read(body).body


@pytest.mark.parametrize("kind", quality.refusals(), ids=lambda kind: kind.reason)
def test_a_refusal_takes_its_examples_and_leaves_the_others(kind: quality.Refusal) -> None:
    assert {quality.refusal(text) for text in kind.yes} == {kind.reason}
    assert not any(kind.pattern.search(text) for text in kind.no)


def test_a_polluted_page_says_so_and_a_clean_one_does_not() -> None:
    for body, polluted in ((BODY + BLURB, False), (f"{BODY}<p>{SPAM}</p>", True)):
        found = read(body)
        assert quality.is_polluted(found.removed, found.recovered) is polluted


def test_explain_shows_the_page_in_order(scrapy: Scrapy) -> None:
    page = f"<div>{SPAM}</div>{HEAD}{BODY}{BLURB}<div class='foot'>关于本站</div>"
    lines = scrapy("extract", "-", "--explain", stdin=page.encode()).stdout.splitlines()
    assert lines[0] == f"= {TITLE}"
    assert lines[1].startswith("- [spam: porn +")
    assert SPAM in lines[1]
    assert [line for line in lines if line.startswith("+")] == [f"+ {text}" for text in TEXTS]
    assert f"  {TITLE}" in lines
    assert lines[-2].startswith("- [blurb: company-blurb] 浙江网经社")
    assert lines[-1] == "  关于本站"


def test_a_quarantined_page_is_explained_by_its_reason(scrapy: Scrapy) -> None:
    done = scrapy("extract", "-", "--explain", stdin=f"{HEAD}<p>{SPAM}</p>".encode())
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("-: spam: ")


def test_bylines_and_tools_go_at_either_end_and_stay_within() -> None:
    source, tools = "来源：亿邦动力 作者：石航；编选：网经社", "字号：大 中 小"
    prose = ["正文第一段，讲的是便利店。", "正文第二段，讲的是前置仓。"]
    cleaned = cleaning.clean([source, tools, prose[0], tools, prose[1], source])
    assert cleaned.kept == [prose[0], tools, prose[1]]
    assert [block.rule for block in cleaned.removed] == [
        "source-and-editor", "share-buttons", "source-and-editor",
    ]  # fmt: skip
    assert source in cleaned.own
