"""What stands around an article or a list: head, navigation, side boxes, footer, blurbs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from itertools import count

from tests.replica.grammar import load

_DATA = load("chrome.toml")
_FOUNDED = 2008
WIDGET: list[str] = _DATA["blurbs"]["widget"]
CODES: list[str] = _DATA["blurbs"]["codes"]
SUFFIX = " 网经社 电子商务研究中心 电商门户 互联网+智库"


def blurbs(year: int) -> list[str]:
    """The publisher's blurbs as they read in that year, in their order."""
    mail = "NEWS@netsun.com" if year >= 2022 else "law@netsun.com"
    names = ("company", "database", "copyright")
    return [_DATA["blurbs"][name].format(years=year - _FOUNDED, mail=mail) for name in names]


def head(title: str, charset: str | None, description: str, keywords: Iterable[str]) -> str:
    meta = (
        f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'
        if charset
        else ""
    )
    return f"""<!DOCTYPE html>
<html>
<head>
{meta}
<title>{escape(title)}</title>
<meta name="keywords" content="{escape(",".join(keywords))}" />
<meta name="description" content="{escape(description)}" />
<style type="text/css">{_DATA["style"]["css"]}</style>
<script type="text/javascript">{_DATA["style"]["script"]}</script>
</head>
"""


@lru_cache(maxsize=1)
def top() -> str:
    pairs = zip(_DATA["nav"]["names"].split(), _DATA["nav"]["links"].split(), strict=True)
    items = "\n".join(f'<li><a href="{link}">{name}</a></li>' for name, link in pairs)
    return f"""<div class="top"><div class="wrap">
<a href="/user/login">登录</a>
<a href="/user/reg">注册</a>
<a href="/zt/">专题</a><span>全国电商人的行业门户</span></div></div>
<div class="nav"><ul class="wrap">
{items}
</ul></div>
"""


def box(name: str, rows: Iterable[tuple[str, str]]) -> str:
    items = "\n".join(f'<li><a href="{link}">{escape(text)}</a></li>' for link, text in rows)
    return f'<div class="box"><h4>{name}</h4>\n<ul>\n{items}\n</ul></div>\n'


@lru_cache(maxsize=64)
def directory(size: int, encoding: str) -> str:
    """About `size` bytes of links to topic pages: what makes pages of this site so heavy."""
    words, forms = _DATA["topics"]["words"].split(), _DATA["topics"]["forms"].split()
    rows: list[str] = []
    for k in count():
        if size <= 0:
            break
        name = words[k % len(words)] + forms[k // len(words) % len(forms)]
        row = f'<li><a href="/zt/t{k}/" title="{name}" target="_blank">{name}</a></li>\n'
        rows.append(row)
        size -= len(row.encode(encoding))
    return f'<div class="dir wrap"><ul>\n{"".join(rows)}</ul></div>\n'


def foot() -> str:
    return """<div class="foot"><p>关于我们 | 广告服务 | 联系我们 | 网站地图 | 友情链接</p>
<p><a href="http://partner.example/">合作伙伴</a>
<a href="http://mirror.example/list--21--1.html">镜像</a></p>
</div><a id="totop" href="#top" style="display:none">返回顶部</a>
</body>
</html>
"""
