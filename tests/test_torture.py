"""What `make torture` rests on: that it sees what is wrong, and that its disks can be full."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from tests.replica import Corpus
from tests.torture.__main__ import calm_crawl
from tests.torture.compare import differences, left_in_spools
from tests.torture.disk import Disk, made

WRITER = """
import sys
for line in sys.stdin:
    try:
        with open(sys.argv[1], "ab") as file:
            file.write(bytes(1 << 16))
        print("written", flush=True)
    except OSError as error:
        print(error.strerror, flush=True)
"""


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus(40, seed=2)


@pytest.fixture(scope="module")
def crawled(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of all the articles."""
    file = tmp_path_factory.mktemp("crawled") / "ecnews.db"
    assert calm_crawl(f"sqlite:///{file}", corpus) == []
    return file


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("SELECT 1", ""),
        ("DELETE FROM articles WHERE id = 1", "lost: 1: https://www.100ec.cn/detail--"),
        ("DELETE FROM articles WHERE id = 1", "sightings of nothing: 1"),
        ("UPDATE articles SET body = substr(body, 1, 20) WHERE id = 2", "body is"),
        ("UPDATE articles SET published_at = '2020-01-01 00:00:00' WHERE id = 2", "published_at"),
        ("UPDATE articles SET url = 'https://h/1', number = 1 WHERE id = 3", "never published: 1"),
        ("UPDATE articles SET number = (SELECT max(number) FROM articles)", "stored twice: 1"),
        ("UPDATE articles SET story_id = 1 WHERE id < 4", "stories that a calm crawl does not"),
        ("UPDATE articles SET story_id = NULL WHERE id = 1", "articles of no story: 1"),
        ("DELETE FROM sightings WHERE article_id = 4", "without a sighting of their URL: 1"),
        ("DELETE FROM fingerprints WHERE article_id = 5", "articles without a fingerprint: 1"),
        ("DELETE FROM bands WHERE article_id = 6", "fingerprints without bands: 1"),
        ("DELETE FROM removed_blocks", "removed blocks that only a calm crawl has"),
        ("UPDATE removed_blocks SET article_id = 1, kind = 'k', rule = 'r', text = 't'",
         "removed twice: 1"),
        ("UPDATE runs SET verdict = NULL", "runs without a verdict: 1"),
        ("INSERT INTO search (search) VALUES ('delete-all')", "too few"),
    ],
)  # fmt: skip
def test_the_comparison_names_the_damage(
    crawled: Path, corpus: Corpus, tmp_path: Path, damage: str, named: str
) -> None:
    file = shutil.copy(crawled, tmp_path / "damaged.db")
    with closing(connect(file, isolation_level=None)) as connection:
        connection.execute(damage)
    found = list(differences(f"sqlite:///{file}", corpus, f"sqlite:///{crawled}", random.Random(1)))
    if named:
        assert any(named in line for line in found), found
    else:
        assert found == []


def test_a_spool_that_was_left_is_named(tmp_path: Path) -> None:
    assert list(left_in_spools(tmp_path)) == []
    (tmp_path / "ecnews-1.spool").touch()
    assert list(left_in_spools(tmp_path)) == [
        f"files that wait to be taken in: 1: {tmp_path}/ecnews-1.spool"
    ]


@pytest.mark.parametrize("mounted", [True, False])
def test_a_full_disk_takes_nothing_until_it_has_room_again(tmp_path: Path, mounted: bool) -> None:
    with made(tmp_path / "disk", megabytes=2) as disk:
        if mounted and not disk.mounted:
            pytest.skip("no file system can be mounted here")
        disk = Disk(disk.folder, mounted)
        command = [sys.executable, "-c", WRITER, str(disk.folder / "file")]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        ) as writer:
            assert writer.stdin
            assert writer.stdout

            def write() -> str:
                assert writer.stdin
                assert writer.stdout
                print("go", file=writer.stdin)
                return writer.stdout.readline().strip()

            assert write() == "written"
            with disk.full(lambda: [writer.pid]):
                assert write() in ("No space left on device", "File too large")
            assert write() == "written"
            writer.stdin.close()
