"""One process: the app on its port, the ops port beside it, one event loop, a clean end."""

import asyncio
import contextlib
import gc
import resource
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from shared.health import OpsApp
from shared.runtime import Runtime
from shared.settings import Settings

IDLE_SECONDS = 75  # longer than the gateway's pool keeps one (15 s), or requests race a closing socket
STOP_SECONDS = 5  # the process manager waits 6 s before it kills
Protocol = Callable[[Runtime], type[asyncio.Protocol]]


def serve(app: FastAPI, settings: Settings, package_folder: Path, http: Protocol | None = None) -> None:
    """Serves the app until SIGTERM or SIGINT; `http` reads the public port in place of uvicorn's class."""
    _raise_descriptor_limit()
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(app, settings, package_folder, http))


async def _serve(app: FastAPI, settings: Settings, package_folder: Path, http: Protocol | None) -> None:
    runtime: Runtime = app.state.runtime
    gc.collect()
    gc.freeze()  # what was built at start stays for ever; walking over it again and again cost 100 ms a time
    gc.set_threshold(20_000, 20, 10)  # a request makes thousands of objects that need no collector to go
    public = _Public(_config(app.state.front, lifespan="on", http=http(runtime) if http else "auto"), runtime)
    ops = _Beside(_config(OpsApp(app.state.runtime, package_folder), lifespan="off"))
    ops_socket = listen(settings.host, settings.ops_port)
    beside = asyncio.create_task(ops.serve(sockets=[ops_socket]))
    try:
        await public.serve(sockets=[listen(settings.host, settings.port)])
    finally:
        ops.should_exit = True
        await beside


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that several workers may share (SO_REUSEPORT)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY on nothing but a stated IPPROTO_TCP; without it every answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise SystemExit(
            f"port {port} on {host} is taken ({error.strerror}); set PORT or PORT_BASE"
        ) from error
    return listener


class _Public(uvicorn.Server):
    """Tells the app of its end before it waits for open connections; the lifespan hears of it only after."""

    def __init__(self, config: uvicorn.Config, runtime: Runtime) -> None:
        super().__init__(config)
        self._runtime = runtime

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._runtime.begin_stop()
        await super().shutdown(sockets)


class _Beside(uvicorn.Server):
    """A second server in the process: the first one alone listens to signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: object, lifespan: str, http: type[asyncio.Protocol] | str = "auto") -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        lifespan=lifespan,  # type: ignore[arg-type]
        http=http,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        backlog=2_048,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        h11_max_incomplete_event_size=65_536,
    )


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    return uvicorn.Config("", loop="auto").get_loop_factory()


def _raise_descriptor_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
