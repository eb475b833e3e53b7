"""A stand-in for the site, served over HTTP: `python -m tests.replica --port P`."""

from tests.replica.articles import Article, Corpus
from tests.replica.server import serve
from tests.replica.stories import Block

__all__ = ["Article", "Block", "Corpus", "serve"]
