"""Serves nothing but open streams, with the gateway's own connection class and stream machinery.

One stream a person; `GET /tell` wakes them all and answers how many there are, as JSON.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import uvicorn

from gateway.edge.protocol import gateway_protocol
from gateway.settings import GatewaySettings
from gateway.streams.documents import EventStream
from gateway.streams.rules import Hub, Listener, frame
from shared.clock import SystemClock
from shared.metrics import Metrics
from shared.runtime import Runtime

ALERT = frame("alert", {"text": "demo " * 40}, 1)
_MOST = 20_000


class Crowd:
    """Pure ASGI: as the gateway serves streams, without the database that says who listens to what."""

    def __init__(self) -> None:
        self._hub, self._clock = Hub(places=_MOST), SystemClock()
        self._people: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """A stream for a new person, or the word to all of them."""
        if scope["path"] == "/tell":
            await self._tell(send)
            return
        person, ends = f"demo-{len(self._people)}", datetime.now(UTC) + timedelta(hours=1)
        self._people.append(person)
        listener = Listener(person, sid=None, language="id", last_id=0, ends_at=ends)
        await EventStream(self._hub, listener, self._clock, lost=False)(scope, receive, send)

    async def _tell(self, send: Any) -> None:
        told = 0
        for number, person in enumerate(self._people):
            for listener in self._hub.listeners(person):
                listener.give(1, ALERT)
                told += 1
            if number % 200 == 0:
                await asyncio.sleep(0)
        body = json.dumps({"told": told}).encode()
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _protocol() -> Any:
    settings = SimpleNamespace(
        head_seconds=GatewaySettings.model_fields["head_seconds"].default,
        body_seconds=GatewaySettings.model_fields["body_seconds"].default,
    )
    return gateway_protocol(cast(Runtime, SimpleNamespace(settings=settings, metrics=Metrics(), texts=None)))


if __name__ == "__main__":
    given = {"log_level": "warning", "access_log": False, "lifespan": "off", "backlog": 4_096}
    made = uvicorn.Config(Crowd(), port=int(sys.argv[1]), http=_protocol(), loop="uvloop", **given)  # type: ignore[arg-type]
    uvicorn.Server(made).run()
