"""A server run as a child of this process, outside the process manager: what tests use."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.local.errors import StackError


class Child:
    """One server process, writing to `log`; `name` is what people call it."""

    def __init__(self, name: str, log: Path) -> None:
        self._name = name
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: list[str], **how: Any) -> None:
        """Starts `command` in a session of its own, so that the terminal's Ctrl-C does not reach it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **how
            )

    def stop(self, polite: signal.Signals, seconds: float) -> None:
        """Sends `polite` and kills after `seconds`; nothing to do when it was never started."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(polite)
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
