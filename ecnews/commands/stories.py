"""`scrapy stories`: which articles tell the same story, and what they have otherwise."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ecnews import catalog
from ecnews.errors import DatabaseError, SettingError

if TYPE_CHECKING:
    from ecnews.storage.story_list import Member, Story


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[--since DATE] [--min N] [--limit N] [--json]"

    def short_desc(self) -> str:
        return "List stories with their articles, hosts and differences"

    def long_desc(self) -> str:
        return (
            "Lists the stories that several articles tell, the newest first: the article that is"
            " shown (*) and the others, each with the hosts on which it was met and with what it"
            " has otherwise than the one shown."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--since", metavar="DATE", help="stories of this day or later")
        parser.add_argument(
            "--min", type=int, default=2, metavar="N", help="of N articles at least (default 2)"
        )
        parser.add_argument("--limit", type=int, metavar="N", help="at most N stories")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Late: every command is imported whenever one is run.
        from ecnews.storage import database, story_list

        if args:
            raise UsageError(f"{args[0]!r} is not expected", print_help=False)
        for name in ("min", "limit"):
            if (value := getattr(opts, name)) is not None and value < 1:
                raise UsageError(f"--{name} {value}: give a number from 1 on", print_help=False)
        since = opts.since and _day(opts.since)
        assert self.settings is not None
        shown = _json if opts.json else _lines
        try:
            engine = database.connect(self.settings["ECNEWS_DATABASE_URL"])
        except SettingError as error:
            raise UsageError(str(error), print_help=False) from None
        except DatabaseError as error:
            print(error, file=sys.stderr)
            self.exitcode = 1
            return
        with database.reading(engine) as connection:
            for story in story_list.stories(connection, since, opts.min, opts.limit):
                sys.stdout.buffer.write(shown(story).encode() + b"\n")
        engine.dispose()


def _day(text: str) -> datetime:
    """The first moment of a day, in the site's time."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--since {text}: give a day like 2026-01-31", print_help=False) from None
    return datetime.combine(day, time(), catalog.load().zone)


def _lines(story: Story) -> str:
    hosts = {host for member in story.members for host in member.hosts}
    head = f"story {story.id}: {len(story.members)} articles on {', '.join(sorted(hosts))}"
    return "\n".join((head, *(_line(member, story.members[0]) for member in story.members), ""))


def _line(member: Member, best: Member) -> str:
    when = member.published_at
    day = f"{when.astimezone(catalog.load().zone):%Y-%m-%d %H:%M}" if when else "time unknown"
    line = f"  {'*' if member.shown else ' '} {member.url}  {day}  {member.title}"
    if met := [host for host in member.hosts if f"//{host}/" not in member.url]:
        line += f"\n      met on {', '.join(met)}"
    if member is not best:
        line += f"\n      {'; '.join(_differences(member, best)) or 'no difference'}"
    return line


def _differences(member: Member, best: Member) -> list[str]:
    from ecnews.text.differences import differences
    from ecnews.text.story import Told

    found = list(differences(Told(best.title, best.body), Told(member.title, member.body)))
    return [*found, f"{member.recovered} restored"] if member.recovered else found


def _json(story: Story) -> str:
    best = story.members[0]
    members: list[dict[str, Any]] = [
        {
            "url": member.url,
            "title": member.title,
            "published_at": member.published_at and member.published_at.isoformat(),
            "shown": member.shown,
            "hosts": member.hosts,
            "differences": [] if member is best else _differences(member, best),
        }
        for member in story.members
    ]
    return json.dumps({"story": story.id, "articles": members}, ensure_ascii=False)
