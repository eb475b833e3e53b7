# ruff: noqa: E501  Chinese is twice as wide as ruff's count allows
"""Whether a text was converted, and the way back, word by word."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import opencc
import pytest

from ecnews.text.script import converted, simplified
from tests.replica.mirror import conversion

TEXT = (Path(__file__).parent / "chinese" / "unseen.txt").read_text("utf-8")

# Characters with two ways back: the converted text and what it was.
WORDS = """
隻有一隻 只有一只|祇能 只能|喫飯 吃饭|佔有 占有|剛纔 刚才|纔能 才能|裏面 里面|這裡 这里|公裏 公里|分鍾 分钟|鐘錶 钟表
以後 以后|皇後 皇后|對於 对于|由於 由于|覆蓋 覆盖|首批覆蓋 首批覆盖|回復 回复|複雜 复杂|復購 复购|註冊 注册|注明 注明
乾隆 乾隆|乾安縣 乾安县|乾坤 乾坤|餅乾 饼干|乾淨 干净|凈利潤 净利润|淨利潤 净利润|著名 著名|顯著 显著|著作權 著作权|看著 看着
瞭望 瞭望|瞭解 了解|慰藉 慰藉|狼藉 狼藉|藉口 借口|徵收 征收|魏徵 魏徵|神祇 神祇|樊於期 樊於期|甚麼 什么|什麽 什么|合夥 合伙
甚至 甚至|捱過 捱过|拚命 拚命|畢昇 毕昇|籤署 签署|彙報 汇报|匯率 汇率|聯係 联系|體係 体系|關繫 关系|製造 制造|麵包 面包
臺灣 台湾|平臺 平台|櫃檯 柜台|鬆動 松动|週期 周期|嚮往 向往|遊戲 游戏|餘額 余额|範圍 范围|準備 准备|傢具 家具|眾多 众多
衆多 众多|為了 为了|爲了 为了|啟動 启动|啓動 启动|線上 线上|綫上 线上|羣體 群体|峯會 峰会|牀品 床品|廣告佈局 广告布局
"""
PAIRS = [tuple(pair.split(" ")) for line in WORDS.split("\n") for pair in line.split("|") if pair]


@pytest.mark.parametrize(("shown", "article"), PAIRS)
def test_way_back(shown: str, article: str) -> None:
    assert simplified(shown) == article


@pytest.mark.parametrize("kind", ["sparse", "full"])
def test_the_way_back_is_the_inverse_of_the_conversion(kind: Literal["sparse", "full"]) -> None:
    article = "著名的乾安县小米，瞭望台上慰藉人心，乾隆年间的著作，签署复杂的合同，后来在公里之外，制造面包，只有皇后知道"
    shown = article.translate(conversion(kind))
    assert shown != article
    assert simplified(shown) == article


def test_a_page_with_the_other_character_keeps_both() -> None:
    assert simplified("張著看着著者") == "张著看着著者"


CONVERTED = [
    "電商平臺于今年推出新服務，用戶下單之后，最快三十分鐘即可收到商品",
    "網經社訊，該公司簽署合作協議，對于后續計劃沒有回應，里面的細節不明",
    "雙方籤署協議，重復的手續較爲復雜，衹需幾分鍾就能完成，對於用戶來說，以後會更簡單",
]
TRUE = [
    "電商平臺於今年推出新服務，使用者下單之後，最快三十分鐘即可收到商品",
    "雙方簽署協議，重複的手續較為複雜，只需幾分鐘就能完成，對於用戶來說，以後會更簡單",
    "他說「網路購物」很方便，以后也会",
    "皇后鎮距離這裡三十公里，阿里巴巴於此設點",
    "电商平台于今年推出新服务，對於後來的發展",
    "今天下雨，明天好。",
    "",
]


@pytest.mark.parametrize("text", CONVERTED)
def test_converted(text: str) -> None:
    assert converted(text)


@pytest.mark.parametrize("text", TRUE)
def test_not_converted(text: str) -> None:
    assert not converted(text)


@pytest.mark.parametrize("standard", ["s2t", "s2tw", "s2twp", "s2hk"])
def test_articles_in_the_traditional_of_any_standard_are_no_conversions(standard: str) -> None:
    convert = opencc.OpenCC(standard).convert
    for article in TEXT.split("\n\n")[::2]:
        assert not converted(convert(article))
