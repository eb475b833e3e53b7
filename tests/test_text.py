"""The pure functions on text, beyond what their doctests show."""

from __future__ import annotations

import re

import pytest

from ecnews.errors import DataFileError
from ecnews.text import boilerplate, byline, charset
from ecnews.text.cleaning import clean

NEWS = "（网经社讯）据悉，梧桐优选一季度营收达 21.4 亿元，同比增长 38%，乾永年称“稳字当头”。"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_text_is_decoded_from_its_bytes(codec: str) -> None:
    assert charset.decode(NEWS.encode(codec)) == NEWS


def test_a_utf8_page_with_a_spoilt_byte_stays_utf8() -> None:
    data = bytearray((NEWS * 50).encode())
    data[1000] = 0xFF
    text = charset.decode(bytes(data))
    assert text.count(NEWS) >= 48


def test_a_gbk_page_with_a_spoilt_byte_stays_gbk() -> None:
    data = bytearray((NEWS * 50).encode("gbk"))
    data[1001] = 0xFF
    assert charset.decode(bytes(data)).count(NEWS) >= 48


def test_a_page_cut_within_a_character_keeps_the_rest() -> None:
    data = (NEWS * 3).encode()
    for cut in range(1, 4):
        assert charset.decode(data[:-cut]).startswith(NEWS * 2)


@pytest.mark.parametrize("rule", boilerplate.rules().all, ids=lambda rule: rule.id)
def test_a_rule_takes_its_examples_and_leaves_the_others(rule: boilerplate.Rule) -> None:
    assert rule.yes, "a rule needs an example that it takes"
    assert rule.no, "a rule needs an example that it leaves"
    for text in rule.yes:
        assert [(found.rule, found.text) for found in clean([NEWS, NEWS, text]).removed] == [
            (rule.id, text)
        ]
    for text in rule.no:
        assert clean([NEWS, text]).kept == [NEWS, text]


def test_nothing_disappears_without_a_finding() -> None:
    examples = (text for rule in boilerplate.rules().all for text in (*rule.yes, *rule.no))
    blocks = [NEWS, *examples, NEWS]
    cleaned = clean(blocks)
    assert sorted([*cleaned.kept, *(block.text for block in cleaned.removed)]) == sorted(blocks)


def test_a_tail_rule_leaves_the_same_words_within_the_article() -> None:
    blocks = ["四项指标如下：", "用户满意度", "平台回复率", "三项上升。"]
    assert clean(blocks).kept == blocks


def test_titles_behind_a_heading_of_related_articles_go_with_it() -> None:
    blocks = [NEWS, "相关阅读", "便利店的夜班", "谁在退出，谁在加码", "微信公众号"]
    cleaned = clean(blocks)
    assert cleaned.kept == [NEWS]
    assert {block.rule for block in cleaned.removed} == {"related-label", "qr-caption"}


def test_comments_go_with_their_heading() -> None:
    cleaned = clean([NEWS, NEWS, "网友评论(2)", "张三：说得好。", "李四：不敢苟同！"])
    assert cleaned.kept == [NEWS, NEWS]
    assert {block.kind for block in cleaned.removed} == {"comment"}


def test_a_heading_with_most_of_the_article_behind_it_ends_nothing() -> None:
    blocks = ["一篇短文。", "网友评论", NEWS, NEWS]
    assert clean(blocks).kept == blocks


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda text: text.replace('where = "tail"', 'where = "top"', 1), "where"),
        (lambda text: text.replace("least = 3", "", 1), "least"),
        (lambda text: text.replace("kind =", "kin =", 1), "kin"),
        (lambda text: re.sub(r"pattern = '.*'", "pattern = '('", text, count=1), "pattern"),
        (lambda text: "rule = [", "boilerplate.toml"),
    ],
    ids=["where", "least", "key", "pattern", "toml"],
)
def test_a_wrong_rule_file_is_refused(change: object, complaint: str) -> None:
    from importlib.resources import files

    text = (files("ecnews.text.rules") / "boilerplate.toml").read_text("utf-8")
    assert callable(change)
    with pytest.raises(DataFileError, match=complaint):
        boilerplate.parse(change(text))


@pytest.mark.parametrize(
    ("line", "source", "author", "editor"),
    [
        ("2018-08-15 10:05:21 来源：新浪科技 作者：张三 责编：李四", "新浪科技", "张三", "李四"),
        ("来源：亿邦动力\n作者：王小明\n2018年08月15日10:05", "亿邦动力", "王小明", None),
        ("http://www.100ec.cn  2015年03月10日08:50  电商周刊", "电商周刊", None, None),
        ("亿邦动力网  发布时间：2026年01月21日 14:57:28", "亿邦动力网", None, None),
        ("网经社\n发布时间：2026年01月21日 14:57:28\n分享到", "网经社", None, None),
        ("2026年01月21日 14:57:28", None, None, None),
        ("责任编辑：赵六 2019-01-01 10:00", None, None, "赵六"),
        ("文/孙七 2019-01-01 10:00", None, "孙七", None),
        ("来源:电商报 | 2019/1/1 9:00 | 作者:周八", "电商报", "周八", None),
        ("2018-08-15 10:05 浏览次数：23 来源：派代网 评论(3)", "派代网", None, None),
    ],
)  # fmt: skip
def test_source_author_and_editor_are_told_apart(
    line: str, source: str | None, author: str | None, editor: str | None
) -> None:
    assert byline.read(line) == byline.Byline(source, author, editor)


@pytest.mark.parametrize(
    ("paragraph", "author"),
    [
        ("文/张三", "张三"),
        ("文 | 张三 李四", "张三 李四"),
        ("（文/网经社 张三）", "网经社 张三"),
        ("作者：王五 编辑：赵六", "王五"),
        ("责编：赵六", None),
        ("来源：新浪科技", None),
        ("文件显示，平台须在三日内整改。", None),
        ("作者认为：平台应当负责。", None),
    ],
)
def test_a_paragraph_names_an_author_only_if_it_is_a_byline(
    paragraph: str, author: str | None
) -> None:
    assert byline.author(paragraph) == author
