"""The site as a hijacked mirror serves it: converted, annotated, shifted, with spam around it."""

from __future__ import annotations

import re

from tests.replica.dice import Dice
from tests.replica.mirror import mirror
from tests.replica.pollution import pollute
from tests.replica.site import Request, Responder, Response, response

_SITE = re.compile(r"https?://(?:www|imgs-b2b)\.100ec\.cn", re.I)
_SHARES = (0.1, 0.3, 0.5)


def hijacked(responder: Responder, seed: int = 1) -> Responder:
    """A responder that serves what another does as one mirror would, always with the same table."""
    shown = mirror(_SHARES[seed % len(_SHARES)], seed)

    def respond(request: Request) -> Response:
        answer = responder(request)
        if answer.status != 200 or b"Content-Type: text/html" not in answer.head:
            return answer
        page = shown(_SITE.sub(f"http://{request.host}", text(answer.body)))
        page = pollute(page, Dice(f"{seed}:{request.target}:hijack"))
        return response(page.encode(), "text/html; charset=utf-8")

    return respond


def text(body: bytes) -> str:
    """The text of one of the replica's own pages."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("gb18030")
