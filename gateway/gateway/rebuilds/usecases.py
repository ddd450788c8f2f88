"""Making a read model anew: every owner's snapshot is merged into it, page by page, the higher version wins.

Safe to repeat, to break off and to run while serving: a row is removed only if it was held before its owner
was asked, and its owner's answer reaches past it without it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.edge.identity import Identities
from gateway.providers.rules import publisher
from gateway.rebuilds import queries
from gateway.rebuilds.rules import Held, ahead, gone, known_until
from gateway.requests import queries as requests_held
from gateway.requests import usecases as requests
from gateway.search import queries as documents_held
from gateway.search import usecases as documents
from gateway.services.client import NoAnswer, Services
from gateway.settings import GatewaySettings
from shared.auth import Signer
from shared.clock import Clock, SystemClock, stopwatch
from shared.contracts.snapshots import SnapshotItem, SnapshotPage
from shared.db import Database

PAGE = 500
_TELL_EVERY = 20  # pages
_TRIES = 5
_PAUSE_SECONDS = 1.0
_PAGE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class ReadModel:
    """What is kept of the services' word: `kinds` of rows that are one service's, `held` a page of them."""

    kinds: Callable[[AsyncSession, str], Awaitable[Sequence[str]]]
    held: Callable[[AsyncSession, Sequence[str], str, int], Awaitable[Sequence[tuple[str, str, int]]]]
    take: Callable[[AsyncSession, str, Sequence[SnapshotItem]], Awaitable[int]]
    drop: Callable[[AsyncSession, Sequence[tuple[str, str, int]]], Awaitable[int]]
    of_providers: bool = False
    """Whether providers, too, own some of it."""


#: By the kind of snapshot each is made of. Seals are none: a service must not supply its own witness.
MODELS = {
    "requests": ReadModel(
        requests_held.kinds_of, requests_held.after, requests.take_snapshots, requests.drop
    ),
    "documents": ReadModel(
        documents_held.kinds_of,
        documents_held.after,
        documents.take_snapshots,
        documents.drop,
        of_providers=True,
    ),
}


@dataclass(slots=True)
class Count:
    """What one owner's snapshot came to; `ahead`: rows newer than their owner says."""

    read: int = 0
    written: int = 0
    removed: int = 0
    ahead: int = 0

    def __str__(self) -> str:
        told = f"{self.read:,} read, {self.written:,} written, {self.removed:,} removed"
        return told + (f", {self.ahead:,} NEWER HERE than at their owner: kept" if self.ahead else "")


async def rebuild(
    settings: GatewaySettings, names: Sequence[str], say: Callable[[str], None], clock: Clock | None = None
) -> bool:
    """Makes these read models anew from all services; False if one of them did not answer."""
    database = Database(settings.database_url.get_secret_value(), "gateway", pool=1, overflow=0)
    clock = clock or SystemClock(settings.city_time_offset)
    services = Services(settings.services, Identities(Signer(settings.identity_key), clock))
    whole = True
    try:
        for name in names:
            for service in services.names:
                async with services.talk(service, _PAGE_SECONDS) as owner:
                    whole = await _Work(database, owner, name, say).tried() and whole
            for provider in await _providers(database) if MODELS[name].of_providers else ():
                whole = await _Work(database, provider, name, say).tried() and whole
    finally:
        await database.close()
    return whole


class _Owner(Protocol):
    """Whose word counts: a service, or a provider by what the gateway keeps of it."""

    name: str
    publisher: str

    async def page(self, kind: type[SnapshotPage], path: str, **query: str) -> SnapshotPage | None: ...


class _Provider:
    """A provider: what it published lies here already."""

    def __init__(self, database: Database, code: str) -> None:
        self._database, self._code = database, code
        self.name = self.publisher = publisher(code)

    async def page(self, kind: type[SnapshotPage], path: str, **query: str) -> SnapshotPage:
        """A page as a service would answer it."""
        limit = int(query["limit"])
        async with self._database.transaction() as session:
            items = await queries.documents(session, self._code, query.get("after", ""), limit)
        return kind(items=tuple(items), next=items[-1].id if len(items) == limit else None)


async def _providers(database: Database) -> list[_Provider]:
    async with database.transaction() as session:
        return [_Provider(database, code) for code in await queries.providers(session)]


class _Work:
    """One read model, as far as one owner goes."""

    def __init__(self, database: Database, owner: _Owner, name: str, say: Callable[[str], None]) -> None:
        self._database, self._owner, self._name = database, owner, name
        self._model, self._say = MODELS[name], say
        self._count = Count()

    async def tried(self) -> bool:
        """Says how it went; what was done before a failure stays done."""
        began, label = stopwatch(), f"{self._name:<10} {self._owner.name:<14}"
        try:
            offered = await self._all(label)
        except NoAnswer as error:
            why = f"{self._owner.name} gave no snapshot of {self._name} ({error.reason})"
            self._say(f"{label} NOT WHOLE: {why}; {self._count} so far. Run it again")
            return False
        told = f"{self._count} ({stopwatch() - began:.1f} s)" if offered else "owns none"
        self._say(f"{label} {told}")
        return True

    async def _all(self, label: str) -> bool:
        after: str | None = None
        pages = 0
        async with self._database.transaction() as session:
            kinds = await self._model.kinds(session, self._owner.publisher)
        while True:
            known, after = await self._page(kinds, after)
            pages += 1
            if after is None:
                return known
            if pages % _TELL_EVERY == 0:
                self._say(f"{label} {self._count} …")

    async def _page(self, kinds: Sequence[str], after: str | None) -> tuple[bool, str | None]:
        """(whether the owner has the kind, the id after which to go on or None at the end)."""
        async with self._database.transaction() as session:
            rows = await self._model.held(session, kinds, after or "", PAGE)
        page = await self._ask(after)
        if page is None:
            return False, None
        held = [Held(*row) for row in rows]
        until = known_until(held, len(held) == PAGE, page.next)
        items = [item for item in page.items if until is None or item.id <= until]
        owned = {item.id: item.version for item in items}
        async with self._database.transaction() as session:
            self._count.written += await self._taken(session, items)
            self._count.removed += await self._model.drop(session, gone(held, owned, until))
        self._count.read += len(items)
        self._count.ahead += ahead(held, owned)
        return True, until

    async def _taken(self, session: AsyncSession, items: Sequence[SnapshotItem]) -> int:
        try:
            return await self._model.take(session, self._owner.publisher, items)
        except ValueError as error:  # its words may hold what somebody wrote: the kind of failure is enough
            raise NoAnswer(self._owner.name, type(error).__name__) from error

    async def _ask(self, after: str | None) -> SnapshotPage | None:
        """The owner's next page, asked for up to five times; None if it owns nothing of the kind."""
        query = {"limit": str(PAGE)} | ({"after": after} if after else {})
        for left in reversed(range(_TRIES)):
            try:
                return await self._owner.page(SnapshotPage, f"/internal/snapshots/{self._name}", **query)
            except NoAnswer:
                if not left:
                    raise
            await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError("the last try answers or raises")
