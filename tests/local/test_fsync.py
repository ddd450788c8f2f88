"""What the broker acknowledges is on the disk: strace counts (reliability.md, row 3)."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nats
import pytest

from deploy.local.nats import Broker
from shared.events.bus import ensure_streams
from tests.local.conftest import free_stack

MESSAGES = 200


class Traced:
    """The broker of the stack, every fsync of it written down."""

    def __init__(self, folder: Path) -> None:
        self.broker = Broker(folder / "nats", free_stack(folder).port(42))
        self._log = folder / "trace"

    def start(self) -> None:
        self.broker.prepare()
        command = [
            "strace",
            "-f",
            "-e",
            "trace=fsync,fdatasync",
            "-o",
            str(self._log),
            *self.broker.command(),
        ]
        self._strace = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def synced(self) -> int:
        """How many fsync and fdatasync have returned 0 by now."""
        lines = self._log.read_text().splitlines()
        return sum("sync" in line and line.endswith("= 0") for line in lines)

    def stop(self) -> None:
        """Ends the server; strace ends with it."""
        children = Path(f"/proc/{self._strace.pid}/task/{self._strace.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGTERM)
        self._strace.wait(20)


def _may_trace() -> str | None:
    """Why not, or None."""
    if shutil.which("strace") is None:
        return "strace is not installed (apt-get install strace): fsyncs cannot be counted"
    tried = subprocess.run(["strace", "-e", "trace=fsync", "true"], capture_output=True, text=True)
    return f"strace may not trace here: {tried.stderr.strip()[:200]}" if tried.returncode else None


@pytest.fixture
def traced(tmp_path: Path) -> Iterator[Traced]:
    reason = _may_trace()
    if reason:
        pytest.skip(reason)
    made = Traced(tmp_path)
    made.start()
    yield made
    made.stop()


async def test_every_acknowledged_message_was_synced_first(traced: Traced) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(traced.broker.answers):
            await asyncio.sleep(0.1)
    assert _running_configuration(traced.broker.port + 1)["sync_always"] is True
    connection = await nats.connect(traced.broker.url())
    jetstream = connection.jetstream(timeout=30)
    await ensure_streams(jetstream, ["LAKSA"], 1, 1_048_576)
    began = traced.synced()
    for number in range(MESSAGES):
        await jetstream.publish("laksa.x.v1", b"x" * 300, headers={"Nats-Msg-Id": str(number)})
    one_by_one = traced.synced() - began
    sent = (jetstream.publish("laksa.x.v1", b"x", headers={"Nats-Msg-Id": f"c{n}"}) for n in range(MESSAGES))
    await asyncio.gather(*sent)
    at_once = traced.synced() - began - one_by_one
    await connection.close()
    print(f"\n{MESSAGES} acknowledged one by one: {one_by_one} fsyncs; {MESSAGES} at once: {at_once}")
    assert one_by_one >= MESSAGES
    assert at_once >= 1  # several messages may share one; this server syncs each


def _running_configuration(monitor: int) -> dict[str, Any]:
    """What the running server says of its JetStream."""
    with urllib.request.urlopen(f"http://127.0.0.1:{monitor}/jsz", timeout=5) as answer:
        found: dict[str, Any] = json.load(answer)["config"]
        return found
