"""`python -m deploy.local.demo`: walks every service of the running stack that has something to show."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import httpx

from deploy.local.__main__ import ROOT
from deploy.local.demo import laksa, news, prices, tourism
from deploy.local.demo.telling import Town, say
from deploy.local.demo_data import read_demo
from deploy.local.errors import StackError
from deploy.local.layout import Stack, stack_from

WALKS: dict[str, tuple[str, Callable[[Town], Awaitable[None]]]] = {
    "laksa": ("LAKSA: a report from phone to done", laksa.walk),
    "prices": ("Prices: a day on the market, and a slip that nobody reads", prices.walk),
    "news": ("News: written, read by somebody else, published, put right", news.walk),
    "tourism": ("Tourism: what is near, what residents say, a day out, the map", tourism.walk),
}


async def demo(stack: Stack) -> None:
    """Walks the services one after the other; SystemExit if anything is not as promised."""
    facts, services = read_demo(stack.folder), frozenset(s.short for s in stack.services())
    async with httpx.AsyncClient(base_url=facts["gateway"], timeout=30) as http:
        town = Town(http, facts, stack.folder, services)
        for name, (title, walk) in WALKS.items():
            if name in services:
                say(f"== {title}\n")
                await walk(town)
                say()


def main() -> None:
    """Needs a running stack (`make up`)."""
    try:
        asyncio.run(demo(stack_from(os.environ, ROOT).as_started()))
    except StackError as error:
        raise SystemExit(f"demo: {error}") from error
    except httpx.HTTPStatusError as error:
        raise SystemExit(f"demo: {error}") from error
    except httpx.TransportError as error:
        raise SystemExit(f"demo: the stack does not answer ({error}); start it with: make up") from error


if __name__ == "__main__":
    main()
