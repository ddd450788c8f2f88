"""What a provider declares and shows, and what is noted when it was asked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from gateway.declarations.usecases import Declarations
from gateway.fetching.client import Fetched, Fetcher, FetchFailed
from gateway.fetching.rules import Refused, destination, leads_to
from gateway.menus.usecases import Menus
from gateway.provided import queries, rules
from gateway.provided.models import Provided
from gateway.provided.queries import Claimed
from gateway.provided.schemas import ContentIn, DeclarationIn
from gateway.providers import usecases as providers
from gateway.providers.models import Provider
from gateway.providers.rules import Scope
from gateway.settings import GatewaySettings
from shared.auth import Caller
from shared.errors import Conflict, FieldError, Unprocessable
from shared.runtime import Runtime

claim = queries.claim
_LOCK = 0xDEC1A
#: What a question brought: ETag and items (None: as before), or why nothing.
Found = tuple[str | None, list[dict[str, Any]] | None] | FetchFailed


class MenuTaken(Conflict):
    code = "menu_taken"


class SectionTaken(Conflict):
    code = "section_taken"


class HomeNotPushed(Conflict):
    code = "home_not_pushed"


def equip(run: Runtime, settings: GatewaySettings) -> None:
    """How providers are asked: `run.part(Fetcher)`."""
    run.parts[Fetcher] = Fetcher(settings.providers_local)


async def declare(
    session: AsyncSession, run: Runtime, caller: Caller, sent: DeclarationIn, *, now: datetime
) -> Provided:
    """Takes everything it offers in place of what it offered before; a new address is asked at once.

    403 without a scope; 409 `menu_taken`, `section_taken`: a service of ours has it, or another provider.
    """
    wanted = _scopes(sent)
    provider = await providers.speaking(session, caller, *wanted, now=now, lock=True)
    _refuse_address(run.part(Fetcher), provider, sent)
    links = {f"menus.{n}.link": menu.link for n, menu in enumerate(sent.menus)}
    refuse_foreign(provider, {**links, "link": sent.link})
    await session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})  # names are taken in turn
    others = await queries.declared_by_others(session, provider.code, now)
    _refuse_taken(run.part(Declarations), run.part(Menus), others, sent)
    _refuse_nameless(run.part(Menus), sent)
    row = await session.get(Provided, provider.code)
    if row is None:
        row = Provided(provider=provider.code, items=[], failures=0)
        session.add(row)
    _take(row, sent, now)
    await providers.tell(session, provider, now=now)
    return row


async def push(session: AsyncSession, caller: Caller, sent: ContentIn, *, now: datetime) -> Provided:
    """The content of its section from now on. 409 `home_not_pushed` if it declares none, or an address.

    Workers are told of what is seen to be different: whoever only says that all is as before costs nobody
    what is kept.
    """
    provider = await providers.speaking(session, caller, "home", now=now, lock=True)
    row = await session.get(Provided, provider.code)
    if row is None or row.declaration.get("home") is None or row.url is not None:
        raise HomeNotPushed
    refuse_foreign(provider, {f"items.{n}.link": item.link for n, item in enumerate(sent.items)})
    before = row.standing(now)
    row.items, row.as_of = _items(sent), now
    if before != row.standing(now):
        await providers.tell(session, provider, now=now)
    return row


async def of(session: AsyncSession, provider: Provider) -> Provided | None:
    """What it declared, if it has."""
    return await session.get(Provided, provider.code)


def declared(row: Provided | None, part: str) -> dict[str, Any]:
    """What it declares under `documents` or `request_kinds`, by kind."""
    kinds: dict[str, Any] = row.declaration.get(part, {}) if row is not None else {}
    return kinds


def refuse_foreign(provider: Provider, links: Mapping[str, str | None]) -> None:
    """422 `provider_host` for each link, by its field, that leads to a host nobody agreed on."""
    foreign = [name for name, said in links.items() if said and not rules.agreed(said, provider.hosts)]
    if foreign:
        raise Unprocessable(errors=[_foreign(provider, name) for name in foreign])


def refuse_unagreed(fetcher: Fetcher, claimed: Claimed) -> None:
    """FetchFailed `foreign_host` for an address that was agreed when it was declared, and is not now."""
    wanted = URL(claimed.url or claimed.health or "")
    if not leads_to(wanted, claimed.hosts, local=fetcher.local):
        raise FetchFailed("foreign_host")


def read(fetched: Fetched, hosts: Sequence[str]) -> list[dict[str, Any]]:
    """The items of a document that was fetched. FetchFailed `wrong_shape`, `foreign_host`."""
    try:
        found = ContentIn.model_validate_json(fetched.body)
    except ValueError as error:
        raise FetchFailed("wrong_shape") from error
    if not all(rules.agreed(item.link, hosts) for item in found.items if item.link is not None):
        raise FetchFailed("foreign_host")
    return _items(found)


async def keep(
    session: AsyncSession,
    claimed: Claimed,
    found: Found,
    luck: float,
    *,
    now: datetime,
) -> str:
    """Notes what came of a question; the outcome in a word.

    Workers are told when what is shown, or whether it is down, is different. What was asked of another
    address than it has now is dropped.
    """
    provider = await providers.read_locked(session, claimed.provider)
    row = await session.get(Provided, claimed.provider, populate_existing=True)
    if provider is None or row is None or (row.url, row.health) != (claimed.url, claimed.health):
        return "dropped"
    before = row.standing(now)
    _note(row, found, now)
    row.next_poll_at = now + rules.pause(row.failures, luck)
    if before != row.standing(now):
        await providers.tell(session, provider, now=now)
    return row.last_error or "read"


def _note(row: Provided, found: Found, now: datetime) -> None:
    row.polled_at = now
    if isinstance(found, FetchFailed):
        row.failures, row.last_error = row.failures + 1, found.code
        return
    row.failures, row.last_error = 0, None
    if row.url is not None:
        row.as_of = now
    if found[1] is not None:
        row.etag, row.items = found[0], found[1]


def _take(row: Provided, sent: DeclarationIn, now: datetime) -> None:
    url = sent.home.url if sent.home is not None else None
    before = row.declaration.get("home") if row.declaration else None
    after = sent.home.model_dump(mode="json") if sent.home is not None else None
    if before is None or after is None or before.get("section") != after["section"] or url != row.url:
        row.items, row.as_of, row.etag = [], None, None
    if (url, sent.health) != (row.url, row.health):
        row.last_error, row.failures = None, 0
    row.declaration, row.declared_at = sent.model_dump(mode="json"), now
    row.url, row.health = url, sent.health
    row.next_poll_at = _first_question(row, now) if url or sent.health else None


def _first_question(row: Provided, now: datetime) -> datetime:
    """At once, but for one that was asked just now: declaring again and again sends nobody our questions."""
    return now if row.polled_at is None else max(now, row.polled_at + rules.FIRST_RETRY)


def _items(sent: ContentIn) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = sent.model_dump(mode="json")["items"]
    return items


def _scopes(sent: DeclarationIn) -> list[Scope]:
    parts: tuple[tuple[Scope, object], ...] = (
        ("menus", sent.menus),
        ("home", sent.home),
        ("search", sent.documents),
        ("requests", sent.request_kinds),
    )
    return [scope for scope, said in parts if said]


def _refuse_address(fetcher: Fetcher, provider: Provider, sent: DeclarationIn) -> None:
    """422 for an address that is never asked, and for a menu named twice."""
    wrong, names = [], [menu.menu for menu in sent.menus]
    if len(set(names)) < len(names):
        wrong.append(FieldError("menus", "duplicate"))
    url = sent.home.url if sent.home is not None else None
    if url is not None and sent.health is not None:
        wrong.append(FieldError("health", "provider_health_twice"))
    for field, said in (("home.url", url), ("health", sent.health)):
        try:
            if said and not leads_to(
                destination(said, local=fetcher.local), provider.hosts, local=fetcher.local
            ):
                wrong.append(_foreign(provider, field))
        except Refused:
            wrong.append(FieldError(field, "provider_address"))
    if wrong:
        raise Unprocessable(errors=wrong)


def _foreign(provider: Provider, field: str) -> FieldError:
    return FieldError(field, "provider_host", {"hosts": ", ".join(provider.hosts) or "-"})


def _refuse_nameless(listed: Menus, sent: DeclarationIn) -> None:
    """422 for a menu that nobody would ever see: not of the city's list, and without a title of its own."""
    wrong = [
        FieldError(f"menus.{n}.title", "missing")
        for n, menu in enumerate(sent.menus)
        if menu.title is None and listed.name(menu.menu, "id") is None
    ]
    if wrong:
        raise Unprocessable(errors=wrong)


def _refuse_taken(
    ours: Declarations, listed: Menus, others: Iterable[dict[str, Any]], sent: DeclarationIn
) -> None:
    menus = listed.ours | {offer.menu for offer in ours.menus().values() if offer.owner in ours.ours}
    sections = {section.name for section in ours.sections() if section.owner in ours.ours}
    for other in others:
        menus |= {menu["menu"] for menu in other.get("menus", ())}
        sections |= {other["home"]["section"]} if other.get("home") else set()
    for menu in sent.menus:
        if menu.menu in menus:
            raise MenuTaken(menu=menu.menu)
    if sent.home is not None and sent.home.section in sections:
        raise SectionTaken(section=sent.home.section)
