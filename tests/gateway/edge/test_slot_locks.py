"""Locks over processes: one at a time, and a holder that was killed locks nobody out."""

import mmap
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

from gateway.edge.gcra import Policy
from gateway.edge.rate_file import RateFile
from gateway.edge.slot_locks import BYTES, SlotLocks

NARROW = Policy("test", rate=0.001, burst=10)


def opened(path: str, *, anew: bool) -> SlotLocks:
    with Path(path).open("r+b") as file:
        return SlotLocks(mmap.mmap(file.fileno(), BYTES * 2), 0, 2, anew=anew)


def die_holding(path: str) -> None:
    locks = opened(path, anew=False)
    locks.acquire(0)
    os.kill(os.getpid(), signal.SIGKILL)


def count_up(path: str, counted: str, times: int) -> None:
    locks = opened(path, anew=False)
    with Path(counted).open("r+b") as file:
        number = mmap.mmap(file.fileno(), 8)
        for _ in range(times):
            locks.acquire(1)
            number[:] = (int.from_bytes(number[:]) + 1).to_bytes(8)
            locks.release(1)


def all_of(target: Any, *arguments: tuple[Any, ...]) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=target, args=given) for given in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)


def test_nothing_is_lost_when_two_count_and_a_killed_holder_is_followed_by_the_next(tmp_path: Path) -> None:
    path, counted = str(tmp_path / "locks"), str(tmp_path / "number")
    Path(path).write_bytes(b"\xff" * BYTES * 2)  # as a machine may leave it that was switched off
    Path(counted).write_bytes(bytes(8))
    locks = opened(path, anew=True)
    all_of(count_up, (path, counted, 20_000), (path, counted, 20_000))
    assert int.from_bytes(Path(counted).read_bytes()) == 40_000
    all_of(die_holding, (path,))
    locks.acquire(0)
    locks.release(0)
    locks.acquire(0)
    locks.release(0)


def test_locks_that_a_stopped_machine_left_taken_are_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "rates"
    first = RateFile(path)
    assert first.take(b"k", NARROW, 100.0).admitted
    first.close()
    with path.open("r+b") as file:
        file.seek(64)
        file.write(b"\xff" * (4_096 - 64))
    again, beside = RateFile(path), RateFile(path)
    admitted = [file.take(b"k", NARROW, 100.0).admitted for _ in range(10) for file in (again, beside)]
    assert sum(admitted) == 9
    again.close()
    beside.close()
