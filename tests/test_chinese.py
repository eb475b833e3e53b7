"""The statistics of Chinese, asked for a text and for many characters at once."""

from __future__ import annotations

import pytest

from ecnews.text.chinese import places, plain, statistics

# Seen and never seen, frequent and rare, beyond the BMP, no character at all.
BEFORE = ["国际", "的平", "\n\n", "，消", "龘龘", "A0", "啊𠮷", "x\ud800"]
AFTER = "物台费者者的，\n0龘"


@pytest.mark.parametrize("before", BEFORE, ids=ascii)
def test_many_characters_cost_together_what_each_costs_alone(before: str) -> None:
    known = statistics()
    together = known.behind([before, "电子"], known.numbers(AFTER), places(AFTER))
    assert together[0].tolist() == [known.cost(before, char) for char in AFTER]
    assert together[1].tolist() == [known.cost("电子", char) for char in AFTER]


@pytest.mark.parametrize("char", ["物", "，", "龘", "𠮷"], ids=ascii)
def test_what_stands_before_a_character_costs_what_it_costs_behind_it(char: str) -> None:
    known = statistics()
    # Nothing follows 龘 and one more, so that the last character alone decides.
    costs = known.before(char)[known.numbers(AFTER)]
    assert costs.tolist() == [known.cost("龘" + before, char) for before in AFTER]


def test_a_text_costs_the_sum_of_its_characters() -> None:
    known = statistics()
    text = plain("国际物流平台：2026年，消费者")
    parts = [known.cost(text[at - 2 : at], text[at]) for at in range(2, len(text))]
    assert known.cost(text[:2], text[2:]) == sum(parts)


def test_what_people_write_costs_less_than_what_they_do_not() -> None:
    known = statistics()
    assert known.cost("，，", "平台之间的竞争") < known.cost("，，", "争竞的间之台平")
