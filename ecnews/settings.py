"""Deviations from Scrapy's defaults, and why. Secrets come from the environment."""

import os

from ecnews import __version__

BOT_NAME = "ecnews"
SPIDER_MODULES = ["ecnews.spiders"]
NEWSPIDER_MODULE = "ecnews.spiders"
COMMANDS_MODULE = "ecnews.commands"

# Where articles go: sqlite:///file.db, postgresql+psycopg://user:password@host/name.
ECNEWS_DATABASE_URL = os.environ.get("ECNEWS_DATABASE_URL", "sqlite:///ecnews.db")
# Where the site is reached: another address for a stand-in. Articles keep the publisher's address.
ECNEWS_SITE_URL = os.environ.get("ECNEWS_SITE_URL", "https://www.100ec.cn")
# Rows written in one transaction: what a crawl that is killed has fetched in vain.
ECNEWS_BATCH_SIZE = 25
# Seconds after which what was fetched is written, however little it is.
ECNEWS_BATCH_SECONDS = 5.0
# Seconds that items wait in memory for a database that is away, before a file keeps them.
ECNEWS_DATABASE_PATIENCE = 60.0
# Whether a run reads and writes what it learns of the site: robots.txt, cookies, lists.
ECNEWS_KEEP = True
# Whether private and loopback addresses may be asked: the site's own may anyway.
ECNEWS_PRIVATE = False
# Hours in which the site is not asked, by its own clock: 01:00-06:30.
ECNEWS_QUIET_HOURS = os.environ.get("ECNEWS_QUIET_HOURS", "")
# The browser for what takes one, a path or a name; unset, what is on the PATH.
ECNEWS_BROWSER = os.environ.get("ECNEWS_BROWSER", "")
# Whether progress is shown on stderr: unset, on a terminal only.
ECNEWS_PROGRESS = os.environ.get("ECNEWS_PROGRESS", "")
# The log as lines of JSON: json.
ECNEWS_LOG = os.environ.get("ECNEWS_LOG", "")
# Who is told when the state changes (good to bad, bad to good, one evil to another): an address
# that takes JSON by POST, and a command that has it on stdin.
ECNEWS_ALERT_URL = os.environ.get("ECNEWS_ALERT_URL", "")
ECNEWS_ALERT_COMMAND = os.environ.get("ECNEWS_ALERT_COMMAND", "")
# A file for Prometheus' collector of text files: its name ends in .prom.
ECNEWS_METRICS_FILE = os.environ.get("ECNEWS_METRICS_FILE", "")
# When the site's pages have changed (extensions/drift.py): of how many sound runs the median is
# taken; how seldom a run may deviate so far by accident; to what part of the usual a field's share,
# or the links of a list, must fall; how many times longer or shorter bodies must be.
ECNEWS_HEALTH_RUNS = 10
ECNEWS_DRIFT_CHANCE = 1e-5
ECNEWS_DRIFT_DROP = 0.5
ECNEWS_DRIFT_LONGER = 3.0

# Manners. The site is asked once a second at most, by one request at a time, whatever host of it
# answers (middlewares/politeness.py puts them into one slot), and slower where it is slow.
USER_AGENT = f"ecnews/{__version__} (news crawler; obeys robots.txt)"
ROBOTSTXT_OBEY = True  # default False
ROBOTSTXT_USER_AGENT = "ecnews"
DOWNLOAD_DELAY = 1  # default 0
DOWNLOAD_DELAY_JITTER = 0  # default 0.5, which would ask after half a second as well
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # default 8
AUTOTHROTTLE_ENABLED = True  # default False
AUTOTHROTTLE_START_DELAY = 1  # default 5
AUTOTHROTTLE_MAX_DELAY = 30  # default 60
TELNETCONSOLE_ENABLED = False  # default True, which opens a port
REMOTE_CONTROL_ENABLED = False  # default True, which opens a port

# A site that does not answer is given up within a minute (middlewares/unreachable.py).
DOWNLOAD_TIMEOUT = 20  # default 180 s
DNS_TIMEOUT = 10  # default 60 s
DOWNLOAD_MAXSIZE = 8 * 1024 * 1024  # default 1 GB; the site's pages have some 60 KB
DOWNLOAD_WARNSIZE = 2 * 1024 * 1024  # default 32 MB
REDIRECT_MAX_TIMES = 5  # default 20
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # default ERROR; the spiders say what failed

# Plain HTTP, and a browser where a request asks for one.
DOWNLOAD_HANDLERS = dict.fromkeys(("http", "https"), "ecnews.middlewares.browser.DownloadHandler")
PLAYWRIGHT_PROCESS_REQUEST_HEADERS = None  # default Scrapy's, which would spoil the page's own
PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT = 20_000  # ms
PLAYWRIGHT_MAX_PAGES_PER_CONTEXT = 2

# First in, first out (default: last in): newest first, and no list read far ahead of its articles.
# default 100: Scrapy starts as many tasks for each response, and ours yield one item at most.
CONCURRENT_ITEMS = 1
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
SCHEDULER_DISK_QUEUE = "scrapy.squeues.PickleFifoDiskQueue"

# default True: decodes every page once more, to look for a tag that no page of the site has.
METAREFRESH_ENABLED = False

DOWNLOADER_MIDDLEWARES = {
    "ecnews.middlewares.politeness.PolitenessMiddleware": 50,  # before robots.txt is asked (100)
    # Spiders ask for the site's own pages only; where redirects lead is politeness's matter.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "ecnews.middlewares.robots.ObeyRobotsMiddleware": 100,  # in its place
    "ecnews.middlewares.budget.BudgetMiddleware": 120,  # counts what robots.txt lets pass
    # Unpacked bodies (590), and before a retry for their status (550).
    "ecnews.middlewares.challenge.ChallengeMiddleware": 580,
    "ecnews.middlewares.whole.WholeMiddleware": 570,
    "ecnews.middlewares.politeness.RestMiddleware": 830,
    # Nearest to the downloader but for Scrapy's own statistics: sees each failure before a retry.
    "ecnews.middlewares.unreachable.UnreachableMiddleware": 840,
}
ITEM_PIPELINES = {
    "ecnews.pipelines.validate.ValidatePipeline": 100,
    "ecnews.pipelines.store.StorePipeline": 900,
}
EXTENSIONS = {
    "ecnews.extensions.progress.Progress": 500,
    "ecnews.extensions.bugs.CountBugs": 500,
    "ecnews.extensions.turns.OneAtATime": 510,
    "ecnews.extensions.health.Health": 550,  # before the ledger, which keeps what it says
    "ecnews.extensions.runs.RunLedger": 600,
}

LOG_LEVEL = "INFO"  # default DEBUG: a line a request, and each item in full
STATS_DUMP = False  # default True; the summary and `runs` have what an operator reads
FEED_EXPORT_ENCODING = "utf-8"  # default \\uXXXX
