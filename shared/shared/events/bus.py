"""The connection to NATS: made in the background, kept for ever, honest about being away."""

import asyncio
import contextlib
from collections.abc import Iterable

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError, ServiceUnavailableError

from shared import log
from shared.clock import stopwatch
from shared.forever import end

_log = log.get(__name__)
DEAD = "DEAD"
DEGRADED_AFTER_SECONDS = 10
_DAY = 86_400
_MESSAGE_LIMIT = 256 * 1_024


class Bus:
    """One NATS connection a process. `connected` is set while the broker answers."""

    def __init__(self, url: str, name: str, *, replicas: int = 1, max_bytes: int = 1_024**3) -> None:
        self._url, self._name = url, name
        self._replicas, self._max_bytes = replicas, max_bytes
        self._client: Client | None = None
        self._down_since: float | None = stopwatch()
        self._up_since = stopwatch()
        self._task: asyncio.Task[None] | None = None
        self.streams = {stream_of(name), DEAD}
        """Made at every (re)connect if they are missing: this process publishes into them, or listens."""
        self.refused: list[str] = []
        """What the broker said of streams it would not make or change."""
        self.connected = asyncio.Event()
        self.gone = asyncio.Event()
        """Set once this connection is lost, and whoever subscribed must do it again; the next has its own."""

    @property
    def client(self) -> Client:
        """The connection; ConnectionError while there has never been one."""
        if self._client is None:
            raise ConnectionError("not connected to NATS yet")
        return self._client

    @property
    def jetstream(self) -> JetStreamContext:
        """JetStream over this connection, with 5 s to answer."""
        return self.client.jetstream(timeout=5)

    @property
    def down_seconds(self) -> float:
        """How long the broker has been away; 0 while connected."""
        return 0.0 if self._down_since is None else stopwatch() - self._down_since

    @property
    def up_seconds(self) -> float:
        """How long the broker has been there without a break; 0 while it is away."""
        return stopwatch() - self._up_since if self.connected.is_set() else 0.0

    @property
    def degraded(self) -> bool:
        """Away long enough to say so in health and metrics."""
        return self.down_seconds > DEGRADED_AFTER_SECONDS

    def start(self) -> None:
        """Begins to connect; returns at once."""
        self._task = asyncio.create_task(self._connect(), name="bus")

    async def close(self) -> None:
        """Sends what is buffered and leaves."""
        if self._task is not None:
            await end([self._task])
        if self._client is not None and not self._client.is_closed:
            with contextlib.suppress(OSError, NatsError):  # it may be away just now: nothing is left to send
                await self._client.close()

    async def publish(self, subject: str, payload: bytes) -> None:
        """Core NATS, at most once: for wake-ups whose loss a poll repairs; nothing without broker."""
        if self._client is not None and self._client.is_connected:
            await self._client.publish(subject, payload)

    async def ensure(self) -> None:
        """Makes the streams that are missing; what the broker refuses is told to ops and stops no other."""
        self.refused = await ensure_streams(self.jetstream, self.streams, self._replicas, self._max_bytes)

    async def _connect(self) -> None:
        while True:
            try:
                self._client = await nats.connect(
                    self._url,
                    name=self._name,
                    allow_reconnect=True,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.5,
                    connect_timeout=2,
                    ping_interval=15,
                    max_outstanding_pings=2,
                    error_cb=_logged,
                    disconnected_cb=self._lost,
                    reconnected_cb=self._found,
                )
                await self._found()
                return
            except (OSError, NatsError, TimeoutError) as error:
                _log.warning("broker_unreachable", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _lost(self) -> None:
        self.connected.clear()
        self.gone.set()
        if self._down_since is None:
            self._down_since = stopwatch()
            _log.warning("broker_lost")

    async def _found(self) -> None:
        """After each (re)connect: the streams first, so that nobody publishes into nothing."""
        while True:
            try:
                await self.ensure()
                break
            except (NatsError, TimeoutError) as error:  # JetStream itself may still be starting
                _log.warning("streams_not_ready", error=str(error))
                await asyncio.sleep(1)
        self._down_since, self._up_since = None, stopwatch()
        self.gone = asyncio.Event()
        self.connected.set()
        _log.info("broker_connected")


def stream_of(service: str) -> str:
    """`LAKSA` of svc-laksa: every publisher has a stream of its own."""
    return service.removeprefix("svc-").upper()


async def ensure_streams(
    jetstream: JetStreamContext, names: Iterable[str], replicas: int, max_bytes: int
) -> list[str]:
    """Creates missing streams, gives the others today's size; answers what the broker refused, and why.

    Transport, not archive: 30 days.
    """
    refused = []
    for name in sorted(names):
        try:
            await _ensure_stream(jetstream, name, replicas, max_bytes)
        except ServiceUnavailableError:
            raise  # JetStream is still starting
        except APIError as error:
            refused.append(f"stream {name}: {error.description}")
            _log.error("stream_refused", stream=name, error=error.description)
    return refused


async def _ensure_stream(jetstream: JetStreamContext, name: str, replicas: int, max_bytes: int) -> None:
    try:
        config = (await jetstream.stream_info(name)).config
    except NotFoundError:
        await jetstream.add_stream(_config(name, replicas, max_bytes))
        return
    if config.max_bytes != max_bytes:
        await jetstream.update_stream(config.evolve(max_bytes=max_bytes))


def _config(name: str, replicas: int, max_bytes: int) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=[f"{name.lower()}.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=30 * _DAY,
        max_bytes=max_bytes,
        max_msg_size=_MESSAGE_LIMIT,
        duplicate_window=600,
        num_replicas=replicas,
    )


async def _logged(error: Exception) -> None:
    if not isinstance(error, OSError):  # a refused connection twice a second says no more than `broker_lost`
        _log.warning("broker_error", error=type(error).__name__)
