"""`scrapy …` in a process of its own, forked from one that has imported what takes long.

`python -m tests.warm` takes orders as lines of JSON and answers each with an exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


class Warm:
    """The process that is forked, as long as the tests run."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, args: list[str], env: dict[str, str], folder: Path, stdin: bytes) -> int:
        """The exit code; what it prints lies in `out` and `err` of the folder."""
        (folder / "in").write_bytes(stdin)
        order = {"args": args, "env": env, "folder": str(folder)}
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps(order), file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()


def _serve() -> None:
    # What reads the environment when it is imported is left to the child.

    import ecnews.pages.article
    import ecnews.storage.database  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if not child:
            _obey(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _obey(order: dict[str, Any]) -> None:
    folder = order["folder"]
    for target, name, flags in (
        (0, "in", os.O_RDONLY),
        (1, "out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, "err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        os.dup2(os.open(f"{folder}/{name}", flags, 0o600), target)
    os.environ.clear()
    os.environ.update(order["env"])
    from scrapy import cmdline

    code: Any = 0
    try:
        cmdline.execute(["scrapy", *order["args"]])
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    _serve()
