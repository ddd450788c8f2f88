"""Residents of one gateway with their tokens, and their open streams."""

import asyncio
import resource
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import cast
from uuid import uuid4

import httpx

from shared.auth import Signer
from shared.ids import new_id
from tests.bench.gateways import KEY, MANY, Gateway

STREAMS_OPEN, EVERYBODY = "city_streams_open", "/v1/stream"
UNLIMITED_PEOPLE = {name: str(MANY) for name in ("USER_RATE", "USER_BURST", "ADDRESS_STREAMS")}
LAST_WORD = b"demo-last-word"
"""Ends what every one of `Listening` waits for."""
_TOKEN_SECONDS, _TOGETHER, _SAID_EVERY = 600, 200, 2_000


def residents(ours: Gateway, count: int) -> dict[str, bytes]:
    """Person -> the whole request that opens her stream, with a token as the gateway signs it."""
    sign = _signer(ours)
    return {
        person: _asks(ours, "/v1/me/stream", f"authorization: Bearer {sign('citizen', person)}\r\n")
        for person in (str(new_id()) for _ in range(count))
    }


def guest(ours: Gateway) -> bytes:
    """The whole request that opens the stream of everybody."""
    return _asks(ours, EVERYBODY, "")


def administrator(ours: Gateway) -> dict[str, str]:
    """Headers of somebody who may tell everybody something."""
    token = _signer(ours)("staff", str(new_id()), roles=["admin"])
    return {"X-Api-Key": KEY, "Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}


def _signer(ours: Gateway) -> Callable[..., str]:
    signer, now = Signer(Path(ours.settings["IDENTITY_KEY"])), datetime.now(UTC)

    def sign(kind: str, person: str, **more: object) -> str:
        claims = {"aud": "gateway", "kind": kind, "sub": person, "sid": str(uuid4()), **more}
        return signer.sign("access", claims, now, _TOKEN_SECONDS)

    return sign


def _asks(ours: Gateway, path: str, more: str) -> bytes:
    head = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{ours.port}\r\n"
    return f"{head}accept: text/event-stream\r\n{more}\r\n".encode()


def descriptors() -> int:
    """How many files this process may open from now on; its workers raise their own limit to the same."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


async def metric(ours: Gateway, name: str) -> float:
    """A metric of the first worker, without labels."""
    async with httpx.AsyncClient() as http:
        told = (await http.get(f"http://127.0.0.1:{ours.ops[0]}/metrics")).raise_for_status().text
    for line in told.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise LookupError(f"no metric {name}")


class Listening(asyncio.Protocol):
    """One open stream; notes when it has heard the last word. `lost` if it ended or was refused."""

    def __init__(self, asks: bytes, heard: list[float]) -> None:
        self._asks, self._heard, self._words = asks, heard, b""
        self.open = asyncio.Event()
        self.lost, self.answer = False, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._asks)

    def data_received(self, data: bytes) -> None:
        """The greeting, or what everybody is told."""
        self._words = (self._words + data)[-2_048:]
        if not self.open.is_set() and b"\r\n\r\n" in self._words:
            self.answer = self._words
            self.lost = not self._words.startswith(b"HTTP/1.1 200")
            self.open.set()
        if LAST_WORD in self._words:
            self._heard.append(perf_counter())
            self._words = b""

    def connection_lost(self, error: Exception | None) -> None:
        """The worker ended it."""
        self.lost = True
        self.open.set()


async def open_streams(
    port: int, asks: Sequence[bytes], heard: list[float], say: Callable[[str], None] | None = None
) -> list[Listening]:
    """All of them, some hundreds at a time; RuntimeError if one was not given a stream."""
    loop, listening = asyncio.get_running_loop(), []
    for first in range(0, len(asks), _TOGETHER):
        some = [Listening(each, heard) for each in asks[first : first + _TOGETHER]]
        for one in some:
            await loop.create_connection(lambda one=one: one, "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.gather(*(one.open.wait() for one in some))
        listening += some
        if say is not None and len(listening) % _SAID_EVERY == 0:
            say(f"streams  {len(listening):,} of {len(asks):,} open")
    lost = [one for one in listening if one.lost]
    if lost:
        raise RuntimeError(
            f"{len(lost)} of {len(listening)} streams did not open or ended: {lost[0].answer!r}"
        )
    return listening
