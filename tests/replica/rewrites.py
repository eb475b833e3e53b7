"""What becomes of an article that others copy: characters edited, paragraphs dropped, moved or
added, another title. The copy tells the same story."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.replica.dice import Dice
from tests.replica.grammar import load

_DATA = load("rewrites.toml")
_COMMON = _DATA["common"]["characters"].replace("\n", "")
_BLURBS = _DATA["blurbs"]["lines"].split("\n\n")
_TITLES = _DATA["titles"]["lines"].strip().splitlines()
_SYNONYMS = [line.split() for line in _DATA["synonyms"]["lines"].strip().splitlines()]
_LEFTOVERS = _DATA["leftovers"]["marks"].split()

Text = tuple[str, str]  # title and body, its paragraphs joined by one empty line
Edit = Callable[[Dice, str, str], Text]


def characters(share: float, dice: Dice, title: str, body: str) -> Text:
    """A share of the characters of the body replaced, taken out or put in, wherever they stand."""
    out = []
    for character in body:
        if character == "\n" or not dice.chance(share):
            out.append(character)
            continue
        draw = dice.below(4)
        if draw < 2:
            out.append(dice.pick("0123456789") if character.isdigit() else dice.pick(_COMMON))
        elif draw == 2:
            out.append(character + dice.pick(_COMMON))
    return title, "".join(out)


def synonyms(dice: Dice, title: str, body: str) -> Text:
    """Words replaced by others of the same meaning, each wherever it stands."""
    for words in _SYNONYMS:
        old, new = dice.shuffled(words)[:2]
        if dice.chance(0.7):
            body = body.replace(old, new)
    return title, body


def sentences(dice: Dice, title: str, body: str) -> Text:
    """One sentence in ten told in other words."""
    out = []
    for sentence in body.split("。"):
        if len(sentence) > 12 and dice.chance(0.1):
            half = len(sentence) // 2
            words = "".join(dice.pick(_COMMON) for _ in range(half))
            sentence = sentence[: half // 2] + words + sentence[half + half // 2 :]
        out.append(sentence)
    return title, "。".join(out)


def dropped(dice: Dice, title: str, body: str) -> Text:
    """Without one paragraph, any but the only one and not more than half of the text."""
    paragraphs = body.split("\n\n")
    short = [p for p in paragraphs if len(p) * 2 < len(body)]
    if len(paragraphs) > 1 and short:
        paragraphs.remove(dice.pick(short))
    return title, "\n\n".join(paragraphs)


def reordered(dice: Dice, title: str, body: str) -> Text:
    return title, "\n\n".join(dice.shuffled(body.split("\n\n")))


def blurb(dice: Dice, title: str, body: str) -> Text:
    """With a publisher's words before or behind it, at most two fifths of its own length."""
    words = dice.pick(_BLURBS).replace("\n", "")[: len(body) * 2 // 5]
    return title, "\n\n".join((words, body) if dice.chance(0.3) else (body, words))


def retitled(dice: Dice, title: str, body: str) -> Text:
    return dice.pick(_TITLES).replace("TITLE", title).replace(
        "HALF", title[: len(title) // 2]
    ), body


def leftovers(dice: Dice, title: str, body: str) -> Text:
    """Marks of a hijacked mirror that were not recovered, one in sixty characters."""
    out = []
    for character in body:
        draw = dice.below(120)
        mark = dice.pick(_LEFTOVERS) if draw < 2 else ""
        out.append(mark if draw == 0 and character != "\n" else character + mark)
    return title, "".join(out)


EDITS: dict[str, tuple[Edit, ...]] = {
    "characters 5%": (partial(characters, 0.05),),
    "characters 8%": (partial(characters, 0.08),),
    "characters 10%": (partial(characters, 0.1),),
    "synonyms": (synonyms,),
    "sentences": (sentences,),
    "dropped": (dropped,),
    "reordered": (reordered,),
    "blurb": (blurb,),
    "retitled": (retitled,),
    "leftovers": (leftovers,),
    "dropped, blurb, retitled": (dropped, blurb, retitled),
    "characters 5%, dropped, retitled": (partial(characters, 0.05), dropped, retitled),
    "characters 5%, reordered, blurb": (partial(characters, 0.05), reordered, blurb),
    "characters 8%, retitled, leftovers": (partial(characters, 0.08), retitled, leftovers),
    "characters 8%, dropped, blurb": (partial(characters, 0.08), dropped, blurb),
    "synonyms, sentences, retitled": (synonyms, sentences, retitled),
}


def rewritten(kind: str, dice: Dice, title: str, body: str) -> Text:
    """The copy of one of the kinds of EDITS."""
    for edit in EDITS[kind]:
        title, body = edit(dice, title, body)
    return title, body
