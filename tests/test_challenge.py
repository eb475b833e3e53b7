"""The security check, passed in a real browser; walls, which are not passed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecnews import catalog
from ecnews.pages import challenge
from tests.conftest import FAST, Scrapy, needs_browser, rows
from tests.replica import Corpus
from tests.replica.check import Check
from tests.replica.site import Request, Responder, Response, Site, response
from tests.serving import served

CORPUS = Corpus(60, seed=4)
RETAIL = {article.number for article in CORPUS if article.section == "数字零售"}
SITE = catalog.load()
CHECK = (
    "<html><script>document.cookie='HW_CHECK=abc;path=/';location.reload()</script>"
    "<p>正在进行安全检查，请稍候...</p></html>"
)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/challenge.db"


def crawl(scrapy: Scrapy, url: str, database: str, *more: str, **env: str) -> tuple[int, str]:
    done = scrapy(
        *("crawl", "digital_retail", "-a", "pages=50", *FAST, *more),
        ECNEWS_SITE_URL=url, ECNEWS_DATABASE_URL=database, **env,
    )  # fmt: skip
    return done.returncode, done.stderr


def stored(database: str) -> set[object]:
    return {row[0] for row in rows(database, "SELECT number FROM articles")}


@needs_browser
def test_the_check_is_passed_once_and_its_cookie_serves_plain_requests(
    scrapy: Scrapy, database: str
) -> None:
    check = Check(Site(CORPUS).respond)
    with served(check, []) as url:
        code, said = crawl(scrapy, url, database)
    assert code == 0, said
    assert stored(database) == RETAIL
    assert check.shown <= 3


@needs_browser
def test_the_cookie_is_kept_for_the_next_run(scrapy: Scrapy, database: str) -> None:
    check, asked = Check(Site(CORPUS).respond), list[str]()
    with served(check, asked) as url:
        crawl(scrapy, url, database)
        shown = check.shown
        code, _ = crawl(scrapy, url, database)
    assert code == 0
    assert check.shown == shown


@needs_browser
def test_a_check_in_the_middle_of_a_run_costs_no_article(scrapy: Scrapy, database: str) -> None:
    check = Check(Site(CORPUS).respond, begins=25)
    with served(check, []) as url:
        code, said = crawl(scrapy, url, database)
    assert code == 0, said
    assert stored(database) == RETAIL
    assert check.shown > 0


@needs_browser
def test_a_cookie_that_expires_is_replaced(scrapy: Scrapy, database: str) -> None:
    with served(Check(Site(CORPUS).respond, uses=30), []) as url:
        code, said = crawl(scrapy, url, database)
    assert code == 0, said
    assert stored(database) == RETAIL


@needs_browser
def test_a_check_that_cannot_be_passed_ends_the_run_after_two_tries(
    scrapy: Scrapy, database: str
) -> None:
    asked: list[str] = []
    with served(lambda _: response(CHECK.encode()), asked) as url:
        code, said = crawl(scrapy, url, database)
    assert code == 5
    assert said.splitlines()[-1].startswith("challenged: ")
    assert len(asked) < 15
    assert rows(database, "SELECT count(*) FROM fetches") == [(0,)], "something counts as seen"
    assert rows(database, "SELECT count(*) FROM kept WHERE name LIKE 'robots%'") == [(0,)]


def test_without_a_browser_the_run_says_how_to_get_one(scrapy: Scrapy, database: str) -> None:
    with served(Check(Site(CORPUS).respond), []) as url:
        code, said = crawl(scrapy, url, database, ECNEWS_BROWSER="/nowhere/chromium")
    assert code == 5
    assert "apt-get install chromium" in said


@pytest.mark.parametrize("status", [200, 403, 503])
def test_the_check_is_known_on_whatever_status(scrapy: Scrapy, database: str, status: int) -> None:
    with served(lambda _: response(CHECK.encode(), status=status), []) as url:
        code, said = crawl(scrapy, url, database, ECNEWS_BROWSER="/nowhere/chromium")
    assert code == 5, said


def quoting(number: int) -> Responder:
    """A site on which one article tells of the check, script and all."""

    def answer(request: Request) -> Response:
        found = Site(CORPUS, weight=5).respond(request)
        if str(number) not in request.target or not request.target.startswith("/detail"):
            return found
        script = "脚本写入 HW_CHECK= 后调用 location.reload()。"
        said = f"<p>页面提示“正在进行安全检查，请稍候...”，{script}</p>"
        text = re.sub("</p>", "</p>" + said, found.body.decode(), count=1)
        return response(text.encode())

    return answer


def test_an_article_that_quotes_the_check_is_stored(scrapy: Scrapy, database: str) -> None:
    number = max(RETAIL)
    with served(quoting(number), []) as url:
        code, _ = crawl(scrapy, url, database)
    assert code == 0
    assert number in stored(database)


CAPTCHA = "<html><body><h3>请输入验证码</h3><img src='/code'><input name='code'></body></html>"
LOG_IN = (
    "<html><head><title>用户登录</title></head><body><form action='/user/login'>"
    "<input name='user'><input type=\"password\"></form></body></html>"
)
LONG = "<p>" + "平台商家与消费者之间的服务标准正在统一。" * 40 + "</p>"


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (CAPTCHA, "CAPTCHA"),
        ("<html><title>安全验证</title><iframe src='/c'></iframe></html>", "CAPTCHA"),
        (LOG_IN, "log-in"),
        (LONG + "<p>登录后查看全文 <a href='/user/login'>登录</a></p>", "log-in"),
        (LONG + "<p>本文为付费内容，订阅后可阅读全文</p><a href='/pay/1'>立即订阅</a>", "pay wall"),
        (LONG + "<p>登录后才能发表评论 <a href='/user/login'>登录</a></p>", None),
        (f"<h1>验证码引热议</h1>{LONG}<p>须完成验证码，登录后才能查看订单。</p><input>", None),
        (LONG + "<p>付费会员可以阅读全部研报，这一模式被广泛采用。</p>", None),
        ("<html><p>短讯。</p></html>", None),
        ("", None),
    ],
)
def test_walls_are_known_and_articles_about_them_are_none(page: str, kind: str | None) -> None:
    assert challenge.wall(page.encode(), SITE) == kind
    assert challenge.wall(page.encode("gbk"), SITE) == kind


def test_the_replicas_articles_are_no_walls() -> None:
    answers = (Site(CORPUS).respond(Request("GET", f"/detail--{n}.html", "")) for n in RETAIL)
    assert {challenge.wall(answer.body, SITE) for answer in answers} == {None}


@pytest.mark.parametrize(("page", "where"), [(CAPTCHA, "/list"), (LOG_IN, "/detail")])
def test_a_wall_ends_the_run_at_once_and_nothing_else_is_tried(
    scrapy: Scrapy, database: str, page: str, where: str
) -> None:
    asked: list[str] = []

    def walled(request: Request) -> Response:
        if request.target.startswith(where):
            return response(page.encode())
        return Site(CORPUS).respond(request)

    with served(walled, asked) as url:
        code, said = crawl(scrapy, url, database)
    assert code == 6, said
    assert said.splitlines()[0].startswith("refused: ") or "refused: " in said
    assert not any(target.startswith(("/Home", "/Digital")) for target in asked)
    assert rows(database, "SELECT count(*) FROM fetches") == [(0,)]
