"""Signing, looking up and adding 20,000 articles in memory, against datasketch's MinHashLSH."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ecnews.text import fingerprint, near
from tests.bench.measure import Figure, Row, pin
from tests.replica import Corpus, rewrites
from tests.replica.dice import Dice

ARTICLES = 20_000
TURN = 1_000  # articles that each indexes before it is the other's turn


class Engine(Protocol):
    def sign(self, text: str) -> Any: ...
    def query(self, signature: Any) -> list[int]: ...
    def add(self, key: int, signature: Any) -> None: ...


class Ours:
    def __init__(self) -> None:
        self.index = near.Index()
        self.sign = fingerprint.signature
        self.add = self.index.add

    def query(self, signature: fingerprint.Signature) -> list[int]:
        return [key for key, _ in self.index.query(signature)]


class Theirs:
    """As its documentation uses it: 128 permutations, threshold .5, updates in one batch."""

    def __init__(self) -> None:
        from datasketch import MinHashLSH

        self.index = MinHashLSH(threshold=0.5, num_perm=128)
        self.query = self.index.query
        self.add = self.index.insert

    def sign(self, text: str) -> Any:
        from datasketch import MinHash

        signature = MinHash(num_perm=128)
        signature.update_batch([text[i : i + 4].encode() for i in range(len(text) - 3)])
        return signature


def rows() -> Iterator[Row]:
    pin(0)
    texts, originals = _texts()
    rates: dict[type, list[float]] = {Ours: [], Theirs: []}
    signatures: dict[type, list[Any]] = {Ours: [], Theirs: []}
    found: dict[type, int] = {Ours: 0, Theirs: 0}
    engines: dict[type, Engine] = {Ours: Ours(), Theirs: Theirs()}
    engines[Ours].sign("")  # its table is made once a process
    for start in range(0, ARTICLES, TURN):
        for kind, engine in engines.items():
            begin = time.process_time()
            for key in range(start, start + TURN):
                signature = engine.sign(texts[key])
                found[kind] += originals.get(key, -1) in engine.query(signature)
                engine.add(key, signature)
                signatures[kind].append(signature)
            rates[kind].append(TURN / (time.process_time() - begin))
    name = f"sign, query and add {ARTICLES} : datasketch"
    yield Row(name, Figure(tuple(rates[Ours])), Figure(tuple(rates[Theirs])), "art./s", floor=8.0)
    ours, theirs = (_bytes(kind, signatures[kind]) for kind in (Ours, Theirs))
    yield Row("memory of the index an article : datasketch", ours, theirs, "B", ceiling=0.5)
    ours, theirs = (Figure((found[kind] / len(originals),)) for kind in (Ours, Theirs))
    yield Row("share of edited copies found : datasketch", ours, theirs, "", floor=1.0)


def _texts() -> tuple[list[str], dict[int, int]]:
    """Bodies, and of each copy among them which is its original: each tenth is a copy."""
    corpus, dice = Corpus(ARTICLES, seed=5), Dice("bench:near")
    texts: list[str] = []
    originals: dict[int, int] = {}
    for article in corpus:
        if len(texts) % 10 == 9:
            original = corpus[dice.below(len(texts) // 10) * 10]
            kind = dice.pick(tuple(rewrites.EDITS))
            originals[len(texts)] = original.index
            texts.append(rewrites.rewritten(kind, dice, original.title, original.body)[1])
        else:
            texts.append(article.body)
    return texts, originals


def _bytes(engine: Callable[[], Engine], signatures: list[Any]) -> Figure:
    """What an index takes that holds these, an article."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        index = engine()
        for key, signature in enumerate(signatures):
            index.add(key, signature)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return Figure(((after - before) / len(signatures),))
