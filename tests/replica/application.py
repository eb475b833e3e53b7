"""The section's single-page application, and the two kinds of JSON that the site has had."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from tests.replica.articles import RETAIL, Corpus
from tests.replica.site import Request, Responder, Response, clean_path, response

_JSON = "application/json; charset=utf-8"
_SCREEN = 20
_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>数字零售台</title>
<link rel="stylesheet" href="/static/app.css">
<style>#list div {{ min-height: 90px }}</style></head>
<body><div id="app"><h1></h1><div id="list"></div><img src="/static/logo.png"></div>
<script>
var from = 0, busy = false, over = false;
function load() {{
  if (busy || over || location.hash !== '#/broadcast') return;
  busy = true;
  fetch('/flash/feed?offset=' + from).then(function (r) {{ return r.json(); }}).then(function (d) {{
    d.data.rows.forEach(function (row) {{
      var div = document.createElement('div');
      div.innerHTML = '<span>' + row.time + '</span><a></a>';
      div.lastChild.href = '/detail--' + row.id + '.html';
      div.lastChild.textContent = row.title;
      document.getElementById('list').appendChild(div);
    }});
    from += d.data.rows.length; over = !d.data.rows.length; busy = false;
  }});
}}
document.querySelector('h1').textContent = '数字零售快讯';
window.addEventListener('scroll', load);
load();
</script></body></html>
"""


def with_json(then: Responder, corpus: Corpus) -> Responder:
    """The lists as JSON, as they were served for some years."""

    def answer(request: Request) -> Response:
        if clean_path(request.target) != "/Home/Jzbxcx/news_list":
            return then(request)
        asked = parse_qs(urlsplit(request.target).query)
        cid, page = (int(asked.get(name, ["0"])[0]) for name in ("cid", "p"))
        rows = [
            {
                "id": str(corpus.number(index)),
                "title": corpus.title(index),
                "post_date": f"{corpus.published_at(index):%Y-%m-%d %H:%M:%S}",
            }
            for index in corpus.list_page(cid, page) or ()
        ]
        return response(json.dumps({"list": rows}, ensure_ascii=False).encode(), _JSON)

    return answer


def with_application(then: Responder, corpus: Corpus) -> Responder:
    """The application, which loads twenty flashes and twenty more whenever it is scrolled down."""

    def answer(request: Request) -> Response:
        path = clean_path(request.target)
        if path == "/DigitalRetail/":
            return response(_PAGE.format().encode())
        if path != "/flash/feed":
            return then(request)
        begin = int(parse_qs(urlsplit(request.target).query)["offset"][0])
        members = [i for i in reversed(range(len(corpus))) if corpus.section(i) == RETAIL]
        rows = [
            {
                "id": corpus.number(index),
                "title": corpus.title(index),
                "time": f"{corpus.published_at(index):%Y-%m-%d %H:%M}",
            }
            for index in members[begin : begin + _SCREEN]
        ]
        return response(json.dumps({"code": 0, "data": {"rows": rows}}).encode(), _JSON)

    return answer


def without(then: Responder, *patterns: str) -> Responder:
    """A site that no longer has what the patterns match."""
    lost: Callable[[str], object] = re.compile("|".join(patterns)).match

    def answer(request: Request) -> Response:
        if lost(request.target):
            return response(b"<html><body>404</body></html>", status=404)
        return then(request)

    return answer
