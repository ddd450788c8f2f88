"""What the gateway hands out and erases of one resident; account, phone and sessions go in `erasures`."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accesses import usecases as accesses
from gateway.accounts import usecases as accounts
from gateway.exports import usecases as exports
from gateway.links import usecases as links
from gateway.media.uploads import usecases as uploads
from gateway.people import usecases as people
from gateway.privacy import documents, queries
from gateway.privacy.documents import plain
from gateway.requests import usecases as requests
from gateway.streams import usecases as streams
from gateway.vault import Vault
from shared.auth import Caller
from shared.contracts.privacy import HeldPage
from shared.errors import NotFound
from shared.runtime import Runtime

_PAGE = 500
_FIRST = UUID(int=0)
_Page = Callable[[AsyncSession, Runtime, str, str], Awaitable[HeldPage]]


async def export(session: AsyncSession, run: Runtime, citizen_id: str, after: str | None) -> HeldPage:
    """Account and sessions, then the trail, uploads and requests by 500; `after` is `<kind>/<last one>`."""
    kind, _, last = (after or "account").partition("/")
    return await _PAGES[kind](session, run, citizen_id, last)


async def erase(session: AsyncSession, run: Runtime, citizen_id: str, now: datetime) -> Mapping[str, int]:
    """Everything but the proof that it was erased, and photos: of those nobody knows yet who needs them.

    They go after every service has finally answered (`erasures`), or when a service releases them.
    """
    person = Caller(kind="citizen", sub=citizen_id)
    await streams.in_order(session)
    return {
        "sessions": await accounts.forget_person(session, person, now),
        "requests": await requests.forget(session, citizen_id),
        "providers": await links.forget(session, citizen_id),
        "feed": await streams.forget(session, citizen_id),
        "exports": await exports.forget(session, citizen_id),
        "accesses": await accesses.forget(session, citizen_id),
        "uploads": await uploads.forget_owner(session, person.scope),
    }


async def _account(session: AsyncSession, run: Runtime, citizen_id: str, last: str) -> HeldPage:
    person = Caller(kind="citizen", sub=citizen_id)
    try:
        seen = await people.profile(session, person, run.part(Vault))
    except NotFound:
        return HeldPage()
    rows = await queries.sessions(session, UUID(citizen_id))
    times = ("client", "created_at", "last_seen_at", "expires_at", "revoked_at")
    account = {"id": citizen_id, "name": seen.name, "phone": seen.phone}
    held = {"account": [account], "sessions": [plain(row, *times) for row in rows]}
    return HeldPage(held=held, next="accesses")


async def _accesses(session: AsyncSession, run: Runtime, citizen_id: str, last: str) -> HeldPage:
    rows = await queries.accesses(session, citizen_id, UUID(last) if last else _FIRST, _PAGE)
    names = ("at", "what", "whom", "agency", "service", "purpose")
    following = f"accesses/{rows[-1].id}" if len(rows) == _PAGE else "media"
    return HeldPage(held={"accesses": [plain(row, *names) for row in rows]}, next=following)


async def _media(session: AsyncSession, run: Runtime, citizen_id: str, last: str) -> HeldPage:
    owner = Caller(kind="citizen", sub=citizen_id).scope
    rows = await queries.media(session, owner, UUID(last) if last else _FIRST, _PAGE)
    following = f"media/{rows[-1].id}" if len(rows) == _PAGE else "requests"
    return HeldPage(held={"media": documents.photos(rows, run.cipher)}, next=following)


async def _requests(session: AsyncSession, run: Runtime, citizen_id: str, last: str) -> HeldPage:
    kind, _, entity = last.partition("/")
    rows = await queries.requests(session, citizen_id, (kind, entity), _PAGE)
    names = ("kind", "number", "title", "state", "next_step", "due_at", "closed", "updated_at")
    following = f"requests/{rows[-1].kind}/{rows[-1].entity_id}" if len(rows) == _PAGE else "providers"
    return HeldPage(held={"requests": [plain(row, *names) for row in rows]}, next=following)


async def _providers(session: AsyncSession, run: Runtime, citizen_id: str, last: str) -> HeldPage:
    rows = await links.of_citizen(session, citizen_id)
    return HeldPage(held={"providers": [plain(row, "provider", "subject", "created_at") for row in rows]})


_PAGES: Mapping[str, _Page] = {
    "account": _account,
    "accesses": _accesses,
    "media": _media,
    "requests": _requests,
    "providers": _providers,
}
