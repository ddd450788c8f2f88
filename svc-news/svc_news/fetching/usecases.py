"""One visit to a feed: fetched, then read beside the event loop."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.runtime import Runtime
from svc_news.collected.rules import Item, Unreadable, read_feed
from svc_news.fetching.client import Asked, Fetched, Fetcher, FetchFailed, Limits
from svc_news.settings import NewsSettings

__all__ = ["Asked", "FetchFailed", "Visit", "equip", "visit"]


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit brought: `fetched` is None if nothing has changed since the last one."""

    fetched: Fetched | None
    items: Sequence[Item] = ()
    entries: int = 0


def equip(run: Runtime, settings: NewsSettings) -> None:
    """Puts the fetcher beside the plumbing."""
    limits = Limits(total=settings.fetch_seconds)
    run.parts[Fetcher] = Fetcher(_agent(run), limits, frozenset(settings.fetch_from_test_addresses))


async def visit(run: Runtime, asked: Asked, now: datetime) -> Visit:
    """Fetches and reads; FetchFailed with whatever was wrong with either. In no transaction."""
    fetcher: Fetcher = run.part(Fetcher)
    fetched = await fetcher.fetch(asked, now)
    if fetched is None:
        return Visit(None)
    body, charset, url = fetched.body, fetched.charset, fetched.url
    try:
        async with fetcher.reading:
            reading = await asyncio.to_thread(read_feed, body, charset, url, run.city.zone, now)
    except Unreadable as error:
        raise FetchFailed(error.code) from error
    return Visit(fetched, reading.items, reading.entries)


def _agent(run: Runtime) -> str:
    """Who asks, and how to reach them: the city's name, its platform, its first e-mail and web address."""
    contacts = {contact.kind: contact.value for contact in reversed(run.city.contacts)}
    ways = [run.settings.public_url, *(contacts[kind] for kind in ("email", "url") if kind in contacts)]
    name = re.sub(r"[^A-Za-z0-9 ]", "", run.city.name.en).strip().replace(" ", "-") or run.city.code
    agent = f"{name}-news/1.0 (+{'; '.join(dict.fromkeys(ways))})"
    return agent.encode("ascii", "ignore").decode()
