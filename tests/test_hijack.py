"""Recovery of hijacked text, against a generator that does what the mirrors do, and honest text."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecnews.text.hijack import HONEST, Recovered, Verdict, examine, recover
from tests.corpora import spam
from tests.replica.dice import Dice
from tests.replica.mirror import COMMA_BEFORE, Mirror, conversion, mirror, page, table
from tests.replica.pollution import pollute

# Articles that the statistics of Chinese were not made from.
UNSEEN = [
    article.splitlines()
    for article in (Path(__file__).parent / "chinese" / "unseen.txt")
    .read_text("utf-8")
    .split("\n\n")
]
ARTICLES = UNSEEN[::4]
ONE, OTHER = UNSEEN[1], UNSEEN[2]


def distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for number, char in enumerate(one, 1):
        above, row[0] = row[0], number
        for at, against in enumerate(other, 1):
            above, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, above + (char != against))
    return row[-1]


def measure(shares: list[float], **how: Any) -> tuple[float, float]:
    """Character error rate and share of exact paragraphs."""
    errors = chars = exact = paragraphs = 0
    for share in shares:
        shown = mirror(share, seed=1, **how)
        for article in ARTICLES:
            lines = page(article).splitlines()
            back = recover(page(article, shown)).text.splitlines()
            assert len(back) == len(lines)
            for line, got in zip(lines, back, strict=True):
                if line.startswith("<p>"):
                    errors += distance(line, got) if line != got else 0
                    chars += len(line) - len("<p></p>")
                    paragraphs += 1
                    exact += line == got
    return errors / chars, exact / paragraphs


# What stands on real mirrors, and what the article had.
FRAGMENTS = [
    ("面向?qū)櫸镄袠I(yè)", "面向宠物行业"),
    ("我們?cè)瓌?chuàng)內(nèi)容", "我们原创内容"),
    ("季度?wěi)祿?jù)", "季度数据"),
    ("以?yǒng)恚?塾?jì)", "以来，累计"),
    ("??缇畴娚塘闶圻M口", "。跨境电商零售进口"),
    ("?缇畴娚塘闶圻M口", "。跨境电商零售进口"),
    ("?！眳菚圆ㄔ谥辈ナ仔阒兄毖", "。”吴晓波在直播首秀中直言"),
    ("數(shù)字零售", "数字零售"),
    ("服務(wù)", "服务"),
    ("網(wǎng)經(jīng)社訊(xùn)", "网经社讯"),
    ("會(huì )議", "会议"),
    ("平臺(tái)服務(wù)的門檻??梢?，", "平台服务的门槛。可见，"),
    ("<p>網(wǎng)絡(luò)銷售額?！?/p>", "<p>网络销售额。”</p>"),
    ("流量?jī)r(jià)值與供應(yīng)鏈,，快手,、抖音,。", "流量价值与供应链，快手、抖音。"),
    ("電(diàn)商,，成為,,新的,，長(zhǎng)期", "电商，成为新的，长期"),
]


@pytest.mark.parametrize(("shown", "article"), FRAGMENTS, ids=[shown for shown, _ in FRAGMENTS])
def test_fragment_of_a_real_mirror(shown: str, article: str) -> None:
    assert recover(shown).text == article


@pytest.mark.parametrize(("shown", "article"), FRAGMENTS, ids=[shown for shown, _ in FRAGMENTS])
def test_fragment_within_a_hijacked_page(shown: str, article: str) -> None:
    around = mirror(0.3, 5)
    back = recover(f"{around(ONE[1])}\n{shown}\n{around(ONE[2])}\n").text
    assert back.split("\n")[1] == article


def test_what_was_done_is_counted() -> None:
    assert recover("我們?cè)瓌?chuàng)內(nèi)容") == Recovered("我们原创内容", 3, 1, 3, 0)


def test_a_page_with_a_place_that_cannot_be_restored_says_so() -> None:
    shown = mirror(1.0, seed=1)
    for article in UNSEEN:
        found = recover(page(article, shown))
        if found.text.count("?") > page(article).count("?"):
            assert found.unresolved


EXAMPLES = [
    ("面向宠物行业", "驅業", "面向?qū)櫸镄袠I(yè)"),
    ("我们原创内容", "冊創內", "我們?cè)瓌?chuàng)內(nèi)容"),
    ("季度数据", "葦據", "季度?wěi)祿?jù)"),
    ("以来，累计", "詠計", "以?yǒng)恚?塾?jì)"),
    ("数字零售", "數", "數(shù)字零售"),
]


@pytest.mark.parametrize(("article", "chars", "shown"), EXAMPLES)
@pytest.mark.parametrize("hits", ["scan", "sequence"])
def test_the_generator_does_what_real_mirrors_do(
    article: str, chars: str, shown: str, hits: Literal["scan", "sequence"]
) -> None:
    convert = conversion("sparse")
    assert Mirror(table(0, 0, convert, also=chars), convert, hits=hits)(article) == shown


def test_the_generator_shifts_without_pinyin() -> None:
    convert = conversion("sparse")
    commas = Mirror({}, convert, commas=["！".encode("gbk"), "，".encode("gbk")])
    assert commas("。”吴晓波在直播首秀中直言。”</p>") == "?！眳菚圆ㄔ谥辈ナ仔阒兄毖浴,！?/p>"
    assert Mirror({}, convert, questions=True)("。跨境电商零售进口") == "?缇畴娚塘闶圻M口"


HOW: list[dict[str, Any]] = [
    {},
    {"hits": "sequence"},
    {"blank": True},
    {"questions": True},
    {"commas": COMMA_BEFORE},
    {"kind": "full"},
    {"kind": "odd"},
]


@pytest.mark.parametrize("how", HOW, ids=str)
def test_articles_come_back_from_mirrors_with_small_tables(how: dict[str, Any]) -> None:
    rate, exact = measure([0.1, 0.5], **how)
    assert rate <= SMALL[0]
    assert exact >= SMALL[1]


@pytest.mark.parametrize("how", HOW, ids=str)
def test_articles_come_back_from_mirrors_with_the_whole_table(how: dict[str, Any]) -> None:
    rate, exact = measure([1.0], **how)
    assert rate <= WHOLE[0]
    assert exact >= WHOLE[1]


# Floors a little below what is reached; docs/architecture.md has the figures.
SMALL = 0.003, 0.83
WHOLE = 0.004, 0.81


@pytest.mark.parametrize("kind", ["sparse", "full", "odd"])
def test_a_page_in_traditional_without_pinyin(kind: Literal["sparse", "full", "odd"]) -> None:
    for article in islice(UNSEEN, 4):
        shown = "\n".join(article).translate(conversion(kind))
        assert recover(shown).text == "\n".join(article)


HONEST_TEXTS = {
    "simplified": "\n".join(ONE + OTHER),
    "page": page(ONE),
    "english": "亚马逊（Amazon）与谷歌(Google)宣布合作(see below)，客服(24h)在线?是的。Why?不知道!",
    "headline": "双十一还香吗?平台给出答案\n谁在赚钱?!卖家这样说\n“降价?”“不降!”",
    "urls": '<a href="/list.html?id=1&amp;q=网店?页=2">更多</a><img src="a.png?v=（1）">',
    "lesson": "拼音课上，老师写下：好(hǎo)人，妈(mā)妈，学(xué)习，绿(lǜ)色。再读：人(rén)民。",
    "lesson, traditional": "注音與拼音：學(xué)校、電(diàn)腦、人(rén)民，這個學校很大。",
    "rare reading": "他姓仇(qiú)，名龑(yǎn)，人称“老仇”。饕(tāo)餮(tiè)盛宴开席。",
    "quoted": "展品上写着“學(xué)而時習(xí)之”八字，售价三千元，买家说这个价钱还算合适。",
    "maths": "若 f(x)=(a)(b)，则 g(y)? 当 x>0 时，(i) 成立；(ii) 不成立。a?b:c，n(n)=(o)。",
    "code": "x = a ? b : c; // 注释?是的\nif (e) { f(u); } print('？')\nname(string)",
    "mixed": "東京の会社、漢字とかな。서울 전자상거래?네。Ελληνικά?ναι，русский?да。",
    "quotation": "报道引用台湾媒体：「網路購物節業績創新高，於今年後續擴大」，国内买家也很关注。",
    "taiwan": "電商平臺於今年第三季推出新服務，消費者在網路下單後，最快三十分鐘即可取貨。",
    "hong kong": "消費者委員會指出，網上購物投訴上升兩成。商戶於收到投訴後須在七日內回覆。",
    "straight quotes": "他說：“這個價格裡面已經包含運費，送達之後付款。”至於何時開賣，沒有回應?",
    "short, traditional": "淘寶",
    "names": "李昇、陳方安生與黃飛鴻(Wong)出席；毕昇杯颁奖?待定",
    "question marks": "真的?！假的?？谁?；“?”和“！”，?，？",
    "long": page(ONE + ["若 f(x)=(a)(b)，则 g(y)? x : y；好(hǎo)人，妈(mā)妈。", *OTHER] * 5),
    "replacement": "编码错了\ufffd一点点，\ufffd\ufffd后面照常。",
}


@pytest.mark.parametrize("name", HONEST_TEXTS)
def test_honest_text_is_returned_as_it_came(name: str) -> None:
    text = HONEST_TEXTS[name]
    assert recover(text).text is text
    assert recover(page([text, text])) == Recovered(page([text, text]))


HOSTILE = [
    *(sign * 100_000 for sign in ("(a)", "?", ")", "(ā)", "?(")),
    *(sign * 4_000 for sign in ("?ā)", "數(shù)", "?數", "數?", "?！", "據?jù)", "?缇畴")),
    *("", "\x00", "\ufffd?\ufffd", "數(shù)\ufffd?jù)\x00?", "?ā)", "%?jù)"),
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: f"{len(text)} {text[:12]!a}")
def test_hostile_input_raises_nothing(text: str) -> None:
    assert isinstance(recover(text).text, str)


ALPHABET = st.sampled_from(
    [*"?(),ā、。，！？”“數據網經電a<b>/p缇畴娚塘闶\n A", "(shù)", "?jù)", "?qū)", "\ud800"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ALPHABET, max_size=40).map("".join))
def test_no_input_raises_and_counts_agree(text: str) -> None:
    found = recover(text)
    if (found.annotations, found.realigned, found.converted) == (0, 0, 0) and "," not in text:
        assert found.text == text
    if examine(text) == HONEST:
        assert found == Recovered(text)


def test_a_piece_takes_the_verdict_of_its_page() -> None:
    verdict = examine(page(ONE, mirror(0.3, 3)))
    assert verdict.annotated
    assert recover("淘寶天貓", verdict).text == "淘宝天猫"
    assert recover("淘寶天貓").text == "淘寶天貓"


def test_a_run_reads_the_same_in_the_headline_and_again_on_the_page() -> None:
    shown = "面向?qū)櫸镄袠I(yè)"
    found = recover(f"<title>{shown}</title>\n<h1>{shown}</h1>\n<p>{shown}</p>\n")
    assert found.text == "<title>面向宠物行业</title>\n<h1>面向宠物行业</h1>\n<p>面向宠物行业</p>\n"
    assert (found.realigned, found.annotations) == (3, 6)


def test_a_strewn_comma_is_not_taken_for_what_stands_before_a_run() -> None:
    text = "高于上年同期的三千九百六十万。总订单量一亿六千六百万笔，同比增长。"
    shown = mirror(0, 1, commas=COMMA_BEFORE)(f"{text}\n{ONE[1]}\n")
    assert ",?？" in shown
    assert recover(shown).text == f"{text}\n{ONE[1]}\n"


def test_a_swallowed_end_of_line_comes_back() -> None:
    commas = Mirror({}, conversion("sparse"), commas=["！".encode("gbk")])
    text = "这是网络销售额。”\n吴晓波在直播首秀中直言，销售额还会增长。\n"
    assert recover(commas(text), Verdict(converted=True)).text == text


@pytest.mark.parametrize("share", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("index", range(8))
def test_a_page_is_known_beneath_its_spam_and_scripts(share: float, index: int) -> None:
    """What a hijacker adds is Simplified, and more than the article; scripts have `(w)` as well."""
    source = page(ONE).replace("<script>", "<script>(function (w, d) { e(t) })(window);")
    polluted = pollute(mirror(share, 5)(source), Dice(str(index)))
    farm = "".join(f"<p>{spam.line(Dice(f'{index}:{line}'), 'seen')}</p>" for line in range(40))
    verdict = examine(polluted.replace("<h1>", farm + "<h1>"))
    assert verdict == (Verdict(annotated=True) if share else Verdict(converted=True))


def test_a_quotation_in_traditional_among_spam_shows_no_mirror() -> None:
    quoted = mirror(0, 5)("“面向宠物行业，网络零售额增长较快，对于平台来说，今后的竞争还在后面。”")
    lines = [*ONE, quoted, "日韩高清无码|国产精品久久|成人在线免费看"]
    assert examine(page(lines)) == HONEST


def test_questions_made_ascii_anywhere_come_back() -> None:
    lines = ["平台之争", "商户买账吗？记者询问了三家，都说还好。", "值不值？账有好几种，各算各的。"]
    shown = mirror(0.3, 1, questions=True)(page(lines))
    assert "？" not in shown
    assert recover(shown).text == page(lines)


def test_a_question_that_was_ascii_before_the_mirror_stays() -> None:
    """The mirror left `。可`, whose bytes hold those of `？`: it did not search for them."""
    lines = [
        "还香吗?平台给出答案",
        "面向宠物行业，各家都在补货。可见，竞争还在后面，价格战还在继续。",
    ]
    assert recover(page(lines, mirror(1.0, 1))).text == page(lines)


def test_a_trail_byte_shown_as_a_letter_is_read_where_questions_were_made_ascii() -> None:
    lines = ["县里的店", "一斤五元，比货还贵。县里后来建了冷库，网络零售额才增长起来。"]
    shown = mirror(0.3, 1, questions=True)(page(lines))
    assert "?h" in shown
    assert recover(shown).text == page(lines)


def test_a_private_character_of_a_hijacked_page_stays() -> None:
    lines = ["平台之争", "面向宠物行业的\ue000店，季度数据增长，各家都在补货。"]
    shown = page(lines).translate(conversion("sparse"))
    assert recover(shown, Verdict(converted=True)).text == page(lines)
