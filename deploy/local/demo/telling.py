"""What every walk needs: the town it walks in, and lines and tables for the person who watches."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from deploy.local.actors import Actor

_LOOKS, _BETWEEN_LOOKS = 50, 0.2
Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Town:
    """A running stack: its front door, what .run/demo.json says, its folder, which services it has."""

    http: httpx.AsyncClient
    facts: dict[str, Any]
    folder: Path
    services: frozenset[str]

    @property
    def point(self) -> dict[str, float]:
        """Where the demonstration takes place: the `walk` of the city's demo-users.yaml."""
        found: dict[str, float] = self.facts["walk"]["point"]
        return found

    @property
    def today(self) -> str:
        """The day in the names and keys of what is written, so that a day has one of each."""
        return datetime.now(UTC).date().isoformat()

    def guest(self) -> Actor:
        """Somebody with a front end and no account."""
        return Actor(self.http, self.facts["api_keys"]["web"])

    async def resident(self) -> Actor:
        """The demo resident, signed in on a phone."""
        actor = Actor(self.http, self.facts["api_keys"]["android"])
        await actor.sign_in(self.facts["citizen"]["phone"], self.facts["citizen"]["otp"])
        return actor

    async def staff(self, role: str) -> Actor:
        """A demo member of staff, signed in; SystemExit where the city has nobody in that role."""
        if role not in self.facts["staff"]:
            raise SystemExit(f"demo: nobody in the role {role}; see demo-users.yaml of the city pack")
        actor = self.guest()
        await actor.sign_in_staff(self.facts["staff"][role])
        return actor


def say(line: str = "") -> None:
    """One line for the person who watches."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def table(*rows: Sequence[Any], head: Sequence[str]) -> None:
    """Columns as wide as their widest cell, whole numbers to the right, None as a dash."""
    cells = [[*map(_cell, row)] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    counts = [all(isinstance(row[n], int | None) for row in rows) for n in range(len(head))]
    cells.insert(1, ["-" * width for width in widths])
    for row in cells:
        fitted = [
            cell.rjust(width) if count else cell.ljust(width)
            for cell, width, count in zip(row, widths, counts, strict=True)
        ]
        say(f"  {'  '.join(fitted)}".rstrip())


def number(value: int) -> str:
    """As it is written here: 16.500."""
    return f"{value:,}".replace(",", ".")


def _cell(value: Any) -> str:
    if isinstance(value, int):
        return number(value)
    return "-" if value is None else str(value)


async def once(actor: Actor, path: str, body: Any, key: str) -> Any:
    """A write under a key of its own: the same key again gives the stored answer and no second effect."""
    return good(await actor.call("POST", path, body=body, key=key)).json()


def good(answer: httpx.Response) -> httpx.Response:
    """The answer; the demonstration ends with what the city said if it is a problem."""
    if answer.is_error:
        request = answer.request
        raise SystemExit(f"demo: {request.method} {request.url.path}: {answer.status_code} {answer.text}")
    return answer


async def soon(look: Callable[[], Awaitable[Seen]], right: Callable[[Seen], bool]) -> Seen:
    """What is seen once it is right, or after 10 s as it is: the public reads a change when told of it."""
    for _ in range(_LOOKS):
        if right(seen := await look()):
            break
        await asyncio.sleep(_BETWEEN_LOOKS)
    return seen


def expect(holds: bool, what: str) -> None:
    """Ends the demonstration if something promised is not so."""
    if not holds:
        raise SystemExit(f"demo: expected that {what}; it is not so")
