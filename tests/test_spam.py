"""Keyword spam goes and honest text stays, measured on corpora; the figures are printed (-rP)."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from ecnews.errors import DataFileError
from ecnews.text import cleaning, likeness, spam, stocks
from tests.corpora import changes, honest
from tests.corpora import spam as made
from tests.replica import Corpus

LINES = 1500
PROSE = [
    "（网经社讯）据悉，梧桐优选一季度营收达 21.4 亿元，同比增长 38%。",
    "业内人士认为，前置仓的成本仍在下降，但门店的租金没有降。",
]


def removed_of(lines: list[str]) -> list[str]:
    """The lines that are gone, each set between the paragraphs of an article."""
    gone = []
    for line in lines:
        kept = cleaning.clean([*PROSE, line, *PROSE]).kept
        if line not in kept and len(kept) == 2 * len(PROSE):
            gone.append(line)
    return gone


@pytest.mark.parametrize("half", ["seen", "unseen"])
def test_keyword_lines_of_many_makes_are_removed(half: made.Half) -> None:
    lines = list(made.lines(LINES, half, "measured"))
    left = sorted({*lines} - {*removed_of(lines)})
    print(f"{half}: {1 - len(left) / LINES:.2%} of {LINES} spam lines removed; left: {left[:5]}")
    assert len(left) <= 0.005 * LINES


def test_lines_written_by_hand_that_nothing_was_learned_from_are_removed() -> None:
    lines = made.written()
    left = sorted({*lines} - {*removed_of(lines)})
    print(f"{1 - len(left) / len(lines):.1%} of {len(lines)} written lines removed; left: {left}")
    assert len(left) <= 0.05 * len(lines)


@pytest.mark.parametrize("name", changes.ALL)
def test_letters_made_hard_to_read_hide_nothing(name: str) -> None:
    change = changes.ALL[name]
    lines = [change(line) for line in made.lines(150, "unseen", name)]
    left = sorted({*lines} - {*removed_of(lines)})
    assert len(left) <= 0.01 * len(lines), left


@pytest.mark.parametrize("name", changes.ALL)
def test_the_same_done_to_honest_lines_makes_them_no_spam(name: str) -> None:
    change = changes.ALL[name]
    texts = (*honest.written(), *honest.unlearned())
    # No reporter spreads out a number to call.
    lines = [change(line) for line in texts if not re.search(r"\d{11}", line)]
    assert not [line for line in lines if spam.judge(line)]


def test_honest_articles_that_nothing_was_learned_from_pass_whole() -> None:
    text = (files("tests.chinese") / "unseen.txt").read_text("utf-8")
    paragraphs = [line for line in text.splitlines() if line.strip()]
    assert len(paragraphs) > 300
    assert spam.find(paragraphs) == {}
    assert not [text for text in paragraphs if spam.cut(text).removed]


def test_most_of_the_unseen_phrases_are_no_entries_of_the_stocks() -> None:
    entries = {word for stock in stocks.rules().stocks for word in stock.words}
    phrases = made.phrases("unseen")
    assert 2 * len(entries.intersection(phrases)) <= len(phrases)


def test_no_honest_paragraph_is_removed_or_cut() -> None:
    texts = [*honest.unlearned(), *honest.written(), *honest.lists(1500), *honest.articles(300)]
    lost = [text for text in texts if cleaning.clean([*PROSE, text, *PROSE]).kept[2:-2] != [text]]
    print(f"{len(lost)} of {len(texts)} honest paragraphs removed or cut: {lost[:5]}")
    assert not lost


@pytest.mark.parametrize("stock", stocks.rules().stocks, ids=lambda stock: stock.id)
def test_a_stock_takes_its_examples_and_leaves_the_others(stock: stocks.Stock) -> None:
    assert stock.yes
    assert stock.no
    for text in stock.yes:
        found = spam.judge(text)
        assert found, text
        assert found.stock == stock.id
    assert not [text for text in stock.no if spam.judge(text)]


def test_a_finding_says_what_led_to_it() -> None:
    found = spam.judge("澳门新葡京|百家乐在线投注|真人荷官|注册送彩金")
    assert found
    assert found.score > stocks.rules().score["spam"]
    assert "百家乐" in found.why
    assert re.search(r"list \+0\.\d", found.why)


SPAM = "国产精品久久|日韩无码|成人视频在线|91视频免费看"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"便利店的夜班谁在坚守_{SPAM}", "便利店的夜班谁在坚守"),
        (f"{SPAM} 便利店的夜班谁在坚守", "便利店的夜班谁在坚守"),
        (f"{SPAM}|便利店的夜班谁在坚守 谁退场|{SPAM}", "便利店的夜班谁在坚守 谁退场"),
        (f"租金没有降。{SPAM}", "租金没有降。"),
        (SPAM, ""),
        ("国产手机 欧美市场 日韩品牌", "国产手机 欧美市场 日韩品牌"),
    ],
)
def test_spam_is_cut_off_a_title_or_a_paragraph(text: str, kept: str) -> None:
    assert spam.cut(text).kept == kept


@pytest.mark.parametrize("divider", "_| -")
def test_a_title_comes_whole_out_of_a_polluted_one(divider: str) -> None:
    titles = [article.title for article in Corpus(150, 5)]
    wrong = []
    for title in titles:
        for text in (f"{title}{divider}{SPAM}", f"{SPAM}{divider}{title}"):
            if spam.cut(text).kept != title:
                wrong.append(text)
    assert len(wrong) <= 0.01 * len(titles), wrong


def test_a_title_that_a_keyword_line_has_borrowed_goes_with_it() -> None:
    line = f"便利店的夜班谁在坚守_{SPAM}"
    assert cleaning.clean([*PROSE, line]).kept == PROSE
    assert cleaning.clean([*PROSE, f"{PROSE[1]}{SPAM}"]).kept == [*PROSE, PROSE[1]]
    # The title is the greater part of it, but no sentence.
    line = "浙江出台快递条例：明年3月起施行_足球外围app_最好的足球投注平台"
    assert cleaning.clean([*PROSE, line]).kept == PROSE
    assert spam.cut(line).kept == "浙江出台快递条例：明年3月起施行"


def test_a_list_of_honest_words_is_not_cut_for_a_word_of_spam() -> None:
    lines = [
        "私彩、黑彩、网络赌博：三类案件占比",
        "少女装 少妇装 熟女装 中老年女装",
        "免费 包邮 秒杀 拼团 砍价",
    ]
    assert cleaning.clean([*PROSE, *lines, *PROSE]).kept == [*PROSE, *lines, *PROSE]


def test_a_finding_names_what_sounds_like_spam_where_no_stock_has_a_word() -> None:
    found = spam.judge("online casino real money | free spins no deposit | best betting sites")
    assert found
    assert "(casino" in found.why
    assert "phrases +" in found.why


def test_a_weight_that_is_no_number_is_named_by_its_line() -> None:
    with pytest.raises(DataFileError, match="line 2"):
        likeness.parse("1.5 无码\nmuch 国产\n")


def test_a_phrase_a_block_is_spam_as_well() -> None:
    phrases = ["国产精品久久", "日韩高清无码", "成人免费视频", "欧美在线观看"]
    cleaned = cleaning.clean([*PROSE, *phrases])
    assert cleaned.kept == PROSE
    assert [block.kind for block in cleaned.removed] == ["spam"] * 4


def test_nothing_is_lost_where_a_text_is_cut() -> None:
    for line in made.lines(300, "unseen", "cut"):
        glued = PROSE[0] + line
        parts = [part.text for part in cleaning.clean([glued]).lines]
        assert re.sub(r"[\W_]", "", "".join(parts)) == re.sub(r"[\W_]", "", glued)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("spam = ", "spma = "), "spma"),
        (("why = ", "whi = "), "whi"),
        (("无码", "AV"), "lower case"),
        (("[score]", "[score"), "spam.toml"),
    ],
)
def test_a_wrong_file_is_refused(change: tuple[str, str], complaint: str) -> None:
    text = (files("ecnews.text.rules") / "spam.toml").read_text("utf-8")
    with pytest.raises(DataFileError, match=complaint):
        stocks.parse(text.replace(*change, 1))
