"""Signatures, the index in memory, and the decision on two texts."""

from __future__ import annotations

import pytest

from ecnews.text import figures, fingerprint, near, story
from tests.near import pairs
from tests.near.lookalikes import Formula
from tests.replica import Corpus, rewrites
from tests.replica.dice import Dice

LONG = (
    "（网经社讯）3月8日，青禾优选发布2025年第四季度财报，营收12.6亿元，同比增长8.4%。\n\n"
    "公司表示，即时零售订单占比升至37%，前置仓达到412个，履约成本下降。\n\n"
    "分析人士认为，下沉市场的增量仍在释放，但补贴退坡之后的复购率有待观察。"
)


def married(body: str, other: str, title: str = "财报", other_title: str = "财报") -> bool:
    return story.same(story.Told(title, body), story.Told(other_title, other))


def test_a_hash_holds_what_punctuation_width_and_blanks_do_not() -> None:
    plain = fingerprint.content_hash("财报", LONG)
    for other in (
        LONG.replace("，", ",").replace("。", "."),
        LONG.replace("2025", "２０２５").replace("\n\n", "\r\n\t"),
        LONG.replace("，", "，,").replace("。", " 。\u200b"),
    ):
        assert fingerprint.content_hash("财报", other) == plain
    assert fingerprint.content_hash("财报", LONG.replace("12.6", "126")) != plain
    assert fingerprint.content_hash("财", "报" + LONG) != plain


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("", ""),
        ("，。！", ""),
        ("①㎡ｋＧ", "1m2kG"),
        ("㈠ 12．5％", "一12.5"),
        ("u\u0300 \u00f9 \ufeff\ud800", "ùù"),
        ("😀𠮷野家 3.", "𠮷野家3"),
        ("\ufa6c①", "\U000242ee1"),
    ],
)
def test_letters_and_digits_are_what_counts(text: str, letters: str) -> None:
    assert "".join(map(chr, fingerprint.folded(text))) == letters


@pytest.mark.parametrize("text", ["", "短", "快递业务", "快递业务量", LONG, LONG * 40])
def test_any_text_has_a_signature(text: str) -> None:
    signature = fingerprint.signature(text)
    assert signature.slots.shape == (fingerprint.SLOTS,)
    assert signature.bands.shape == (fingerprint.BANDS,)
    assert signature.shingles >= 1


def test_many_texts_are_folded_and_signed_as_each_by_itself(corpus: Corpus) -> None:
    texts = [article.body for article in corpus][:60]
    texts[3:3] = ["", "短", "3.", "5亿", "①㎡", "😀", "\ud800", "\udc00.5", LONG * 40, "1.\n", "2"]
    folded = fingerprint.folded_all(texts)
    signatures = fingerprint.signatures(folded)
    for text, codes, signature in zip(texts, folded, signatures, strict=True):
        assert codes.tolist() == fingerprint.folded(text).tolist()
        alone = fingerprint.signature(text)
        assert signature.slots.tolist() == alone.slots.tolist()
        assert signature.bands.tolist() == alone.bands.tolist()
        assert signature.shingles == alone.shingles


def test_the_hash_of_a_text_is_what_databases_hold() -> None:
    held = "e2dc0de6754b9ae121428e7a1bc35f6693ab4c937003029e89c42657d9e1b889"
    assert fingerprint.content_hash("财报", LONG) == held


def test_figures_are_told_by_their_bits() -> None:
    bits = fingerprint.figure_bits("增长12.5%，2025年3月")
    assert fingerprint.shared_figures(bits, fingerprint.figure_bits("12.5和2025")) == 1
    assert bits == fingerprint.figure_bits("2025 12.5 7 十二")
    assert fingerprint.figure_bits("1.2.3") == fingerprint.figure_bits("１２ 1.2")
    assert fingerprint.figure_bits("12") != fingerprint.figure_bits("1.2")


def test_signatures_estimate_the_jaccard_similarity(corpus: Corpus) -> None:
    """Without bias, and with the deviation of 128 independent permutations."""

    def shingles(text: str) -> set[bytes]:
        codes = fingerprint.folded(text)
        return {codes[i : i + 4].tobytes() for i in range(len(codes) - 3)}

    errors = []
    for kind in ("characters 5%", "characters 10%", "dropped", "characters 8%, dropped, blurb"):
        for a, b in pairs.copies(kind, 40, corpus):
            ours, theirs = shingles(a[1]), shingles(b[1])
            truth = len(ours & theirs) / len(ours | theirs)
            one, other = fingerprint.signature(a[1]), fingerprint.signature(b[1])
            errors.append(float(fingerprint.similarity(one.slots, other.slots)) - truth)
    assert abs(sum(errors) / len(errors)) < 0.01
    assert sum(error**2 for error in errors) / len(errors) < 0.05**2


def test_the_index_finds_copies_of_what_was_added_and_nothing_else(corpus: Corpus) -> None:
    index = near.Index()
    for article in corpus:
        assert index.query(fingerprint.signature(article.body)) == []
        index.add(article.number, fingerprint.signature(article.body))
    dice = Dice("index")
    found = 0
    for article in corpus:
        _, body = rewrites.rewritten("characters 5%", dice, article.title, article.body)
        keys = [key for key, _ in index.query(fingerprint.signature(body))]
        assert set(keys) <= {article.number}
        found += bool(keys)
    assert found == len(corpus)


def test_the_index_keeps_what_it_has_when_it_grows() -> None:
    index = near.Index()
    signatures = [fingerprint.signature(f"{n}号{n * n}") for n in range(2500)]
    for key, signature in enumerate(signatures):
        index.add(key, signature)
    assert len(index) == 2500
    assert all(index.query(s)[0] == (key, 1.0) for key, s in enumerate(signatures))


def test_a_threshold_keeps_texts_apart_that_have_less_in_common() -> None:
    half = LONG[: len(LONG) // 2] + "".join(chr(0x4E00 + n) for n in range(len(LONG) // 2))
    for threshold, found in ((0.3, 1), (0.8, 0)):
        index = near.Index(threshold)
        index.add(1, fingerprint.signature(half))
        assert len(index.query(fingerprint.signature(LONG))) == found


def test_figures_are_numbers_and_dates() -> None:
    sentence = "2025年第三季度，营收1,234.5亿元，上半年统一交付十二个月订单，双11与春节持平"
    found = [f for piece in figures.pieces(sentence) for f in piece.figures]
    assert found == ["2025", "三", "1234.5", "上", "十二", "11", "春节"]


def test_short_bodies_are_compared_exactly() -> None:
    short = LONG[:79]
    assert married(short, short.replace("，", " , "))
    assert not married(short, short.replace("财报", "年报"))
    assert married(LONG, LONG.replace("财报", "年报"))


def test_a_body_that_tells_nothing_is_no_story() -> None:
    assert not married("详情见附件。", "详情见附件。", "青禾优选招聘公告", "木棉到家招标公告")
    assert married("详情见附件。", "详情见附件。", "青禾优选招聘公告", "青禾优选：招聘公告")


def test_other_figures_are_another_story() -> None:
    month = "快递业务量完成{}亿件，同比增长{}%，业务收入完成{}亿元，同比增长{}%，行业运行总体平稳。"
    text = "（网经社讯）国家邮政局公布{}月邮政行业运行情况。全国" + month + "累计" + month
    october = text.format(10, 152.4, 9.3, 1310.2, 5.1, 1420.9, 17.2, 11802.4, 8.8)
    november = text.format(11, 163.8, 6.7, 1402.7, 3.4, 1584.7, 15.9, 13205.1, 8.2)
    assert not married(october, november)
    assert married(october, october.replace("总体平稳", "保持平稳"))


def test_another_date_is_another_story() -> None:
    assert not married(LONG, LONG.replace("3月8日", "6月8日").replace("第四", "第一"))


def test_another_company_is_another_story() -> None:
    body = LONG + "\n\n青禾优选成立于2015年，青禾优选总部位于杭州。"
    other = body.replace("青禾优选", "木棉到家")
    assert not married(body, other, "青禾优选发布财报", "木棉到家发布财报")


def test_a_shared_notice_is_no_shared_story() -> None:
    notice = "\n\n".join(line for line in LONG.split("\n\n")[1:])
    first = "云栈科技宣布在义乌投用新的分拨中心，处理能力每小时四万件，将服务周边的小商品卖家。"
    second = "鹿鸣生鲜与三家产地合作社签约，樱桃季的直播从果园开始，预售订单由产地仓直接发出。"
    assert not married(
        f"{first}\n\n{notice}", f"{second}\n\n{notice}", "分拨中心投用", "樱桃季开播"
    )


@pytest.fixture(scope="module")
def articles() -> Corpus:
    return Corpus(500, seed=23)


@pytest.mark.parametrize("kind", rewrites.EDITS)
def test_edited_copies_are_found(kind: str, articles: Corpus) -> None:
    found = [pairs.married(*pair) for pair in pairs.copies(kind, 60, articles)]
    # The last three of one kind leave less than half of the 4-grams as they were.
    assert sum(found) / len(found) >= (0.88 if kind == "characters 8%, dropped, blurb" else 0.95)


def test_edited_copies_of_texts_full_of_figures_are_found() -> None:
    kinds = [kind for kind in rewrites.EDITS if "8%, dropped" not in kind]
    found = [
        pairs.married(*pair)
        for kind in kinds
        for pair in pairs.formula_copies(kind, 20, pairs.FORMULAS + pairs.HELD_OUT)
    ]
    assert sum(found) / len(found) >= 0.93


@pytest.mark.parametrize(
    "formula", pairs.FORMULAS + pairs.HELD_OUT, ids=lambda formula: formula.name
)
def test_texts_of_one_formula_are_kept_apart(formula: Formula) -> None:
    wrong = {
        way: sum(pairs.married(*pair) for pair in pairs.lookalikes(formula, way, 20))
        for way in pairs.ways(formula)
        if way != "names"  # a weaker sign: all figures and the day are those of the other
    }
    dates = wrong.pop("names and dates", 0)
    assert not any(wrong.values())
    assert dates <= 1
