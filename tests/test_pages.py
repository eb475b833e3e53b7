"""Stored pages: a folder each under tests/pages, with the item that must come of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from ecnews import catalog
from ecnews.pages import article

PAGES = sorted(path for path in (Path(__file__).parent / "pages").iterdir() if path.is_dir())


def load(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    meta = json.loads((folder / "meta.json").read_text("utf-8"))
    item = article.extract((folder / "page.html").read_bytes(), catalog.load(), meta.get("url"))
    found = asdict(item)
    found["removed"] = [{key: r[key] for key in ("kind", "rule", "text")} for r in found["removed"]]
    return found, json.loads((folder / "expected.json").read_text("utf-8"))


def test_every_layout_has_a_page() -> None:
    covered = {json.loads((page / "expected.json").read_text("utf-8"))["layout"] for page in PAGES}
    assert covered == {layout.id for layout in catalog.load().layouts}


@pytest.mark.parametrize("folder", PAGES, ids=lambda folder: folder.name)
def test_page_gives_the_expected_item(folder: Path) -> None:
    item, expected = load(folder)
    assert expected, f"{folder.name}/expected.json says nothing"
    assert {key: item[key] for key in expected} == expected
