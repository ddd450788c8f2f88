"""Parts of a photo that end oddly: too slow, too long, given up meanwhile, sent without a length."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from httpx import AsyncClient, Response

from gateway.media.arrivals.usecases import PIECE
from tests.gateway.media.uploads.tus import GUEST, begin, checksum, offset, send

Photo = Callable[..., bytes]
Stored = Callable[[], dict[str, bytes]]


async def test_the_end_sent_again_without_a_length_gives_the_same_receipt(
    client: AsyncClient, photo: Photo
) -> None:
    content = photo()
    url = await begin(client, content)
    for at in (0, 0, 20):
        again = await send_in_chunks(client, url, at, content[at:])
        assert (again.status_code, again.headers["upload-offset"]) == (204, str(len(content)))
    beyond = await send_in_chunks(client, url, len(content) + 1, b"")
    assert beyond.json()["code"] == "tus_offset_wrong"


async def send_in_chunks(client: AsyncClient, url: str, at: int, content: bytes, **more: str) -> Response:
    """A PATCH whose length nobody was told."""

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 50_000):
            yield content[start : start + 50_000]

    return await send(client, url, at, parts(), **more)


async def test_bytes_that_are_refused_do_not_stay(client: AsyncClient, stored: Stored) -> None:
    before, content = stored(), b"x" * (PIECE * 3)
    url = await begin(client, content[: PIECE * 2])
    for _ in range(2):
        answer = await send_in_chunks(client, url, 0, content, **checksum("sha1", content))
        assert answer.status_code == 413
    assert (await offset(client, url), stored()) == (0, before)


async def test_who_takes_too_long_over_a_request_goes_on_with_another(
    client: AsyncClient, large: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await begin(client, large)
    with monkeypatch.context() as hurry:
        hurry.setattr("gateway.media.arrivals.usecases.LONGEST_SECONDS", 0.3)

        async def slowly() -> AsyncIterator[bytes]:
            yield large[:1_000]
            await asyncio.sleep(1.5)
            yield large[1_000:]

        answer = await send(client, url, 0, slowly())
    assert answer.status_code == 408
    assert await offset(client, url) == 1_000
    assert (await send(client, url, 1_000, large[1_000:])).status_code == 204


async def test_what_was_given_up_while_its_end_came_becomes_no_photo(
    client: AsyncClient, large: bytes, stored: Stored
) -> None:
    before, url = stored(), await begin(client, large)
    gone = asyncio.Event()

    async def parts() -> AsyncIterator[bytes]:
        yield large[:-1]
        await gone.wait()
        yield large[-1:]

    under_way = asyncio.create_task(send(client, url, 0, parts(), **checksum("sha256", large)))
    await asyncio.sleep(0.3)
    assert (await client.delete(url, headers=GUEST)).status_code == 204
    gone.set()
    assert (await under_way).json()["code"] == "tus_offset_wrong"
    assert stored() == before
