"""The security check: a page that stands in for another until its script has set a cookie."""

from __future__ import annotations

from ecnews.catalog import Site
from ecnews.text import charset


def is_challenge(body: bytes, site: Site) -> bool:
    """Whether the body is the site's security check, on whatever status and for whatever address.

    Every mark must be there, and no more than a few KB: an article that quotes the notice is an
    article.
    """
    if len(body) > site.challenge_max_bytes:
        return False
    text = charset.decode(body)
    return all(mark in text for mark in site.challenge_marks)
