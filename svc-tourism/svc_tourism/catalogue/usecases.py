"""Registering data sets of other agencies, and reading what is in the catalogue."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.city import TagsPurgedV1
from shared.contracts.tourism import DatasetChangedV1, DatasetRegisteredV1, DatasetWithdrawnV1
from shared.errors import FieldError, NotFound, Unprocessable
from shared.events.event import Event
from shared.events.outbox import emit
from shared.ids import new_id
from shared.replies import refuse_stale
from shared.runtime import Runtime
from svc_tourism.catalogue import queries, rules
from svc_tourism.catalogue.documents import TAG
from svc_tourism.catalogue.models import CatalogueFull, Dataset
from svc_tourism.catalogue.schemas import DatasetIn


async def register(session: AsyncSession, run: Runtime, sent: DatasetIn, *, now: datetime) -> Dataset:
    """Takes it into the catalogue; 422 for an agency nobody knows, 409 `catalogue_full` after 1,000."""
    _refuse_unknown(run, sent)
    if await queries.counted(session) >= rules.MOST:
        raise CatalogueFull(most=rules.MOST)
    row = Dataset(id=new_id(), version=1, created_at=now, updated_at=now, **sent.facts())
    session.add(row)
    await _tell(session, row, DatasetRegisteredV1(dataset_id=row.id, agency=row.agency), now)
    return row


async def change(
    session: AsyncSession,
    run: Runtime,
    dataset_id: UUID,
    sent: DatasetIn,
    if_match: str | None,
    *,
    now: datetime,
) -> Dataset:
    """Says everything of it anew; 404, 412 when another version was seen, 409 `dataset_withdrawn`, 422."""
    row = await _held(session, dataset_id, if_match)
    _refuse_unknown(run, sent)
    row.state(sent.facts(), now)
    await _tell(session, row, DatasetChangedV1(dataset_id=row.id, agency=row.agency), now)
    return row


async def withdraw(
    session: AsyncSession, dataset_id: UUID, if_match: str | None, *, now: datetime
) -> Dataset:
    """Takes it out of the catalogue; 404, 412, 409 `dataset_withdrawn`."""
    row = await _held(session, dataset_id, if_match)
    row.withdraw(now)
    await _tell(session, row, DatasetWithdrawnV1(dataset_id=row.id, agency=row.agency), now)
    return row


async def read(session: AsyncSession, dataset_id: UUID) -> Dataset:
    """One in the catalogue; 404 for any other."""
    row = await queries.find(session, dataset_id)
    if row is None or row.withdrawn_at is not None:
        raise NotFound
    return row


async def everything(session: AsyncSession) -> Sequence[Dataset]:
    """All of them, for the catalogue's document: 1,000 at most."""
    return await queries.listed(session, rules.MOST)


async def _held(session: AsyncSession, dataset_id: UUID, if_match: str | None) -> Dataset:
    row = await queries.find(session, dataset_id, lock=True)
    if row is None:
        raise NotFound
    refuse_stale(if_match, row.version)
    return row


def _refuse_unknown(run: Runtime, sent: DatasetIn) -> None:
    if sent.agency not in run.city.agencies:
        raise Unprocessable(errors=[FieldError("agency", "unknown")])


async def _tell(session: AsyncSession, row: Dataset, event: Event, now: datetime) -> None:
    purged = TagsPurgedV1(tags=(TAG,))
    await emit(session, event, purged, entity_id=str(row.id), entity_version=row.version, now=now)
