"""What a browser would not show: nodes hidden by an attribute, by inline style or by the page's own
style sheet. They are turned into `template`, which no reader of the tree looks into; the attribute
`data-hidden` keeps the way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain

from cssselect import HTMLTranslator, SelectorError
from lxml import etree

HIDDEN = "template"
WAY = "data-hidden"

_styles = etree.XPath("//*/@style")
_attributes = etree.XPath("//*[@hidden]")
_DECLARATION = re.compile(r"([a-z-]+)\s*:\s*([^;]+)")
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_MEDIA = re.compile(r"@[\w-]+[^{};]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_LENGTH = re.compile(r"(-?\d*\.?\d+)\s*(px|em|rem|pt|%|vw|vh|ex|ch|cm|in)?")
_PIXELS = {"em": 16, "rem": 16, "pt": 1.33, "ex": 8, "ch": 8, "cm": 38, "in": 96, "vw": 12, "vh": 8}
_FAR = 500  # px to the left or above: no longer on the page
_VERY_FAR = 3000  # px to the right or below
_TINY = 1.0  # px
_MOST_RULES = 200  # of a style sheet that hide something
_TRANSPARENT = re.compile(
    r"transparent|(?:rgb|hsl)a\([^)]*,\s*0?\.?0*\)|#[0-9a-f]{3}0|#[0-9a-f]{6}00"
)
_NAMES = {
    "white": "#ffffff", "black": "#000000", "red": "#ff0000", "gray": "#808080", "grey": "#808080",
    "silver": "#c0c0c0", "yellow": "#ffff00", "blue": "#0000ff", "green": "#008000",
}  # fmt: skip
_RGB = re.compile(r"rgba?\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)")
# Inherited, so that a node within may show again.
_UNDONE = {
    "visibility": re.compile(r"visib"),
    "size": re.compile(r"font-size"),
    "colour": re.compile(r"color"),
}


def hide(root: etree._Element, source: bytes) -> None:
    """Hides what a browser would hide. `source` is asked first: most pages have no hint of it."""
    found: dict[etree._Element, str] = {}
    if b"style=" in source or b"STYLE=" in source:
        for style in _styles(root):
            if way := way_of(str(style)):
                found[style.getparent()] = way
            elif "color" in style and _is_on_its_own(style.getparent()):
                found[style.getparent()] = "colour"
    if b" hidden" in source:
        found |= dict.fromkeys(_attributes(root), "attribute")
    sheets = []
    for element in root.iter("font", "style"):
        if element.tag == "style":
            sheets.append("".join(element.itertext()))
        elif _is_on_its_own(element):
            found[element] = "colour"
    for select, way in chain.from_iterable(map(_hiding_rules, sheets)):
        found |= {node: found.get(node, way) for node in select(root)}
    for node, way in found.items():
        if node.tag not in ("html", "body", "head") and not _shows_again(node, way):
            node.tag = HIDDEN
            node.set(WAY, way)


def is_hidden(node: etree._Element) -> bool:
    """Whether a node, or one around it, is hidden."""
    return node.tag == HIDDEN or any(True for _ in node.iterancestors(HIDDEN))


@lru_cache(maxsize=512)
def way_of(style: str) -> str | None:
    """How an inline style hides its node, None if it does not.

    >>> way_of("display : none"), way_of("position:absolute; left:-9999px"), way_of("color:#333")
    ('display', 'position', None)
    >>> way_of("width:0;height:0;overflow:hidden"), way_of("font-size:0.1px"), way_of("height:1px")
    ('size', 'size', None)
    """
    said = {
        name: value.replace("!important", "").strip()
        for name, value in _DECLARATION.findall(_COMMENT.sub("", style.lower()))
    }
    if said.get("display") == "none":
        return "display"
    if (
        said.get("visibility") in ("hidden", "collapse")
        or said.get("content-visibility") == "hidden"
    ):
        return "visibility"
    if _size(said.get("opacity")) == 0:
        return "visibility"
    if _is_tiny(said):
        return "size"
    if _is_far(said):
        return "position"
    colour = said.get("color")
    if colour and (
        _TRANSPARENT.fullmatch(colour)
        or _same_colour(colour, said.get("background-color") or said.get("background"))
    ):
        return "colour"
    return None


def _is_tiny(said: dict[str, str]) -> bool:
    font = said.get("font-size")
    if font is not None and _within(font, _TINY):
        return True
    cut = any(
        said.get(name, "").startswith(("hidden", "clip"))
        for name in ("overflow", "overflow-x", "overflow-y")
    )
    sides = [
        any(name in said and _within(said[name], _TINY) for name in (side, f"max-{side}"))
        for side in ("width", "height")
    ]
    return all(sides) or (cut and any(sides))


def _is_far(said: dict[str, str]) -> bool:
    if (indent := _size(said.get("text-indent"))) is not None and indent <= -_FAR:
        return True
    if any(
        (margin := _size(said.get(f"margin-{side}"))) is not None and margin <= -_FAR
        for side in ("left", "top")
    ):
        return True
    transform = said.get("transform", "")
    if re.search(r"scale[xy]?\(\s*0(?:\.0+)?\s*[,)]", transform) or any(
        abs(_size(part) or 0) >= _FAR for part in re.findall(r"-\d+[a-z]*", transform)
    ):
        return True
    if re.match(r"rect\((?:\s*[01](?:px)?\s*,?){4}\)", said.get("clip", "")) or re.match(
        r"inset\(\s*(?:50|100)%|circle\(\s*0", said.get("clip-path", "")
    ):
        return True
    if said.get("position") not in ("absolute", "fixed", "relative"):
        return False
    places = [_size(said.get(side)) for side in ("left", "top", "right", "bottom")]
    return any(at is not None and (at <= -_FAR or at >= _VERY_FAR) for at in places)


def _size(value: str | None) -> float | None:
    """Pixels, about; None for what is no length."""
    match = _LENGTH.match(value) if value else None
    return float(match[1]) * _PIXELS.get(match[2] or "", 1) if match else None


def _within(value: str, most: float) -> bool:
    size = _size(value)
    # A share of the whole is tiny only if it is nothing.
    return size is not None and (size == 0 if value.endswith("%") else 0 <= size <= most)


def _same_colour(one: str, other: str | None) -> bool:
    return bool(other) and _colour(one) == _colour(other.split()[0] if other else "") is not None


def _colour(value: str) -> str | None:
    value = _NAMES.get(value.strip(), value.strip())
    if match := _RGB.match(value):
        return "#{:02x}{:02x}{:02x}".format(*(min(255, int(part)) for part in match.groups()))
    if re.fullmatch(r"#[0-9a-f]{3}", value):
        return "#" + "".join(2 * digit for digit in value[1:])
    return value if re.fullmatch(r"#[0-9a-f]{6}", value) else None


def _is_on_its_own(node: etree._Element) -> bool:
    """Whether a node's colour is that of the nearest background that is given inline around it."""
    colour = _said(node, "color")
    if not colour:
        return False
    for around in (node, *node.iterancestors()):
        ground = _said(around, "background-color") or _said(around, "background")
        if ground and _colour(ground.split()[0]):
            return _same_colour(colour, ground)
    return False


def _said(node: etree._Element, name: str) -> str | None:
    for declared, value in _DECLARATION.findall((node.get("style") or "").lower()):
        if declared == name:
            return str(value).replace("!important", "").strip()
    attribute = node.get("bgcolor" if name == "background-color" else name)
    return attribute.lower().strip() if attribute else None


def _shows_again(node: etree._Element, way: str) -> bool:
    """Whether a node within undoes what only is inherited."""
    undone = _UNDONE.get(way)
    if not undone:
        return False
    return any(
        undone.search(inner.get("style", "")) and not way_of(inner.get("style", ""))
        for inner in node.iterdescendants(etree.Element)
    )


@lru_cache(maxsize=64)
def _hiding_rules(sheet: str) -> tuple[tuple[etree.XPath, str], ...]:
    """The selectors of a style sheet that hide what they find; those for other media left out."""
    found: list[tuple[etree.XPath, str]] = []
    for selectors, style in _RULE.findall(_MEDIA.sub("", _COMMENT.sub("", sheet))):
        if (way := way_of(style)) and len(found) < _MOST_RULES:
            for selector in _simple(selectors.split(",")):
                found.append((selector, way))
    return tuple(found)


def _simple(selectors: Iterable[str]) -> Iterable[etree.XPath]:
    """Compiled selectors; what depends on the reader's doing (:hover, ::before) is left out."""
    for selector in selectors:
        if ":" not in selector and "*" not in selector:
            try:
                yield etree.XPath(HTMLTranslator().css_to_xpath(selector.strip()))
            except (SelectorError, etree.XPathError):
                continue
