"""Connections that break, clients that trickle, a gateway that is killed: what was kept stays kept."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from httpx import AsyncClient
from pydantic import SecretStr

from gateway.app import create_app
from gateway.edge.protocol import gateway_protocol
from gateway.media.arrivals.usecases import PIECE
from shared.clock import ManualClock
from shared.media import Receipt, accept
from shared.testing import free_port, served

Citizen = Callable[..., dict[str, str]]
TUS = {"Tus-Resumable": "1.0.0"}
GUEST = {**TUS, "X-Device-Id": "device-0001"}
"""Who sends when a test names nobody."""
Ready = Callable[[FastAPI], Awaitable[None]]
CHUNK = {"Content-Type": "application/offset+octet-stream"}


async def begin(client: AsyncClient, content: bytes, headers: dict[str, str] = GUEST) -> str:
    answer = await client.post("/v1/media", headers={**headers, "Upload-Length": str(len(content))})
    return answer.headers["location"]


async def offset(client: AsyncClient, url: str, headers: dict[str, str] = GUEST) -> int:
    return int((await client.head(url, headers=headers)).headers["upload-offset"])


async def until_offset(client: AsyncClient, url: str, wanted: int, headers: dict[str, str] = GUEST) -> int:
    """Waits until so many bytes or more are kept."""
    async with asyncio.timeout(15):
        while (kept := await offset(client, url, headers)) < wanted:
            await asyncio.sleep(0.02)
    return kept


async def send_rest(
    client: AsyncClient, url: str, content: bytes, headers: dict[str, str] = GUEST
) -> dict[str, Any]:
    """HEAD, PATCH from there, GET: as every tus client resumes."""
    at = await offset(client, url, headers)
    sent = {**headers, **CHUNK, "Upload-Offset": str(at)}
    assert (await client.patch(url, content=content[at:], headers=sent)).status_code == 204
    told: dict[str, Any] = (await client.get(url, headers=headers)).json()["media"]
    return told


@asynccontextmanager
async def patching(
    client: AsyncClient, url: str, offset: int, size: int, headers: dict[str, str] = GUEST
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A PATCH whose body the test sends itself."""
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    told = {**headers, **CHUNK, "Upload-Offset": str(offset), "Content-Length": str(size)}
    told |= {"Host": "x", "X-Api-Key": client.headers["X-Api-Key"]}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    writer.write(f"PATCH {url} HTTP/1.1\r\n{lines}\r\n".encode())
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def facts(app: FastAPI, told: dict[str, Any], owner: str, clock: ManualClock) -> Receipt:
    """What the receipt vouches for, without what differs between any two uploads."""
    receipt = accept(told["receipt"], app.state.runtime.keys, owner, clock.now())
    return receipt.model_copy(update={"media_id": None, "owner": "", "stored_at": None})


async def test_cut_at_ninety_percent_it_resumes_to_the_receipt_of_an_uncut_one(
    app: FastAPI, client: AsyncClient, large: bytes, citizen: Citizen, clock: ManualClock
) -> None:
    me, cut = {**TUS, **citizen()}, len(large) * 9 // 10
    url = await begin(client, large, me)
    async with patching(client, url, 0, len(large), me) as (_, writer):
        writer.write(large[:cut])
        await writer.drain()
    await until_offset(client, url, cut, me)
    resumed = await send_rest(client, url, large, me)
    other = {**citizen("c2"), "Content-Type": "image/png"}
    whole = (await client.post("/v1/media", content=large, headers=other)).json()
    assert facts(app, resumed, "citizen:c1", clock) == facts(app, whole, "citizen:c2", clock)


async def test_a_client_that_trickles_is_cut_and_loses_nothing(
    make_app: Callable[..., FastAPI], add_key: Any, large: bytes, ready: Ready
) -> None:
    app = make_app(body_seconds=1.8)
    await add_key(app)
    protocol = gateway_protocol(app.state.runtime)
    key = {"X-Api-Key": "key_for_tests_of_media"}
    async with served(app, http=protocol) as base, AsyncClient(base_url=base, headers=key) as client:
        await ready(app)
        url, sent, before = await begin(client, large), 0, 0
        async with patching(client, url, 0, len(large)) as (reader, writer):
            answer = asyncio.create_task(reader.read())
            while not answer.done():
                writer.write(large[sent : sent + 1])
                sent += 1
                await asyncio.sleep(0.1)
                before = before if answer.done() else await offset(client, url)
        assert b" 408 " in answer.result()
        assert before > 0
        await until_offset(client, url, sent - 3)  # the last ones may have met a closed door
        assert (await send_rest(client, url, large))["receipt"]


async def test_workers_continue_each_others_uploads(
    app: FastAPI, client: AsyncClient, large: bytes, clock: ManualClock, ready: Ready
) -> None:
    second = create_app(app.state.runtime.settings, clock)
    async with served(second) as base, AsyncClient(base_url=base, headers=dict(client.headers)) as other:
        await ready(second)
        url = await begin(client, large)
        half = {**GUEST, **CHUNK, "Upload-Offset": "0"}
        await client.patch(url, content=large[: PIECE + 1], headers=half)
        assert (await send_rest(other, url, large))["receipt"]
        assert (await client.get(url, headers=GUEST)).json()["media"]["receipt"]


@asynccontextmanager
async def process(app: FastAPI, port: int, ops: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m gateway serve` with the settings of an app; killed in the end."""
    values = {**app.state.runtime.settings.model_dump(), "port": port, "ops_port": ops, "services": "[]"}
    values["trusted_proxies"] = ""
    plain = {k: v.get_secret_value() if isinstance(v, SecretStr) else v for k, v in values.items()}
    told = {k.upper(): str(v) for k, v in plain.items() if v is not None}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "serve"),
        env={"PATH": os.environ["PATH"], **told},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60), AsyncClient(base_url=f"http://127.0.0.1:{ops}") as probe:
            while True:
                assert child.returncode is None
                with contextlib.suppress(httpx.TransportError):
                    if (await probe.get("/health/ready")).status_code == 200:
                        break
                await asyncio.sleep(0.1)
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def test_a_gateway_killed_in_the_middle_loses_nothing_it_acknowledged(
    app: FastAPI, large: bytes, stored: Callable[[], dict[str, bytes]]
) -> None:
    port, before = free_port(2), set(stored())
    key = {"X-Api-Key": "key_for_tests_of_media"}
    async with AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=key, timeout=20) as client:
        async with process(app, port, port + 1) as first:
            url = await begin(client, large)
            sent = {**GUEST, **CHUNK, "Upload-Offset": "0"}
            assert (await client.patch(url, content=large[:777], headers=sent)).status_code == 204
            async with patching(client, url, 777, len(large) - 777) as (_, writer):
                writer.write(large[777 : len(large) * 9 // 10])
                await writer.drain()
                told = await until_offset(client, url, PIECE)
                first.send_signal(signal.SIGKILL)
                await first.wait()
        async with process(app, port, port + 1):
            assert await offset(client, url) >= told
            assert (await send_rest(client, url, large))["receipt"]
    kept = {name.rpartition("/")[2] for name in set(stored()) - before}
    assert kept == {"full.jpg", "small.jpg", "thumb.jpg"}
