"""A provider publishes and withdraws; all of it leaves the search while the provider may not speak."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.provided import usecases as provided
from gateway.providers import usecases as providers
from gateway.providers.models import Provider
from gateway.providers.rules import publisher
from gateway.publications import queries
from gateway.publications.models import ProviderDocument
from gateway.publications.schemas import DocumentIn
from gateway.search import usecases as search
from shared.auth import Caller
from shared.contracts.city import DocumentPublishedV1, TagsPurgedV1
from shared.contracts.snapshots import SnapshotItem
from shared.errors import Conflict, FieldError, NotFound, Unprocessable
from shared.events.outbox import emit
from shared.runtime import Runtime
from shared.tables import FORGOTTEN_AT_ONCE

out_of_step = queries.out_of_step
KEPT = timedelta(days=30)


MOST_KEPT = 10
"""So many times what was agreed are its documents at most, with those that were withdrawn."""


class TooManyDocuments(Conflict):
    code = "provider_documents_full"


class TooManyWithdrawn(Conflict):
    code = "provider_withdrawn_full"


async def publish(
    session: AsyncSession, run: Runtime, caller: Caller, doc_id: str, sent: DocumentIn, *, now: datetime
) -> ProviderDocument:
    """Search finds it from now on, as it is said here. The same again has no effect.

    409 `provider_documents_full`, `provider_withdrawn_full`; 422 for a kind it has not declared, or an area
    the city has not.
    """
    provider = await providers.speaking(session, caller, "search", now=now, lock=True)
    provided.refuse_foreign(provider, {"link": sent.link})
    kinds = provided.declared(await provided.of(session, provider), "documents")
    _refuse_unknown(run, sent, kinds)
    row = await session.get(ProviderDocument, (provider.code, doc_id))
    said = _said(provider, doc_id, sent, row, now).model_dump(mode="json")
    if row is None or row.said is None:
        await _refuse_more(session, provider, new=row is None)
    if row is None:
        row = ProviderDocument(provider=provider.code, id=doc_id, version=0, shown=False, changed_at=now)
        session.add(row)
    if row.said != said or not row.shown:
        row.said = said
        await _show(session, row, now)
        await _purge(session, row, now)
    return row


async def withdraw(session: AsyncSession, caller: Caller, doc_id: str, *, now: datetime) -> None:
    """Search finds it no longer. 404 if it has no such document, or has withdrawn it."""
    provider = await providers.speaking(session, caller, "search", now=now, lock=True)
    row = await session.get(ProviderDocument, (provider.code, doc_id))
    if row is None or row.said is None:
        raise NotFound
    await _hide(session, row, now)
    await _purge(session, row, now)
    row.said = None


async def follow(session: AsyncSession, code: str, limit: int, *, now: datetime) -> int:
    """Takes the documents of a provider out of the search, or back into it; how many, `limit` at most."""
    provider = await providers.read(session, code)
    may = provider.state(now) == "active" and "search" in provider.scopes
    rows = await queries.to_move(session, code, shown=may, limit=limit)
    for row in rows:
        _move(row, now, shown=may)
    if may:
        await search.take_snapshots(session, publisher(code), [_item(row) for row in rows])
    else:
        gone = [(_kind(row), row.id, row.version) for row in rows]
        await search.withdraw_all(session, publisher(code), gone, now=now)
    if rows:
        await _purge(session, rows[-1], now)
    return len(rows)


async def count(session: AsyncSession, provider: Provider) -> int:
    """How many it has published."""
    return await queries.held(session, provider.code)


async def forget_old(session: AsyncSession, now: datetime) -> int:
    """Deletes documents that were withdrawn 30 days ago, a bounded batch; answers how many."""
    key = tuple_(ProviderDocument.provider, ProviderDocument.id)
    old = select(ProviderDocument.provider, ProviderDocument.id).where(
        ProviderDocument.said.is_(None), ProviderDocument.changed_at < now - KEPT
    )
    gone = delete(ProviderDocument).where(key.in_(old.limit(FORGOTTEN_AT_ONCE)))
    counted = gone.returning(ProviderDocument.id).execution_options(synchronize_session=False)
    return len((await session.execute(counted)).all())


async def _show(session: AsyncSession, row: ProviderDocument, now: datetime) -> None:
    _move(row, now, shown=True)
    said = DocumentPublishedV1.model_validate(row.said)
    await search.publish(session, publisher(row.provider), said, row.version, now=now)


async def _hide(session: AsyncSession, row: ProviderDocument, now: datetime) -> None:
    _move(row, now, shown=False)
    await search.withdraw(session, publisher(row.provider), _kind(row), row.id, row.version, now=now)


def _kind(row: ProviderDocument) -> str:
    return DocumentPublishedV1.model_validate(row.said).kind


def _item(row: ProviderDocument) -> SnapshotItem:
    said = DocumentPublishedV1.model_validate(row.said).model_dump(mode="json")
    return SnapshotItem(id=row.id, version=row.version, at=row.changed_at, data=said)


async def _purge(session: AsyncSession, row: ProviderDocument, now: datetime) -> None:
    """What search was asked before may be otherwise now."""
    purged, entity_id = TagsPurgedV1(tags=("search",)), f"{row.provider}/{row.id}"
    await emit(session, purged, entity_id=entity_id, entity_version=row.version, now=now)


def _move(row: ProviderDocument, now: datetime, *, shown: bool) -> None:
    """Versions follow the clock: a document that was forgotten here and comes again is newer all the same."""
    row.version = max(row.version + 1, int(now.timestamp() * 1_000))
    row.shown, row.changed_at = shown, now


async def _refuse_more(session: AsyncSession, provider: Provider, *, new: bool) -> None:
    """Ids that come and go leave a row each for a month: those are bounded too."""
    if await queries.held(session, provider.code) >= provider.documents_limit:
        raise TooManyDocuments(limit=provider.documents_limit)
    if new and await queries.kept(session, provider.code) >= MOST_KEPT * provider.documents_limit:
        raise TooManyWithdrawn(days=KEPT.days)


def _refuse_unknown(run: Runtime, sent: DocumentIn, kinds: dict[str, Any]) -> None:
    wrong = [FieldError("kind", "unknown")] if sent.kind not in kinds else []
    if sent.area is not None and run.city.areas.find(sent.area) is None:
        wrong.append(FieldError("area", "unknown"))
    if wrong:
        raise Unprocessable(errors=wrong)


def _said(
    provider: Provider, doc_id: str, sent: DocumentIn, row: ProviderDocument | None, now: datetime
) -> DocumentPublishedV1:
    before = row.said if row is not None else None
    given = sent.model_dump(exclude={"kind", "title", "summary", "link", "published_at"})
    at = sent.published_at or (before and datetime.fromisoformat(before["published_at"])) or now
    texts = {"title": sent.title.model_dump(), "summary": sent.summary.model_dump()}
    return DocumentPublishedV1(
        kind=f"{publisher(provider.code)}_{sent.kind}",
        id=doc_id,
        url=sent.link,
        published_at=at,
        **{name: {"id": text["id"], "en": text["en"] or text["id"]} for name, text in texts.items()},
        **given,
    )
