"""The table from field to the functions that make it: what is done to each field, in which order.

Functions that need the site or the page's address take them from the loader context: `site` and
`base`, and `cleaned`, the blocks of the body as they were judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urljoin

from itemloaders import ItemLoader
from itemloaders.processors import Compose, Identity, MapCompose, TakeFirst
from w3lib.html import replace_entities
from w3lib.url import safe_url_string

from ecnews.items import Article
from ecnews.text import byline, dates, keywords, spam
from ecnews.text.cleaning import Cleaned
from ecnews.text.whitespace import squeeze

Context = MutableMapping[str, Any]


def kept(_: Any, loader_context: Context) -> list[str]:
    """The article's own blocks."""
    return list(loader_context["cleaned"].kept)


def within_article(images: Iterable[tuple[int, str]], loader_context: Context) -> list[str]:
    """Addresses of the images that do not stand behind the article, among the QR codes."""
    cleaned: Cleaned = loader_context["cleaned"]
    behind = next((line.removed for line in cleaned.lines if line.at >= cleaned.end), None)
    # A picture with a caption of the QR codes behind it is such a code.
    last = cleaned.end - 1 if behind and behind.kind == "caption" else cleaned.end
    return [src for before, src in images if before <= last]


def absolute(src: str, loader_context: Context) -> str | None:
    """An http address in full; None for what a reader cannot fetch."""
    try:
        url = urljoin(loader_context["base"], src)
    except ValueError:
        return None
    return safe_url_string(url) if url.startswith(("http://", "https://")) else None


def unique(values: Iterable[str]) -> list[str]:
    """Each value once, in order."""
    return list(dict.fromkeys(values))


def own_words(words: Iterable[str]) -> list[str]:
    """Each keyword once, without spam's."""
    return spam.without_phrases(unique(words))


def canonical_url(url: str, loader_context: Context) -> str:
    return str(loader_context["site"].canonical_url(url))


def public_url(url: str, loader_context: Context) -> str:
    return str(loader_context["site"].public_url(url))


def article_number(url: str, loader_context: Context) -> int | None:
    number: int | None = loader_context["site"].article_number(url)
    return number


def moment(line: str, loader_context: Context) -> str | None:
    return dates.moment(line, loader_context["site"].zone)


def section_name(crumb: str, loader_context: Context) -> str:
    """The section's own name where the breadcrumb gives another that is known."""
    return str(loader_context["site"].section_of_crumb.get(crumb, crumb))


def source(line: str) -> str | None:
    return byline.read(line).source


def author(line: str, loader_context: Context) -> str | None:
    """From the line with the time, else from a byline at either end of the body."""
    named = byline.read(line)
    if named.author:
        return named.author
    blocks = loader_context["cleaned"].own
    authors = filter(None, map(byline.author, (*blocks[:3], *blocks[-3:])))
    return next((name for name in authors if name != named.source), None)


class ArticleLoader(ItemLoader):
    default_item_class = Article

    url_in, url_out = MapCompose(canonical_url), TakeFirst()
    number_in, number_out = MapCompose(article_number), TakeFirst()
    fetched_url_in, fetched_url_out = MapCompose(public_url), TakeFirst()
    layout_in, layout_out = Identity(), TakeFirst()
    title_in, title_out = MapCompose(replace_entities, squeeze), TakeFirst()
    body_in, body_out = Compose(kept), Compose("\n\n".join)
    images_in, images_out = Compose(within_article, MapCompose(absolute)), Compose(unique)
    section_in, section_out = MapCompose(squeeze, section_name), TakeFirst()
    published_at_in, published_at_out = MapCompose(moment), TakeFirst()
    source_in, source_out = MapCompose(source, replace_entities, squeeze), TakeFirst()
    author_in, author_out = MapCompose(author), TakeFirst()
    keywords_in, keywords_out = MapCompose(replace_entities, keywords.split), Compose(own_words)
    removed_in, removed_out = Identity(), Identity()
    recovered_in, recovered_out = Identity(), TakeFirst()

    # Both are named for every field, and none is a method: itemloaders looks for all that.
    def get_input_processor(self, field_name: str) -> Callable[..., Any]:
        processor: Callable[..., Any] = getattr(self, f"{field_name}_in")
        return processor

    def get_output_processor(self, field_name: str) -> Callable[..., Any]:
        processor: Callable[..., Any] = getattr(self, f"{field_name}_out")
        return processor
