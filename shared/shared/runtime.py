"""What a running process holds, and what it does beside answering requests."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from shared import idempotency
from shared.auth import KeyFile
from shared.chain.sequencer import Sequencer
from shared.city.pack import City
from shared.city.texts import Texts
from shared.clock import Clock
from shared.crypto import FieldCipher
from shared.db import Database
from shared.events import inbox
from shared.events.bus import Bus
from shared.events.relay import Relay
from shared.forever import end, forever
from shared.metrics import Metrics
from shared.rekey import know_keys
from shared.settings import Settings
from shared.tables import FORGOTTEN_AT_ONCE
from shared.timers import Timers
from shared.tracing import Tracing

_HOUSEKEEPING_SECONDS = 60
_INBOXES_AT_WORK = 3
_KEYS_SECONDS = 3_600
_TRACES_SECONDS = 0.5


@dataclass(slots=True)
class Runtime:
    """One per app; handlers reach it as `request.app.state.runtime`, or by the annotation `Run`."""

    name: str
    package: str
    settings: Settings
    clock: Clock
    city: City
    texts: Texts
    database: Database
    bus: Bus
    relay: Relay
    sequencer: Sequencer
    cipher: FieldCipher
    keys: KeyFile
    metrics: Metrics
    tracing: Tracing
    timers: Timers = field(init=False)
    inbox_places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_INBOXES_AT_WORK))
    """However many subscriptions there are, requests keep most of the pool's connections."""
    needs_database: bool = True
    """Whether the main job ends with the database; the gateway goes on passing requests through."""
    parts: dict[type, Any] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    stopping: list[Callable[[], None]] = field(default_factory=list)
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    not_ready: list[Callable[[], list[str]]] = field(default_factory=list)
    degraded: list[Callable[[], list[str]]] = field(default_factory=list)

    def part(self, kind: type[Any]) -> Any:
        """What a service put beside the plumbing at start (its own pack, a media store), by its type."""
        return self.parts[kind]

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Runs something beside the requests until the process stops."""
        self.tasks.append(asyncio.create_task(work, name=name))

    def start(self) -> None:
        """Begins everything that runs beside the requests; waits for nothing."""
        self.bus.start()
        self.spawn(self.relay.run(), "relay")
        self.spawn(self.sequencer.run(), "sequencer")
        self.spawn(self.timers.run(), "timers")
        if self.tracing.collector is not None:
            self.spawn(forever("traces", self.tracing.collector.flush, _TRACES_SECONDS), "traces")
            self.closers.append(self.tracing.collector.close)
        self.spawn(forever("field_keys", self._know_keys), "field-keys")
        self.spawn(forever("housekeeping", self._housekeeping, _HOUSEKEEPING_SECONDS), "housekeeping")

    def begin_stop(self) -> None:
        """The process was told to stop, and will wait for open answers: those that never end must end now."""
        for tell in self.stopping:
            tell()

    async def stop(self) -> None:
        """Ends it all; whatever was not sent stays in the outbox."""
        await end(self.tasks)
        for close in self.closers:
            await close()
        await self.bus.close()
        await self.database.close()

    async def _know_keys(self) -> None:
        """As soon as the database answers, and then rarely: forever tries again at once after a failure."""
        await know_keys(self.database, self.cipher)
        await asyncio.sleep(_KEYS_SECONDS)

    async def forget(self, *kinds: "Forget") -> None:
        """Deletes finished things, a bounded batch a transaction, until one was not full.

        So tables stay bounded, however fast they grow.
        """
        for kind in kinds:
            gone = FORGOTTEN_AT_ONCE
            while gone >= FORGOTTEN_AT_ONCE:
                async with self.database.transaction() as session:
                    gone = await kind(session, self.clock.now())

    async def _housekeeping(self) -> None:
        await self.forget(idempotency.forget_old, inbox.forget_old)


Background = Callable[[Runtime], Coroutine[Any, Any, None]]
#: Deletes FORGOTTEN_AT_ONCE rows at most, and answers how many went.
Forget = Callable[[AsyncSession, datetime], Awaitable[int]]


async def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


Run = Annotated[Runtime, Depends(_runtime)]
