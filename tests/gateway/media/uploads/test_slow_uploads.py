"""Senders that are slow, many, or both: they wait for themselves, not for others' sake."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from httpx import AsyncClient, Response

from gateway.media.rules import Places
from gateway.media.usecases import Workshop

Photo = Callable[..., bytes]
Citizen = Callable[..., dict[str, str]]
JPEG = {"Content-Type": "image/jpeg"}
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {"Content-Type": "application/offset+octet-stream"}


@asynccontextmanager
async def held(
    client: AsyncClient, headers: dict[str, str], method: str = "POST", path: str = "/v1/media"
) -> AsyncIterator[asyncio.Task[Response]]:
    """A request whose body begins and does not go on while this is open."""
    end = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"\xff\xd8"
        await end.wait()

    task = asyncio.create_task(client.request(method, path, content=body(), headers=headers))
    yield task
    end.set()
    await task


async def until(places: Places, taken: int) -> None:
    async with asyncio.timeout(10):
        while places.taken != taken:
            await asyncio.sleep(0.01)


async def test_a_photo_that_does_not_arrive_in_time_is_given_up(
    app: FastAPI, client: AsyncClient, photo: Photo, citizen: Citizen
) -> None:
    shop = app.state.runtime.part(Workshop)
    assert shop.seconds == 60
    shop.seconds = 0.3
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    told = {"Host": "x", "Content-Length": "9", **JPEG, **citizen(), "X-Api-Key": client.headers["X-Api-Key"]}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    writer.write(f"POST /v1/media HTTP/1.1\r\n{lines}\r\n\xff".encode())
    answer = await asyncio.wait_for(reader.readuntil(b'"request_id"'), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"request_timeout" in answer
    assert shop.receiving.taken == 0
    shop.seconds = 60
    assert (await client.post("/v1/media", content=photo(), headers={**JPEG, **citizen()})).status_code == 201


async def test_one_person_takes_no_more_than_six_places(
    app: FastAPI, client: AsyncClient, photo: Photo, citizen: Citizen
) -> None:
    places, me, other = app.state.runtime.part(Workshop).receiving, citizen(), citizen("c2")
    async with AsyncExitStack() as stack:
        for _ in range(6):
            await stack.enter_async_context(held(client, {**JPEG, **me}))
        await until(places, 6)
        refused = await client.post("/v1/media", content=photo(), headers={**JPEG, **me})
        assert (refused.status_code, refused.json()["code"]) == (503, "media_busy")
        assert refused.headers["retry-after"] == "3"
        taken = await client.post("/v1/media", content=photo(), headers={**JPEG, **other})
        assert taken.status_code == 201
    assert places.taken == 0
    assert (await client.post("/v1/media", content=photo(), headers={**JPEG, **me})).status_code == 201


async def test_guests_with_made_up_devices_leave_room_for_residents(
    app: FastAPI, client: AsyncClient, photo: Photo, citizen: Citizen
) -> None:
    places = app.state.runtime.part(Workshop).receiving
    async with AsyncExitStack() as stack:
        for n in range(16):
            await stack.enter_async_context(held(client, {**JPEG, "X-Device-Id": f"device-{n:04}"}))
        await until(places, 16)
        late = {**JPEG, "X-Device-Id": "device-9999"}
        assert (await client.post("/v1/media", content=photo(), headers=late)).status_code == 503
        resident = await client.post("/v1/media", content=photo(), headers={**JPEG, **citizen()})
        assert resident.status_code == 201
    await until(places, 0)


async def test_parts_of_photos_have_places_of_their_own(
    app: FastAPI, client: AsyncClient, photo: Photo, citizen: Citizen
) -> None:
    shop, me, content = app.state.runtime.part(Workshop), {**TUS, **citizen()}, photo()
    length = {"Upload-Length": str(len(content))}
    urls = [(await client.post("/v1/media", headers={**me, **length})).headers["location"] for _ in range(7)]
    first = {**me, **CHUNK, "Upload-Offset": "0"}
    async with AsyncExitStack() as stack:
        for url in urls[:6]:
            await stack.enter_async_context(held(client, first, "PATCH", url))
        await until(shop.resuming, 6)
        refused = await client.patch(urls[6], content=content, headers=first)
        assert (refused.status_code, refused.json()["code"]) == (503, "media_busy")
        whole = await client.post("/v1/media", content=content, headers={**JPEG, **citizen()})
        assert whole.status_code == 201
    await until(shop.resuming, 0)
    assert (await client.patch(urls[6], content=content, headers=first)).status_code == 204


async def test_a_body_over_the_limit_is_413_however_it_is_sent(client: AsyncClient) -> None:
    async def endless(head: bytes = b"") -> AsyncIterator[bytes]:
        yield head
        for _ in range(250):
            yield bytes(65_536)

    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: image/png\r\n\r\n'
    )
    table = [
        ("/v1/media", "image/jpeg", b""),
        ("/v1/media", "multipart/form-data; boundary=x", form),
        ("/v1/auth/otp", "application/json", b'{"phone": "'),
        ("/v1/auth/otp", "application/x-www-form-urlencoded", b"phone="),
    ]
    for path, kind, head in table:
        headers = {"Content-Type": kind, "X-Device-Id": "device-0001"}
        answer = await client.post(path, content=endless(head), headers=headers)
        assert (path, kind, answer.status_code, answer.json()["code"]) == (path, kind, 413, "too_large")
    guest = {**TUS, "X-Device-Id": "device-0001"}
    created = await client.post("/v1/media", headers={**guest, "Upload-Length": "70000"})
    part = {**guest, **CHUNK, "Upload-Offset": "0"}
    answer = await client.patch(created.headers["location"], content=endless(), headers=part)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
