"""1,000 clients that hold a connection and never get on (SLOW of them): when they are let go, who suffers.

Each 25th asks for megabytes and reads none of it; a third of the others each say nothing, half a head, a body
of a byte a second. The gateway's own 10 s for a head and 30 s for a body are not changed.
"""

import asyncio
import os
import socket
from dataclasses import dataclass, field
from time import perf_counter

from tests.bench.figures import Bench, Row
from tests.bench.gateways import Gateway, gateway
from tests.bench.listening import descriptors
from tests.bench.passing import ask
from tests.bench.processes import connections_at
from tests.bench.static import PATH

_CLIENTS, _CONNECTIONS, _UNREAD_BYTES = 1_000, 8, 4_096
_HEAD_SECONDS, _BODY_SECONDS, _SLACK, _PATIENCE = 10, 30, 1.0, 60
_MOST_RATIO = 1.25
_SILENT, _HEAD, _BODY, _UNREAD = "silent", "half a head", "half a body", "unread"
_WORDS = {
    _SILENT: b"",
    _HEAD: f"GET {PATH} HTTP/1.1\r\nhost: demo\r\nx-demo: ".encode(),
    _BODY: b"POST /v1/auth/otp HTTP/1.1\r\nhost: demo\r\ncontent-type: application/json\r\n"
    b'content-length: 400\r\n\r\n{"phone": "',
    _UNREAD: b"GET /openapi.json HTTP/1.1\r\nhost: demo\r\n\r\n" * 15,
}


_KINDS = (_SILENT, _HEAD, _BODY) * 8 + (_UNREAD,)


@dataclass(slots=True)
class Held:
    """The connections, and how long each was borne; of those that read nothing the worker alone knows."""

    borne: dict[str, list[float]] = field(default_factory=dict)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)


async def rows(bench: Bench) -> list[Row]:
    """Other clients read as usual before and meanwhile, while all thousand hold on."""
    count, seconds = int(os.environ.get("SLOW") or _CLIENTS), min(bench.seconds, _HEAD_SECONDS - 4)
    descriptors()
    async with gateway(bench.folder / "slow") as ours:
        await ask(ours.port, PATH, 1, _CONNECTIONS)
        before = await ask(ours.port, PATH, seconds, _CONNECTIONS)
        held, began = Held(), perf_counter()
        kinds = [_KINDS[number % len(_KINDS)] for number in range(count)]
        clients = [asyncio.create_task(_client(ours, held, kind)) for kind in kinds]
        while len(held.writers) < count:
            await asyncio.sleep(0.01)
        bench.say(f"slow  {count:,} held after {perf_counter() - began:.1f} s")
        began = perf_counter()
        await asyncio.sleep(1)
        during = await ask(ours.port, PATH, seconds, _CONNECTIONS)
        freed, left = await _freed(bench, ours, began)
        for writer in held.writers:
            writer.close()
        await asyncio.gather(*clients)
    return _rows(count, held, freed, left, (before["p95"], during["p95"]))


def _rows(count: int, held: Held, freed: float, left: int, p95: tuple[float, float]) -> list[Row]:
    what, ratio = f"{count:,} slow clients", p95[1] / p95[0]
    heads, bodies = max(held.borne[_SILENT] + held.borne[_HEAD]), max(held.borne[_BODY])
    others = f"p95 before {p95[0]:.1f} ms", f"{ratio:.2f}", f"at most {_MOST_RATIO} x", ratio <= _MOST_RATIO
    return [
        _closed(f"{what}: nothing or half a head", heads, _HEAD_SECONDS),
        _closed(f"{what}: half a body", bodies, _BODY_SECONDS),
        _closed(f"{what}: answers unread, so all", freed, _BODY_SECONDS, left),
        Row(f"{what}: others meanwhile", f"p95 {p95[1]:.1f} ms", *others),
    ]


def _closed(what: str, borne: float, wanted: float, left: int = 0) -> Row:
    """A second more than wanted is the machine's: a thousand connections take that long to be taken in."""
    told = f"closed after {borne:.1f} s at most, {left} left"
    return Row(what, told, "", "", f"{wanted} s (+ {_SLACK:.0f})", borne <= wanted + _SLACK and left == 0)


async def _client(ours: Gateway, held: Held, kind: str) -> None:
    own = socket.socket()
    own.setblocking(False)
    if kind == _UNREAD:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _UNREAD_BYTES)
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", ours.port))
    reader, writer = await asyncio.open_connection(sock=own, limit=_UNREAD_BYTES)
    held.writers.append(writer)
    began = perf_counter()
    writer.write(_WORDS[kind])
    if kind != _UNREAD:
        dripping = asyncio.create_task(_drip(writer)) if kind == _BODY else None
        await _until_closed(reader)
        held.borne.setdefault(kind, []).append(perf_counter() - began)
        if dripping is not None:
            dripping.cancel()
        writer.close()


async def _drip(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"6")
        await asyncio.sleep(1)


async def _until_closed(reader: asyncio.StreamReader) -> None:
    """A reset is an end like any other."""
    try:
        async with asyncio.timeout(_PATIENCE):
            while await reader.read(_UNREAD_BYTES):
                pass
    except (ConnectionError, TimeoutError):
        return


async def _freed(bench: Bench, ours: Gateway, began: float) -> tuple[float, int]:
    """(seconds since all were there, connections still held), once there are none, or after 60 s."""
    said = perf_counter()
    while (left := connections_at(ours.port)) and perf_counter() - began < _PATIENCE:
        if perf_counter() - said > 5:
            said = perf_counter()
            bench.say(f"slow  {left:,} left after {said - began:.0f} s")
        await asyncio.sleep(0.1)
    return perf_counter() - began, left
