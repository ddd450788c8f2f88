"""The process that decodes: bounded, replaceable, and without any secret."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.media.images.client import QUEUE, BrokenImage, Busy, Images, NotProcessed, TooHeavy
from shared.metrics import Metrics

Photo = Callable[..., bytes]


@pytest.fixture
async def images() -> AsyncIterator[Images]:
    made = Images(Metrics())
    yield made
    await made.close()


def about(images: Images, what: str) -> str:
    return Path(f"/proc/{images.pid}/{what}").read_text()


async def started(images: Images) -> int:
    while images.pid is None:
        await asyncio.sleep(0.005)
    return images.pid


async def test_it_is_started_with_the_first_photo_and_used_again(images: Images, photo: Photo) -> None:
    assert images.pid is None
    await images.encode(photo())
    first = images.pid
    await images.encode(photo(size=(10, 10)))
    assert images.pid == first


async def test_it_holds_no_secret_of_the_gateway(
    images: Images, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKUP_KEY", "secret")
    await images.encode(photo())
    assert about(images, "environ") == ""
    limits = about(images, "limits")
    assert "Max address space         1073741824" in limits
    assert "Max file size             0" in limits


async def test_a_killed_child_costs_one_photo_and_is_replaced(images: Images, photo: Photo) -> None:
    await images.encode(photo())
    first = images.pid
    large = asyncio.create_task(images.encode(photo(size=(7_000, 5_000))))
    waiting = asyncio.create_task(images.encode(photo()))
    await asyncio.sleep(0.2)
    os.kill(await started(images), signal.SIGKILL)
    with pytest.raises(NotProcessed):
        await large
    assert (await waiting).variants.keys() == {"full", "small", "thumb"}
    assert images.pid != first


async def test_guests_have_half_of_the_queue_and_residents_go_before_them(
    images: Images, photo: Photo
) -> None:
    order: list[str] = []

    async def encode(who: str, size: tuple[int, int]) -> None:
        await images.encode(photo(size=size), guest=who == "guest")
        order.append(who)

    guests = [asyncio.create_task(encode("guest", (3_000, 2_000))) for _ in range(QUEUE // 2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await images.encode(photo(), guest=True)
    await asyncio.gather(encode("resident", (64, 64)), *guests)
    assert order.index("resident") <= 2
    assert len(order) == QUEUE // 2 + 1


async def test_a_child_killed_while_idle_is_replaced(images: Images, photo: Photo) -> None:
    await images.encode(photo())
    os.kill(await started(images), signal.SIGKILL)
    await asyncio.sleep(0.2)
    assert (await images.encode(photo())).variants


async def test_a_photo_that_takes_too_long_is_given_up(photo: Photo) -> None:
    images = Images(Metrics(), seconds=0.3)
    try:
        with pytest.raises(TooHeavy):
            await images.encode(photo(size=(7_000, 5_000)))
        assert images.pid is None
    finally:
        await images.close()


async def test_a_full_queue_is_refused_at_once(images: Images, photo: Photo) -> None:
    sending = [asyncio.create_task(images.encode(photo(size=(3_000, 2_000)))) for _ in range(QUEUE + 4)]
    answers = await asyncio.gather(*sending, return_exceptions=True)
    assert sum(isinstance(a, Busy) for a in answers) == 3
    assert sum(isinstance(a, BaseException) for a in answers) == 3


async def test_who_stops_waiting_does_not_disturb_the_next(images: Images, photo: Photo) -> None:
    await images.encode(photo())
    given_up = asyncio.create_task(images.encode(photo(size=(7_000, 5_000))))
    await asyncio.sleep(0.2)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    assert (await images.encode(photo(size=(10, 10)))).variants["full"].width == 10


async def test_a_refused_photo_leaves_the_child_in_place(images: Images, photo: Photo) -> None:
    await images.encode(photo())
    first = images.pid
    with pytest.raises(BrokenImage):
        await images.encode(photo(size=(800, 600))[:2_500])
    await images.encode(photo())
    assert images.pid == first
