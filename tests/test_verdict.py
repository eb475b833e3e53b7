"""The verdict on a run, from its stats."""

from __future__ import annotations

from typing import Any

import pytest

from ecnews.extensions.verdict import CODES, judge

GOOD = {"finish_reason": "finished", "ecnews/lists": 3, "ecnews/stored/new": 5}


@pytest.mark.parametrize(
    ("stats", "name"),
    [
        (GOOD, "ok"),
        (GOOD | {"ecnews/stored/new": 0, "ecnews/stored/changed": 1}, "ok"),
        (GOOD | {"ecnews/stored/new": 0, "ecnews/stored/unchanged": 5}, "nothing-new"),
        (GOOD | {"ecnews/stored/new": 0, "ecnews/skipped/section 跨境电商": 9}, "nothing-new"),
        (GOOD | {"ecnews/stored/new": 0}, "empty"),
        (GOOD | {"ecnews/stored/new": 0, "ecnews/quarantined/spam": 4}, "empty"),
        (GOOD | {"ecnews/quarantined/spam": 4}, "ok"),
        (
            GOOD
            | {"ecnews/stored/new": 0, "ecnews/quarantined/spam": 1, "ecnews/skipped/known": 20},
            "nothing-new",
        ),
        (GOOD | {"ecnews/failed/HTTP 500": 1}, "partial"),
        (GOOD | {"spider_exceptions/count": 1}, "failed"),
        (GOOD | {"ecnews/errors": 1, "ecnews/error": "Boom: x"}, "failed"),
        (GOOD | {"ecnews/quiet": "until 6", "ecnews/errors": 1}, "failed"),
        (GOOD | {"finish_reason": "shutdown"}, "stopped"),
        (GOOD | {"finish_reason": "shutdown", "ecnews/errors": 1}, "stopped"),
        (
            GOOD | {"finish_reason": "shutdown", "ecnews/broken_off": True, "ecnews/errors": 1},
            "failed",
        ),
        (GOOD | {"ecnews/drifted": "layout 2026: no time"}, "drifted"),
        (GOOD | {"ecnews/drifted": "layout 2026", "ecnews/budget": "5 requests"}, "drifted"),
        ({"finish_reason": "busy", "ecnews/busy": "another run"}, "busy"),
        (GOOD | {"finish_reason": "closespider_timeout"}, "failed"),
        (GOOD | {"finish_reason": "challenged", "ecnews/challenged": "no"}, "challenged"),
        (GOOD | {"finish_reason": "refused", "ecnews/refused": "CAPTCHA"}, "refused"),
        (GOOD | {"finish_reason": "budget", "ecnews/budget": "50 requests"}, "partial"),
        (GOOD | {"finish_reason": "quiet", "ecnews/quiet": "until 6"}, "nothing-new"),
        (
            {
                "finish_reason": "finished",
                "ecnews/by_number": 1,
                "ecnews/articles": 2,
                "ecnews/stored/new": 2,
            },
            "ok",
        ),
        (
            {"finish_reason": "finished", "ecnews/by_number": 1, "ecnews/skipped/gone": 2},
            "nothing-new",
        ),
        ({"finish_reason": "finished", "ecnews/by_number": 1}, "empty"),
        (GOOD | {"ecnews/database": "database x: gone"}, "database"),
        ({"finish_reason": "unreachable", "ecnews/unreachable": "h cannot"}, "unreachable"),
        ({"finish_reason": "finished", "ecnews/failed/HTTP 403": 4}, "refused"),
        ({"finish_reason": "finished", "ecnews/failed/HTTP 502": 4}, "empty"),
        ({}, "failed"),
    ],
)
def test_verdict(stats: dict[str, Any], name: str) -> None:
    verdict = judge(stats)
    assert verdict.name == name
    assert verdict.sentence


def test_only_good_runs_exit_with_zero() -> None:
    assert {name for name, code in CODES.items() if code == 0} == {"ok", "nothing-new"}


def test_every_other_verdict_has_a_code_of_its_own() -> None:
    codes = [code for code in CODES.values() if code]
    assert len(set(codes)) == len(codes)
    assert not {1, 2} & set(codes)
