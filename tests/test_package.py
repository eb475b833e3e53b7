"""What is built from the project holds its data, and reads it from within an archive."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

PATTERNS = ("*.toml", "*.xz", "migrations/versions/*.py")
DATA = {
    path.relative_to(ROOT).as_posix()
    for pattern in PATTERNS
    for path in (ROOT / "ecnews").rglob(pattern)
}


@pytest.fixture(scope="module")
def egg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An egg as scrapyd takes it, built from a copy, since building writes into the tree."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "scrapy.cfg"):
        shutil.copy(ROOT / name, tree)
    shutil.copytree(ROOT / "ecnews", tree / "ecnews")
    command = [sys.executable, "setup.py", "-q", "bdist_egg"]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    return next((tree / "dist").glob("*.egg"))


def test_the_egg_holds_the_data_files(egg: Path) -> None:
    assert DATA
    with zipfile.ZipFile(egg) as archive:
        assert set(archive.namelist()) >= DATA


def test_the_site_and_the_rules_are_read_from_within_the_egg(egg: Path, tmp_path: Path) -> None:
    code = (
        "import ecnews, ecnews.catalog as c, ecnews.text.boilerplate as b;"
        "print(ecnews.__file__, c.load().name, len(b.rules().all))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": str(egg)},
        check=True,
        capture_output=True,
        text=True,
    )
    file, name, rules = done.stdout.split()
    assert file.startswith(str(egg))
    assert (name, int(rules) > 0) == ("100ec", True)


def test_the_database_is_laid_from_within_the_egg(egg: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from ecnews.storage import database, migrations;"
        "engine = database.connect(f'sqlite:///{sys.argv[2]}');"
        "print(migrations.__file__, migrations.current(engine.connect()) == migrations.newest())"
    )
    command = [sys.executable, "-c", code, str(egg), str(tmp_path / "ecnews.db")]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    file, newest = done.stdout.split()
    assert file.startswith(str(egg))
    assert newest == "True"
