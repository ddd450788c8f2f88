"""A provider is asked for its section; stopped, hanging or hostile it harms nothing, and heals by itself."""

import asyncio
import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import cache
from socket import AF_INET, AddressFamily
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.fetching.client import Fetcher, FetchFailed
from gateway.provided.usecases import read
from shared.clock import ManualClock
from shared.testing import free_port, served
from tests.gateway.providers.conftest import Town, until

HOSTS = ("example.go.id",)
GOOD = json.dumps({"items": [{"id": "a", "title": {"id": "[Demo] Baik"}}]}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def answer(body: bytes, *more: bytes) -> bytes:
    return HEAD + b"".join(line + b"\r\n" for line in more) + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def whole(writer: asyncio.StreamWriter, said: bytes) -> None:
    writer.write(said)


async def endless(writer: asyncio.StreamWriter, start: bytes, piece: bytes) -> None:
    writer.write(start)
    while True:
        writer.write(piece)
        await writer.drain()


async def hangs(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def trickles(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 500\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


@cache
def bomb() -> bytes:
    """100 MB of zeros as gzip, made in pieces: whoever made it whole would measure himself."""
    packer, piece = zlib.compressobj(9, wbits=31), b"0" * 1_000_000
    return b"".join(packer.compress(piece) for _ in range(100)) + packer.flush()


#: What one question may cost: a document has 64 KiB.
MOST_BYTES = 5_000_000
MANY = json.dumps({"items": [{"id": str(n), "title": {"id": "x"}} for n in range(11)]}).encode()
SCRIPT = json.dumps({"items": [{"id": "a", "title": {"id": "x"}, "link": "javascript:alert(1)"}]}).encode()
FOREIGN = SCRIPT.replace(b"javascript:alert(1)", b"https://example.go.id.evil.example/")
HOSTILE = {
    "100 MB told": (lambda w: whole(w, HEAD + b"Content-Length: 100000000\r\n\r\n" + b"x"), "too_large"),
    "100 MB sent": (lambda w: endless(w, HEAD + b"Connection: close\r\n\r\n", b"x" * 65_536), "too_large"),
    "chunks for ever": (
        lambda w: endless(w, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n%b\r\n" % (b"x" * 4096)),
        "too_large",
    ),
    "a gzip bomb": (lambda w: whole(w, answer(bomb(), b"Content-Encoding: gzip")), "compressed"),
    "headers for ever": (lambda w: endless(w, HEAD, b"X-A: " + b"b" * 1_000 + b"\r\n"), "broken_answer"),
    "one endless header": (lambda w: endless(w, HEAD + b"X-A: ", b"b" * 1_000), "broken_answer"),
    "a redirect inside": (
        lambda w: whole(w, b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"),
        "redirects",
    ),
    "304 unasked": (lambda w: whole(w, b"HTTP/1.1 304 Not Modified\r\n\r\n"), "redirects"),
    "500": (lambda w: whole(w, b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), "http_status"),
    "no HTTP": (lambda w: whole(w, b"\x16\x03\x01 hello\r\n\r\n"), "broken_answer"),
    "nothing at all": (lambda w: whole(w, b""), "broken_answer"),
    "no JSON": (lambda w: whole(w, answer(b"<html>")), "wrong_shape"),
    "deep JSON": (lambda w: whole(w, answer(b"[" * 60_000)), "wrong_shape"),
    "other JSON": (lambda w: whole(w, answer(b'{"items": {"a": NaN}}')), "wrong_shape"),
    "eleven items": (lambda w: whole(w, answer(MANY)), "wrong_shape"),
    "a link to others": (lambda w: whole(w, answer(FOREIGN)), "foreign_host"),
    "a link that runs": (lambda w: whole(w, answer(SCRIPT)), "wrong_shape"),
    "no UTF-8": (lambda w: whole(w, answer(GOOD.replace(b"Baik", b"\xff\xfe"))), "wrong_shape"),
    "silence": (hangs, "timeout"),
    "a byte now and then": (trickles, "timeout"),
}  # fmt: skip


class Enemy:
    """A server that answers every connection as `act` does."""

    def __init__(self) -> None:
        self.act: Any = lambda writer: whole(writer, answer(GOOD))
        self.port = self.asked = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            await self.act(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def enemy(port: int = 0) -> AsyncIterator[Enemy]:
    made = Enemy()
    server = await asyncio.start_server(made.meet, "127.0.0.1", port)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


class Leads(AbstractResolver):
    """Name servers that say one thing."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: AddressFamily = AF_INET) -> list[ResolveResult]:
        found = {"hostname": host, "port": port, "family": AF_INET, "proto": 0, "flags": 0}
        return [ResolveResult(host=address, **found) for address in self.addresses]  # type: ignore[typeddict-item]

    async def close(self) -> None:
        return None


@pytest.mark.parametrize("name", HOSTILE)
async def test_whatever_it_answers_is_a_failure_with_a_word_and_costs_little_memory(name: str) -> None:
    act, word = HOSTILE[name]
    bomb()  # before anything is measured
    async with enemy() as its:
        its.act = act
        asked = Fetcher(local=True, seconds=0.5 if word == "timeout" else 5)
        tracemalloc.start()
        try:
            with pytest.raises(FetchFailed) as failed:
                await read_by(asked, f"http://127.0.0.1:{its.port}/home.json")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert failed.value.code == word
    assert peak < MOST_BYTES, peak


async def read_by(asked: Fetcher, url: str) -> Any:
    fetched = await asked.fetch(url)
    return read(fetched, HOSTS) if fetched is not None else None


@pytest.mark.parametrize(
    "addresses", [("10.0.0.1",), ("8.8.8.8", "127.0.0.1"), ("169.254.169.254",), ("::1",)]
)
async def test_a_name_that_leads_inside_by_one_address_is_never_connected_to(
    addresses: tuple[str, ...],
) -> None:
    for local in (False, True) if "127" not in str(addresses) and "::1" not in addresses else (False,):
        with pytest.raises(FetchFailed) as failed:
            await Fetcher(local=local, resolver=Leads(*addresses)).fetch("https://antrean.example.go.id/")
        assert failed.value.code == "refused_address"


async def test_in_production_this_machine_is_not_asked() -> None:
    async with enemy() as its:
        with pytest.raises(FetchFailed) as failed:
            await Fetcher().fetch(f"http://127.0.0.1:{its.port}/home.json")
    assert failed.value.code == "refused_url"


async def test_its_section_is_asked_for_every_minute_and_not_sent_twice(
    town: Town, clock: ManualClock
) -> None:
    port = free_port()
    code, queue = await town.join(url=f"http://127.0.0.1:{port}/home.json")
    await until(queue.standing, lambda standing: standing["home"]["failures"] >= 1)
    async with served(queue, port):
        clock.advance(timedelta(seconds=61))
        shown = await until(lambda: town.part(code), lambda part: part.state == "ok")
        clock.advance(timedelta(seconds=61))
        before = shown.as_of.astimezone(town.run.city.zone).isoformat()
        fresh = await until(queue.standing, lambda standing: standing["home"]["as_of"] > before)
        assert (fresh["home"]["failures"], fresh["home"]["last_error"], queue.asked) == (0, None, 2)
        queue.now_serving = 7
        clock.advance(timedelta(seconds=61))
        await until(lambda: town.part(code), lambda part: b"Nomor 7" in part.items)


async def test_stopped_its_menu_says_so_and_its_section_is_stale_until_it_heals(
    town: Town, clock: ManualClock
) -> None:
    port = free_port()
    async with AsyncExitStack() as running:
        await running.enter_async_context(served(stand_in := Answering(), port))
        code, queue = await town.join(url=f"http://127.0.0.1:{port}/home.json")
        shown = await until(lambda: town.part(code), lambda part: part.state == "ok")
    for failures in range(1, 3):
        clock.advance(timedelta(seconds=61))
        await until(queue.standing, lambda s, n=failures: s["home"]["failures"] >= n)
    await until(lambda: town.declared.why_down(code), lambda why: why == "owner_not_answering")
    clock.advance(timedelta(minutes=5))
    assert (await town.part(code)).state == "stale"
    assert (await town.part(code)).items == shown.items
    said = (await queue.standing())["home"]["last_error"]
    assert said == {"code": "connection", "label": "Tidak dapat dihubungi."}
    async with served(stand_in, port):
        clock.advance(timedelta(seconds=61))
        await until(lambda: town.part(code), lambda part: part.state == "ok")
        await until(lambda: town.declared.why_down(code), lambda why: why is None)


async def test_one_that_hangs_holds_up_neither_its_neighbours_nor_the_gateway(town: Town) -> None:
    async with enemy() as its, served(Answering(), port := free_port()):
        its.act = hangs
        for _ in range(3):
            await town.join(url=f"http://127.0.0.1:{its.port}/home.json")
        code, _ = await town.join(url=f"http://127.0.0.1:{port}/home.json")
        await until(lambda: town.part(code), lambda part: part.state == "ok")
        assert (await town.http.get("/openapi.json")).status_code == 200


class Answering:
    """A provider that is well."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": GOOD})
