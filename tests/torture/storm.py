"""What befalls the crawls: blow after blow, each once the site has answered so many requests."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from tests.conftest import FAST, ROOT
from tests.torture.engines import Engine

KILLS, RESTARTS = 12, 4
REQUESTS = 2600  # of the site, within which the blows fall
PATIENCE = 2.0  # s, after which what cannot be stored goes to a file
MOST_SECONDS = 900.0
MOST_RUNS = 12  # after the last blow, until one of them is good
# What a run may end with, whatever befalls it: ok, partial, database. Not 1, 2, 10: these are bugs.
EXPECTED = {0: "good", 3: "partial", 9: "database"}
CRAWL = ["crawl", "digital_retail", "-a", "section=all", "-a", "pages=1000", *FAST]
CRAWL += ["-s", f"ECNEWS_DATABASE_PATIENCE={PATIENCE}"]


class Storm:
    """Keeps a crawl running, however often it ends, while it deals the blows. `asked` says how many
    requests the site has had; what ought not to be goes into `wrong`."""

    def __init__(
        self,
        engine: Engine,
        site_url: str,
        asked: Callable[[], int],
        dice: random.Random,
        folder: Path,
    ) -> None:
        self.engine = engine
        self.asked = asked
        self.dice = dice
        self.said = deque[str](maxlen=12)  # on stderr, the last lines
        # On the disk that fills up or on another: the log, and where items wait if not beside it.
        log, temporary = (dice.choice([folder, engine.disk.folder]) for _ in range(2))
        self.log = log / "crawl.log"
        self.wrong: list[str] = []
        self.runs = self.killed = 0
        self.began = time.monotonic()
        self.environment = os.environ | {
            "ECNEWS_SITE_URL": site_url,
            "ECNEWS_DATABASE_URL": engine.url,
            "NO_PROXY": "127.0.0.1",
            "TMPDIR": str(temporary / "tmp"),
        }
        (temporary / "tmp").mkdir()
        self.crawl = self._start()

    def rage(self) -> None:
        """All the blows, and then crawls until one is good."""
        try:
            self._go_on(self.dice.uniform(0.3, 4))  # while it lays the tables
            self._kill()
            for at, blow in self._plan():
                while self.asked() < at:
                    self._go_on(0.02)
                blow()
            self._calm_down()
        finally:
            self._end_crawl()

    def _plan(self) -> list[tuple[int, Callable[[], None]]]:
        blows: list[Callable[[], None]] = [self._kill] * KILLS
        if self.engine.server is not None:
            blows += [self._restart_server] * RESTARTS
        plan = [(self.dice.randint(20, REQUESTS), blow) for blow in blows]
        plan.append((self.dice.randint(100, REQUESTS // 2), self._fill_disk))
        return sorted(plan, key=lambda moment: moment[0])

    def _kill(self) -> None:
        self._go_on(self.dice.uniform(0, 0.3))
        self._say("kill -9")
        self._end_crawl()
        self.killed += 1
        self.crawl = self._start()
        if self.dice.random() < 0.25:  # again, before it has done anything
            self._go_on(self.dice.uniform(0, 3))
            self._kill()

    def _restart_server(self) -> None:
        how, seconds = self.dice.choice(["fast", "immediate"]), self.dice.uniform(0, 6)
        self._say(f"PostgreSQL is stopped ({how}), for {seconds:.1f} s")
        self.engine.stop(how)
        self._go_on(seconds)
        self.engine.start()

    def _fill_disk(self) -> None:
        seconds = self.dice.uniform(3, 9)
        self._say(f"the disk is full, for {seconds:.1f} s")

        def writers() -> list[int]:
            return [self.crawl.pid, *self.engine.processes]

        with self.engine.disk.full(writers) as again:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                self._go_on(0.1)
                again()
            if self.dice.random() < 0.5:
                self._kill()
        self.engine.start()

    def _calm_down(self) -> None:
        self._say("the blows are over")
        for _ in range(MOST_RUNS):
            crawl = self.crawl
            while self.crawl is crawl:
                self._go_on(0.02)
            if crawl.returncode == 0:
                return
        self.wrong.append(f"none of {MOST_RUNS} runs after the last blow was good: {self._tail()}")

    def _go_on(self, seconds: float) -> None:
        """Lets the crawl go on for so long, and starts another where one has ended."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if time.monotonic() - self.began > MOST_SECONDS:
                raise TimeoutError(f"not over within {MOST_SECONDS:.0f} s: {self._tail()}")
            try:
                code = self.crawl.wait(left)
            except subprocess.TimeoutExpired:
                return
            self._say(f"a run has ended: {EXPECTED.get(code, code)}")
            if code not in EXPECTED:
                self.wrong.append(f"a run ended with {code}: {self._tail()}")
            self.crawl = self._start()

    def _start(self) -> subprocess.Popen[str]:
        self.runs += 1
        crawl = subprocess.Popen(
            [sys.executable, "-m", "scrapy", *CRAWL, "-s", f"LOG_FILE={self.log}"],
            cwd=ROOT,
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        Thread(target=lambda: self.said.extend(crawl.stderr or ()), daemon=True).start()
        return crawl

    def _end_crawl(self) -> None:
        if self.crawl.poll() is None:
            os.killpg(self.crawl.pid, signal.SIGKILL)
        self.crawl.wait()

    def _say(self, what: str) -> None:
        print(f"  {self.engine.name:10} {self.asked():5} requests  {what}", flush=True)

    def _tail(self) -> str:
        """What the last crawls have said on stderr."""
        return " / ".join(line.strip() for line in list(self.said))
