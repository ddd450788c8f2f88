"""Sending events again from the outboxes: what a broker lost of the last 7 days comes back by itself."""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.local.environment import read_environment
from deploy.local.errors import StackError
from deploy.local.layout import Stack
from deploy.local.progress import Progress
from shared.clock import SystemClock
from shared.events import relay

_SPAN = re.compile(r"(\d{1,6})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
_PATIENCE_SECONDS = 30


def replay(stack: Stack, since: str) -> int:
    """Marks what was sent since then as not sent and waits until the relays have sent it; 1 if they do not.

    Subscribers know what they have had (inbox), so a repeat changes nothing.
    """
    stack, progress = stack.as_started(), Progress()
    offset = float(read_environment(stack.folder, "gateway").get("CITY_TIME_OFFSET") or 0)
    moment = parse(since, SystemClock(offset).now())
    progress.note(f"again what was sent since {moment.isoformat(timespec='seconds')}")
    names = list(dict.fromkeys(p.service.short for p in stack.processes()))
    return 0 if asyncio.run(_each(stack.folder, names, moment, progress)) else 1


def wait_until_sent(folder: Path, names: Sequence[str], progress: Progress) -> bool:
    """Waits while the relays of these services send what their outboxes hold; False if one stands still."""
    return asyncio.run(_each(folder, names, None, progress))


def parse(text: str, now: datetime) -> datetime:
    """`2d`, `12h`, `30m` before now, or a moment with its offset (ISO 8601); StackError for anything else."""
    span = _SPAN.fullmatch(text)
    if span:
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
    raise StackError(f"SINCE is 2d, 12h, 30m or 2026-11-23T10:00+07:00; it is {text!r}")


async def _each(folder: Path, names: Sequence[str], since: datetime | None, progress: Progress) -> bool:
    whole = True
    for name in names:
        url = make_url(read_environment(folder, name)["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
        engine = create_async_engine(url, hide_parameters=True)
        try:
            with progress.step(name) as say:
                whole = await _one(engine, since, say) and whole
        except OSError as error:
            raise StackError(f"the database of {name} does not answer; is the stack up? make up") from error
        finally:
            await engine.dispose()
    return whole


async def _one(engine: AsyncEngine, since: datetime | None, say: Callable[[str], None]) -> bool:
    if since is not None:
        async with engine.begin() as connection:
            await relay.replay(connection, since)
    first = left = await _waiting(engine)
    until = time.monotonic() + _PATIENCE_SECONDS
    while left and time.monotonic() < until:
        say(f"{left:,} of {first:,} events to send")
        await asyncio.sleep(0.2)
        before, left = left, await _waiting(engine)
        if left < before:
            until = time.monotonic() + _PATIENCE_SECONDS
    sent = f"{first - left:,} events sent" if first else "nothing waits"
    say(f"{sent}, {left:,} STILL WAIT: they go by themselves when the broker is there" if left else sent)
    return not left


async def _waiting(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await relay.waiting(connection)
