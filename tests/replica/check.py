"""The security check: a script sets a cookie and loads the page again."""

from __future__ import annotations

import re
import threading

from tests.replica.site import Request, Responder, Response, response

_PAGE = """<html><head><title>网经社</title><script>
var k = "{front}"; k += "{back}";
setTimeout(function () {{
  document.cookie = "HW_CHECK=" + k.split("").reverse().join("") + "; path=/";
  location.reload();
}}, 50);
</script></head><body><p>正在进行安全检查，请稍候...</p></body></html>
"""


class Check:
    """Lets a request pass that carries the cookie which the script makes.

    `begins` requests pass before the first check; a cookie serves `uses` requests (None: for ever).
    """

    def __init__(self, then: Responder, begins: int = 0, uses: int | None = None) -> None:
        self._then = then
        self._begins = begins
        self._uses = uses
        self._left: dict[str, int] = {}
        self._made = 0
        self._lock = threading.Lock()
        self.shown = 0

    def __call__(self, request: Request) -> Response:
        with self._lock:
            passes = self._passes(request)
            if not passes:
                self.shown += 1
                page = self._check()
        return self._then(request) if passes else response(page.encode())

    def _passes(self, request: Request) -> bool:
        if self._begins > 0:
            self._begins -= 1
            return True
        match = re.search(r"HW_CHECK=(\w+)", request.cookie)
        if match is None or self._left.get(match[1], 0) < 1:
            return False
        if self._uses is not None:
            self._left[match[1]] -= 1
        return True

    def _check(self) -> str:
        """A page whose script makes a key that is good from now on; it does not stand in it."""
        self._made += 1
        key = f"{self._made:06d}{self._made * 7919 % 1000:03d}k"
        self._left[key] = self._uses or 1
        turned = key[::-1]
        return _PAGE.format(front=turned[:5], back=turned[5:])
