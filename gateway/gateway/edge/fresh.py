"""Keeps the edge's memory fresh: documents of the services, front-end keys, ended sessions."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import aiohttp

from gateway.accounts.queries import revoked_sessions
from gateway.bodies import whole
from gateway.clients.queries import all_active
from gateway.documents import usecases
from gateway.documents.queries import in_force
from gateway.edge.catalogue import Catalogue
from gateway.edge.keys import ClientKeys
from gateway.edge.tokens import AccessTokens
from shared import log
from shared.contracts.gateway import ClientChangedV1, SessionRevokedV1
from shared.events.event import Envelope
from shared.events.fanout import Fanout
from shared.forever import forever
from shared.runtime import Runtime
from shared.settings import ServiceAddress

_log = log.get(__name__)
_DOCUMENT_SECONDS = 3
_DOCUMENT_BYTES = 8 * 1_048_576
_UNREAD = (aiohttp.ClientError, OSError, ValueError, RecursionError)
_REVOKED_RELOAD_SECONDS = 600
#: Longer than any access token lives: a session that ended earlier has no good token left.
_REVOKED_SINCE = timedelta(hours=2)


class Documents:
    """Asks each service for its document, and remembers the accepted ones over restarts.

    `silent` are those who did not answer in time, or not with a document, when they were asked last: twice,
    unless nobody listened.
    """

    def __init__(
        self, run: Runtime, catalogue: Catalogue, services: Sequence[ServiceAddress], seconds: float
    ) -> None:
        self._run, self._catalogue, self._services, self.seconds = run, catalogue, services, seconds
        self.begun = False
        self.silent: set[str] = set()
        self._unsaved: dict[str, tuple[str, Any, str | None]] = {}

    async def poll(self) -> None:
        """Asks all services once; whoever does not answer is left as he was."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_DOCUMENT_SECONDS)) as http:
            await asyncio.gather(*(self._ask(http, service) for service in self._services))
        if not self.begun:
            await self._restore()
        await self._save()

    async def _restore(self) -> None:
        """Whoever did not answer keeps the routes he had before: a service that is down is 503, not 404."""
        async with self._run.database.transaction() as session:
            rows = await in_force(session)
        known = {s.name for s in self._services}
        for row in rows:
            if row.service in known and row.service not in self._catalogue.etags:
                self._catalogue.offer(row.service, row.etag, row.document)
        self.begun = True

    async def _ask(self, http: aiohttp.ClientSession, service: ServiceAddress) -> None:
        known = self._catalogue.etags.get(service.name, "")
        try:
            told = await _read_at_last(http, service, known)
        except _UNREAD as error:
            _log.debug("document_not_read", service=service.name, error=type(error).__name__)
            self.silent.add(service.name)
            return
        self.silent.discard(service.name)
        if told is not None:
            etag, document = told
            if etag != known:
                self._unsaved[service.name] = (etag, document, self._catalogue.offer(service.name, *told))
            if not isinstance(document, dict) or "paths" not in document:
                self.silent.add(service.name)

    async def _save(self) -> None:
        """Writes what is new; while the database is away it is written at a later poll."""
        for service, (etag, document, reason) in list(self._unsaved.items()):
            now = self._run.clock.now()
            async with self._run.database.transaction() as session:
                if reason is None:
                    await usecases.accept(session, service=service, etag=etag, document=document, now=now)
                else:
                    await usecases.refuse(session, service=service, etag=etag, reason=reason, now=now)
            del self._unsaved[service]


async def _read_at_last(
    http: aiohttp.ClientSession, service: ServiceAddress, known: str
) -> tuple[str, Any] | None:
    """`_read`, once more after a failure: one slow answer says nothing of a service. A closed door does."""
    try:
        return await _read(http, service, known)
    except aiohttp.ClientConnectorError:
        raise
    except _UNREAD:
        return await _read(http, service, known)


async def _read(http: aiohttp.ClientSession, service: ServiceAddress, known: str) -> tuple[str, Any] | None:
    """ETag and document; None if it is still the known one. ValueError if this is no document."""
    url = f"{service.url.rstrip('/')}/openapi.json"
    async with http.get(url, headers={"If-None-Match": known}, allow_redirects=False) as answer:
        if answer.status == 304 and known:
            return None
        if answer.status != 200:
            raise ValueError(answer.status)
        body = await whole(answer, _DOCUMENT_BYTES)
    return answer.headers.get("ETag") or hashlib.sha256(body).hexdigest(), json.loads(body)


class Memory:
    """Front-end keys and ended sessions: read at start and on a gap, then kept by events."""

    def __init__(self, run: Runtime, keys: ClientKeys, tokens: AccessTokens) -> None:
        self._run, self._keys, self.tokens = run, keys, tokens
        self.loaded = False

    async def reload(self) -> None:
        """Everything anew from the database."""
        await self._reload_keys()
        await self._reload_revoked()
        self.loaded = True

    async def hear(self, event: Envelope) -> None:
        """One event of the gateway itself."""
        if event.name == ClientChangedV1.name:
            await self._reload_keys()
        elif event.name == SessionRevokedV1.name:
            self.tokens.revoke(SessionRevokedV1.model_validate(event.data).sid)

    async def _reload_keys(self) -> None:
        async with self._run.database.transaction() as session:
            self._keys.load(await all_active(session))

    async def _reload_revoked(self) -> None:
        before = self.tokens.revoked
        since = self._run.clock.now() - _REVOKED_SINCE
        async with self._run.database.transaction() as session:
            ended = await revoked_sessions(session, since)
        self.tokens.revoked = ended | (self.tokens.revoked - before)  # what was heard meanwhile stays

    async def forget_ended(self) -> None:
        """Once in a while: sessions that ended long ago need no remembering."""
        await asyncio.sleep(_REVOKED_RELOAD_SECONDS)
        await self._reload_revoked()


async def keep_fresh(run: Runtime) -> None:
    """For ever, in the background of each worker."""
    documents: Documents = run.part(Documents)
    memory: Memory = run.part(Memory)
    fanout = Fanout(run.bus, "gateway.>", memory.hear, memory.reload)
    run.spawn(fanout.run(), "edge-memory")
    run.spawn(forever("revocations", memory.forget_ended), "edge-revocations")
    await forever("documents", documents.poll, documents.seconds)
