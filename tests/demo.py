"""`make demo`: the main job against the replica, from an empty machine to a database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.replica import Corpus, serve

ARTICLES = 400
# All the replica's list pages; it is asked as fast as it answers, since it is ours.
CRAWL = (
    "crawl digital_retail -a pages=100 --loglevel WARNING -s DOWNLOAD_DELAY=0"
    " -s AUTOTHROTTLE_ENABLED=0 -s CONCURRENT_REQUESTS_PER_DOMAIN=16"
).split()


def main() -> int:
    """Exit code of the crawl."""
    scrapy = str(Path(sys.executable).with_name("scrapy"))
    with serve(Corpus(ARTICLES, seed=1)) as url:
        print(f"crawling a replica of the site at {url}: {ARTICLES} invented articles", flush=True)
        environment = os.environ | {
            "ECNEWS_SITE_URL": url,
            "ECNEWS_DATABASE_URL": "sqlite:///ecnews.db",
            "ECNEWS_PROGRESS": "1",
            "NO_PROXY": "127.0.0.1",
        }
        code = subprocess.run([scrapy, *CRAWL], env=environment, check=False).returncode
    print("These articles are invented: delete ecnews.db before you crawl the site (make crawl).")
    return code


if __name__ == "__main__":
    sys.exit(main())
