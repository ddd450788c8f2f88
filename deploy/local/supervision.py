"""The process manager, started and asked about what it keeps running."""

import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from deploy.local.child import end_with_parent
from deploy.local.errors import StackError
from deploy.local.layout import Stack
from deploy.local.private_files import private_folder
from deploy.local.records import SUPERVISOR, write_record
from deploy.local.supervision_file import GROUP, write_configuration


@dataclass(frozen=True)
class State:
    """What the supervisor knows of one process; `started` is in whole seconds of the system's clock."""

    name: str
    state: str
    pid: int
    started: int
    trouble: str
    group: str

    @property
    def running(self) -> bool:
        """It has stayed up for the two seconds that count as started, or is in them."""
        return self.state in ("RUNNING", "STARTING")

    @property
    def wanted(self) -> bool:
        """It is kept running, even if it just died."""
        return self.state not in ("STOPPED", "STOPPING", "FATAL", "UNKNOWN")


class Supervisor:
    """The running supervisord of one stack, asked over its unix socket."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._rpc = xmlrpc.client.ServerProxy(
            "http://localhost", transport=_UnixTransport(stack.control_socket)
        )

    def alive(self) -> bool:
        """Whether it answers and is not on its way out."""
        try:
            state: str = self._call("getState")["statename"]
        except StackError:
            return False
        return state == "RUNNING"

    def start(self, *, tied: bool) -> None:
        """Starts supervisord; `tied` to this process it ends, orderly, when this process does."""
        configuration = write_configuration(self.stack)
        if self.stack.control_socket.parent != self.stack.folder:
            private_folder(self.stack.control_socket.parent)
        _raise_file_limit()
        out = self.stack.folder / "logs" / "supervisord.out"
        settings = {"RUN_FOLDER": str(self.stack.folder), "PORT_BASE": str(self.stack.port_base)}
        tie = partial(end_with_parent, signal.SIGTERM) if tied else None
        with out.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.stack.root, start_new_session=True,
                env=os.environ | settings, preexec_fn=tie,
            )  # fmt: skip
        write_record(self.stack.folder, SUPERVISOR, process.pid)
        until = time.monotonic() + 10
        while not self.alive():
            if process.poll() is not None or time.monotonic() > until:
                raise StackError(
                    "the process manager did not start:\n" + out.read_text(errors="replace").strip()
                )
            time.sleep(0.05)

    def start_services(self) -> None:
        """Starts every process that is not running, without waiting for it."""
        self._call("startProcessGroup", GROUP, False)

    def restart(self, name: str) -> None:
        """Stops one process as it wants to be stopped, and starts it without waiting for it."""
        state = self.states()[name]
        if state.wanted:
            self._call("stopProcess", f"{state.group}:{name}", True)
        self._call("startProcess", f"{state.group}:{name}", False)

    def take_on(self, names: Collection[str]) -> None:
        """Starts processes that were not there when it started; all others run on."""
        alone = {state.name for state in self.states().values() if state.group == state.name}
        write_configuration(self.stack, joined=alone | set(names))
        self._call("reloadConfig")
        for name in names:
            self._call("addProcessGroup", name)
            self._call("startProcess", name, False)

    def shut_down(self) -> None:
        """Asks it to stop everything and itself; returns before that is done."""
        self._call("shutdown")

    def states(self) -> dict[str, State]:
        """All processes by name."""
        found = self._call("getAllProcessInfo")
        fields = ("name", "statename", "pid", "start", "spawnerr", "group")
        return {i["name"]: State(*(i[field] for field in fields)) for i in found}

    def _call(self, method: str, *arguments: Any) -> Any:
        try:
            remote: Callable[..., Any] = getattr(self._rpc.supervisor, method)
            return remote(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise StackError(f"the process manager does not answer: {error}") from error


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _UnixConnection(self._path)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(str(self._path))
        except OSError:
            self.close()
            raise


def _raise_file_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
