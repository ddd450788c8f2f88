"""Background work survives what breaks, says so once, and always ends when it is told to."""

import asyncio

import pytest

from shared.errors import Unavailable
from shared.forever import end, forever, is_absence


async def test_work_goes_on_after_a_failure_and_the_failure_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    calls: list[int] = []

    async def work() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("broken")

    task = asyncio.create_task(forever("sweeping", work))
    async with asyncio.timeout(5):
        while len(calls) < 3:
            await asyncio.sleep(0.01)
    await end([task])
    assert capsys.readouterr().out.count("work=sweeping") == 1


async def test_absence_of_a_server_is_not_told_by_every_loop(capsys: pytest.CaptureFixture[str]) -> None:
    async def work() -> None:
        raise Unavailable

    task = asyncio.create_task(forever("sending", work))
    await asyncio.sleep(0.1)
    await end([task])
    assert "work=sending" not in capsys.readouterr().out
    assert is_absence(ConnectionRefusedError())
    assert not is_absence(KeyError("x"))


async def test_a_task_that_swallows_its_first_cancellation_ends_all_the_same() -> None:
    swallowed: list[bool] = []

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed.append(True)

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end([task])
    assert swallowed == [True]
    assert task.cancelled()
