"""One whole stack for the tests of the stack, on ports of its own."""

import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.layout import Stack, stack_from
from deploy.local.ports import ports_of

ROOT = Path(__file__).resolve().parents[2]


def free_stack(folder: Path) -> Stack:
    """A stack in `folder` on a hundred ports nobody uses, below the ports the kernel hands out."""
    for hundred in random.sample(range(215, 320), 105):
        settings = {"PORT_BASE": str(hundred * 100), "RUN_FOLDER": str(folder)}
        stack = stack_from(settings, ROOT)
        if all(_free(port) for port in ports_of(stack)):
            return stack
    raise AssertionError("no free hundred of ports from 21500 to 31999")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def environment_of(stack: Stack) -> dict[str, str]:
    """What a caller sets to work on `stack` and no other."""
    kept = {
        n: v for n, v in os.environ.items() if not n.startswith(("DATABASE_", "NATS_URL", "CITY", "ONLY"))
    }
    own = {"PORT_BASE": str(stack.port_base), "RUN_FOLDER": str(stack.folder), "ONLY": stack.only}
    return kept | own


def command(*words: str) -> list[str]:
    """A command of the stack, as the Makefile gives it."""
    return [sys.executable, "-m", "deploy.local", *words]


def call(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of the stack to its end."""
    return subprocess.run(
        command(*words), cwd=ROOT, env=environment_of(stack), capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="session")
def _stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    started = replace(free_stack(tmp_path_factory.mktemp("stack") / "run"), only="laksa")
    yield started
    call(started, "reset")


@pytest.fixture(scope="module")
def stack(_stack: Stack) -> Stack:
    """Gateway and LAKSA, started in the background and ready; kept for the files that come after."""
    return ready(_stack)


def ready(stack: Stack) -> Stack:
    """The stack, up: whoever was here before may have stopped it."""
    done = call(stack, "up")
    assert done.returncode == 0, done.stdout + done.stderr
    return stack
