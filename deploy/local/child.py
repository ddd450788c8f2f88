"""A server run as a child of this process, outside the process manager: what tests use."""

import ctypes
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from deploy.local.errors import StackError


class Child:
    """One server process called `name`, writing to `log`; the signal `polite` asks it to stop."""

    def __init__(self, name: str, log: Path, polite: signal.Signals) -> None:
        self._name = name
        self._polite = polite
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: list[str], **how: Any) -> None:
        """Starts `command` out of reach of the terminal's Ctrl-C; if this process is killed it ends too."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=partial(end_with_parent, self._polite), **how,
            )  # fmt: skip

    def stop(self, seconds: float) -> None:
        """Asks it to stop and kills it after `seconds`; nothing to do when it was never started."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(self._polite)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait_until(self, answers: Callable[[], bool], seconds: float) -> None:
        """Waits until `answers()`; StackError with the log's end if it ends or `seconds` pass first."""
        until = time.monotonic() + seconds
        while not answers():
            ended = self._process is not None and self._process.poll() is not None
            if ended or time.monotonic() > until:
                lines = self._log.read_text(errors="replace").splitlines()[-8:] if self._log.exists() else []
                raise StackError("\n".join([f"{self._name} did not start", *lines]))
            time.sleep(0.03)


def end_with_parent(polite: signal.Signals) -> None:
    """Has the kernel send `polite` to this process when the one that started it ends (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, polite)
