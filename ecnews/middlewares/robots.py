"""robots.txt, obeyed by every request, those included that wait while it is fetched."""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred


class ObeyRobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's own, without a gap: of several requests that wait for the same robots.txt, Scrapy
    2.19 hands the rules to the first alone, and the others pass unasked."""

    async def robot_parser(self, request: Request) -> RobotParser | None:
        await super().robot_parser(request)
        parser = self._parsers[urlparse_cached(request).netloc]
        return None if isinstance(parser, Deferred) else parser
