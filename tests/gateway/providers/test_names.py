"""Name servers of somebody else that never answer hold up nobody but who asked them."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.fetching.client import Fetcher, FetchFailed


class Outside:
    """Name servers of which some never answer; `asked` is what they were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer = threading.Event()

    def look_up(self, host: str, *args: Any, **more: Any) -> Any:
        self.asked.append(host)
        if host.startswith("hangs"):
            self.answer.wait(30)
        raise socket.gaierror(socket.EAI_NONAME, "nobody knows")


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    made = Outside()
    monkeypatch.setattr(socket, "getaddrinfo", made.look_up)
    yield made
    made.answer.set()


async def word(fetcher: Fetcher, host: str) -> str:
    """Why it was not fetched."""
    with pytest.raises(FetchFailed) as failed:
        await fetcher.fetch(f"https://{host}.example.go.id/home.json")
    return failed.value.code


async def test_names_that_hang_take_no_thread_of_others_and_one_each(outside: Outside) -> None:
    fetcher = Fetcher(seconds=0.3)
    hosts = [f"hangs-{n}" for n in range(40)]
    words = await asyncio.gather(*(word(fetcher, host) for host in hosts * 2))
    assert set(words) == {"timeout"}
    assert len(outside.asked) == len(hosts)
    assert await asyncio.wait_for(asyncio.to_thread(sum, (1, 1)), 5) == 2
    assert await word(fetcher, "unknown") == "dns"


async def test_no_more_than_64_names_are_looked_up_at_once_and_it_heals(outside: Outside) -> None:
    fetcher = Fetcher(seconds=0.3)
    words = await asyncio.gather(*(word(fetcher, f"hangs-{n}") for n in range(70)))
    assert (words.count("timeout"), len(outside.asked)) == (64, 64)
    outside.answer.set()
    async with asyncio.timeout(5):
        while await word(fetcher, "unknown") != "dns" or len(outside.asked) < 65:
            await asyncio.sleep(0.02)
