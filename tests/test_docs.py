"""What the documentation says of tables, verdicts and settings is what there is."""

from __future__ import annotations

import re

from ecnews.extensions.verdict import CODES
from ecnews.storage.schema import metadata
from tests.conftest import ROOT


def table_after(heading: str, text: str) -> list[str]:
    """The first cells of the table below a heading."""
    part = text.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    return re.findall(r"^\| `([\w-]+)`", part, re.M)


def test_every_table_and_column_is_described() -> None:
    text = (ROOT / "docs" / "database.md").read_text("utf-8")
    described = {
        name: table_after(f"## {name}", text) for name in re.findall(r"^## (\w+)$", text, re.M)
    }
    assert described.pop("news") == ["id"], "the view has the columns of articles"
    assert described == {name: table.columns.keys() for name, table in metadata.tables.items()}


def test_every_verdict_is_described_with_its_code() -> None:
    text = (ROOT / "docs" / "spiders.md").read_text("utf-8")
    described = dict(re.findall(r"^\| `([\w-]+)` \| (\d+) \|", text, re.M))
    assert described == {name: str(code) for name, code in CODES.items()}


def test_both_readmes_name_the_same_commands_and_pages() -> None:
    texts = [(ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md")]
    commands, pages = (
        [re.findall(pattern, text, re.M) for text in texts]
        for pattern in (r"^(make \w+|\S*scrapy \w+ [^#\n]*?)\s*(?:#|$)", r"\]\((docs/[\w.]+)\)")
    )
    assert commands[0] == commands[1]
    assert commands[0]
    assert pages[0] == pages[1]
    assert all((ROOT / page).is_file() for page in pages[0])
