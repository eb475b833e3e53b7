"""From the bytes of one 60 KB page to the item, against parsing alone and other extractors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import lxml.html

from ecnews import catalog
from ecnews.pages import around, article, document, hidden
from ecnews.pages.blocks import Blocks
from ecnews.text import cleaning, quality, spam
from ecnews.text.whitespace import squeeze
from tests.bench.measure import Row, cpu_ms
from tests.replica import Article, Block, Corpus
from tests.replica.markup import ArticlePage

LAYOUTS = {"2014": 0.05, "2018": 0.4, "2026": 0.95}  # where in the years its articles lie


CHARACTERS = 3000


def rows() -> Iterator[Row]:
    """Two rows for each layout: against lxml's parse, and against the fastest of the peers; and one
    for cleaning alone."""
    yield _cleaning()
    site = catalog.load()
    corpus = Corpus(1000, seed=3)
    for layout, place in LAYOUTS.items():
        body = _page(corpus, int(place * len(corpus)))
        url = site.article_request_url(1)
        text = body.decode("gb18030" if layout == "2014" else "utf-8")
        figures = cpu_ms(
            {
                "ours": (partial(article.extract, body, site, url), 30),
                "parse": (partial(lxml.html.document_fromstring, body), 30),
                **{peer: (partial(run, text), 3) for peer, run in _peers().items()},
            }
        )
        ours, parse = figures.pop("ours"), figures.pop("parse")
        name = f"one {len(body) // 1024} KB page of {layout}, bytes to item"
        yield Row(f"{name} : lxml's parse", ours, parse, "ms CPU", ceiling=3.0)
        fastest = min(figures, key=lambda peer: figures[peer].median)
        yield Row(f"{name} : {fastest}", ours, figures[fastest], "ms CPU", ceiling=0.25)


def _cleaning() -> Row:
    """What an honest article costs besides finding it on its page: looking for what is hidden and
    strewn, for words of spam and of the publisher, judging its blocks and what came of them."""
    corpus = Corpus(1000, seed=3)
    body = ArticlePage(corpus, _long(corpus), weight=60).render()
    page = document.parse(body)
    found = article.examine(body, catalog.load())
    texts = [place.line.text for place in found.lines if place.own]
    read = Blocks(texts)

    def clean() -> None:
        document.unstrewn(body)
        hidden.hide(page.root, page.source)
        cleaned = cleaning.clean(texts)
        around.in_tags(page, read)
        removed = around.in_text(page, read, cleaned)
        quality.outweighed(cleaned.kept, cleaned.removed, removed)
        quality.garbled("\n".join(cleaned.kept))
        spam.cut(found.article.title or "")
        for text in texts:
            squeeze(text)

    figures = cpu_ms(
        {
            "ours": (clean, 60),
            "parse": (partial(lxml.html.document_fromstring, body), 30),
        }
    )
    name = f"cleaning of {len(found.article.body or '')} characters : lxml's parse of its page"
    return Row(name, figures["ours"], figures["parse"], "ms CPU", ceiling=1.0)


def _long(corpus: Corpus) -> Article:
    """The newest article with so many characters of blocks."""
    blocks: list[Block] = []
    for index in range(1, len(corpus)):
        for block in corpus[-index].blocks:
            if sum(len(block.text) for block in blocks) >= CHARACTERS:
                return replace(corpus[-1], blocks=tuple(blocks))
            if block.kind != "image":
                blocks.append(block)
    raise ValueError("too few articles")


def _page(corpus: Corpus, index: int) -> bytes:
    """A page from there on that says its encoding in a meta tag: lxml alone believes the label."""
    while True:
        page = ArticlePage(corpus, corpus[index], weight=60)
        if page.label.meta and page.label.meta[:2] == page.label.encoding[:2]:
            return page.render()
        index += 1


def _peers() -> dict[str, Callable[[str], Any]]:
    """Each as its own documentation uses it; they are handed text, ours has to decode."""
    import readability
    import trafilatura
    from gne import GeneralNewsExtractor

    for name in ("trafilatura", "readability", "gne"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    gne = GeneralNewsExtractor()

    def by_readability(text: str) -> str:
        document = readability.Document(text)
        return str(document.title()) + str(document.summary())

    return {
        "trafilatura": lambda text: trafilatura.bare_extraction(text),
        "gne": lambda text: gne.extract(text),
        "readability-lxml": by_readability,
    }
