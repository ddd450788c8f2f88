"""A resident lets a provider know her, or ends it; a provider says how far her request is."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.erasures import usecases as erasures
from gateway.links import queries
from gateway.links.models import ProviderDay, ProviderLink
from gateway.links.schemas import RequestStatusIn
from gateway.provided import usecases as provided
from gateway.provided.rules import agreed
from gateway.providers import usecases as providers
from gateway.providers.models import Provider
from gateway.providers.rules import publisher
from gateway.providers.usecases import Signed
from gateway.requests import usecases as requests
from gateway.streams import usecases as streams
from shared.auth import Caller
from shared.contracts.city import RequestUpdatedV1
from shared.errors import FieldError, NotFound, TooManyRequests, Unprocessable
from shared.runtime import Runtime
from shared.tables import FORGOTTEN_AT_ONCE

of_citizen, page = queries.of_citizen, queries.page
silent, known_at = queries.silent, queries.known_at
KEPT = timedelta(days=90)


class TooManyStatuses(TooManyRequests):
    code = "provider_statuses_used_up"


async def link(session: AsyncSession, person: Caller, code: str, *, now: datetime) -> tuple[str, str | None]:
    """Her name at this provider, the same whenever she asks, and where to tell it. 404.

    160 random bits: it follows from nothing, and leads nobody to her name at another provider.
    """
    provider = await queries.one(session, code, now)
    await streams.in_order(session)  # as whoever erases her: she may be leaving just now
    if provider is None or await erasures.erased_among(session, [person.person]):
        raise NotFound
    row = {"provider": code, "citizen_id": person.person, "created_at": now}
    new = insert(ProviderLink).values(subject=f"sub_{secrets.token_urlsafe(20)}", **row)
    await session.execute(new.on_conflict_do_nothing())
    hers = select(ProviderLink.subject).where(
        ProviderLink.provider == code, ProviderLink.citizen_id == person.person
    )
    subject = (await session.execute(hers)).scalar_one()
    opens = where(provider)
    return subject, opens and f"{opens.partition('#')[0]}#subject={subject}"


async def unlink(session: AsyncSession, person: Caller, code: str) -> None:
    """The provider knows her no longer, and what it told of her requests leaves her list. 404."""
    await streams.in_order(session)
    gone = delete(ProviderLink).where(ProviderLink.citizen_id == person.person, ProviderLink.provider == code)
    if await session.scalar(gone.returning(ProviderLink.subject)) is None:
        raise NotFound
    await requests.forget_from(session, person.person, publisher(code))


async def take_status(
    session: AsyncSession,
    run: Runtime,
    caller: Caller,
    number: str,
    sent: RequestStatusIn,
    signed: Signed,
    *,
    now: datetime,
) -> bool:
    """Into her list, and to her open streams; False if this or something newer was known.

    401 `signature_bad`; 404 for a subject nobody has, or has any more; 409 `request_of_another`; 422 for a
    kind it has not declared, or a link to another host; 429 when a day's statuses are used up. Sent twice it
    has one effect.
    """
    provider = await providers.speaking(session, caller, "requests", now=now)
    providers.refuse_unsigned(provider, run, signed, now=now)
    provided.refuse_foreign(provider, {"link": sent.link})
    kinds = provided.declared(await provided.of(session, provider), "request_kinds")
    _refuse_other(sent, number, kinds)
    said = await _said(session, provider, sent, kinds)
    name = publisher(provider.code)
    taken = await requests.take_status(session, name, said, number, sent.version, now=now)
    if taken:
        await _count(session, run, provider, now)
    return taken


async def said_today(session: AsyncSession, run: Runtime, provider: Provider, *, now: datetime) -> int:
    """How many statuses of it had an effect on this day of the city."""
    day = await session.get(ProviderDay, (provider.code, _day(run, now)))
    return day.statuses if day is not None else 0


async def providers_for(
    session: AsyncSession, person: Caller, after: str | None, limit: int, *, now: datetime
) -> Sequence[Row[Any]]:
    """Those that can tell her of her requests, and those that know her, by code."""
    return await queries.page(session, person.person, now, after, limit)


def where(provider: Row[Any]) -> str | None:
    """Where she tells it that she is known; None if it says nothing of that, or leads to no agreed host."""
    link: str | None = provider.link
    return link if link and agreed(link, provider.hosts) else None


async def forget(session: AsyncSession, citizen_id: str) -> int:
    """Ends all links of somebody who erased her account; answers how many. After `streams.in_order`."""
    gone = delete(ProviderLink).where(ProviderLink.citizen_id == citizen_id).returning(ProviderLink.subject)
    return len((await session.execute(gone)).all())


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes counts older than 90 days, a bounded batch; answers how many."""
    old = select(ProviderDay.provider, ProviderDay.day).where(ProviderDay.day < (now - KEPT).date())
    keys = (await session.execute(old.limit(FORGOTTEN_AT_ONCE))).all()
    for code, day in keys:
        await session.execute(delete(ProviderDay).where(ProviderDay.provider == code, ProviderDay.day == day))
    return len(keys)


def _refuse_other(sent: RequestStatusIn, number: str, kinds: dict[str, Any]) -> None:
    """The path is not signed, so what it says must be said in the body."""
    wrong = [FieldError("number", "differs")] if sent.number != number else []
    if sent.kind not in kinds:
        wrong.append(FieldError("kind", "unknown"))
    if wrong:
        raise Unprocessable(errors=wrong)


async def _said(
    session: AsyncSession, provider: Provider, sent: RequestStatusIn, kinds: dict[str, Any]
) -> RequestUpdatedV1:
    """As a service would say it. 404 for a subject nobody has; in turn with whoever ends a link."""
    await streams.in_order(session)
    citizen_id = await queries.of_subject(session, provider.code, sent.subject)
    if citizen_id is None:
        raise NotFound
    texts = {
        "title": sent.title.model_dump() if sent.title is not None else kinds[sent.kind],
        "state_label": sent.state_label.model_dump(),
        "next_step": sent.next_step.model_dump(),
    }
    return RequestUpdatedV1(
        citizen_id=citizen_id,
        kind=f"{publisher(provider.code)}_{sent.kind}",
        number=sent.number,
        state=sent.state,
        due_at=sent.due_at,
        link=sent.link,
        closed=sent.closed,
        **{name: {lang: text[lang] or text["id"] for lang in ("id", "en")} for name, text in texts.items()},
    )


async def _count(session: AsyncSession, run: Runtime, provider: Provider, now: datetime) -> None:
    """429, and nothing was kept, beyond what was agreed for a day."""
    day = _day(run, now)
    new = insert(ProviderDay).values(provider=provider.code, day=day, statuses=1)
    more = new.on_conflict_do_update(
        index_elements=["provider", "day"], set_={"statuses": ProviderDay.statuses + 1}
    ).returning(ProviderDay.statuses)
    if (await session.execute(more)).scalar_one() > provider.statuses_per_day:
        midnight = datetime.combine(day + timedelta(days=1), time(), run.city.zone)
        wait = str(int((midnight - now).total_seconds()) + 1)
        raise TooManyStatuses(headers={"Retry-After": wait}, limit=provider.statuses_per_day)


def _day(run: Runtime, now: datetime) -> date:
    return now.astimezone(run.city.zone).date()
