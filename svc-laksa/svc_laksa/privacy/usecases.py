"""Handing out and erasing what LAKSA holds of one citizen; a report stays as a public matter without her."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.city import MediaReleasedV1, TagsPurgedV1
from shared.contracts.privacy import HeldPage
from shared.errors import BadCursor
from shared.events.event import Event
from shared.events.outbox import emit
from shared.ids import new_id
from shared.runtime import Runtime
from shared.timers import schedule
from svc_laksa.privacy import documents, queries, rules
from svc_laksa.reports import usecases as reports
from svc_laksa.reports.documents import TAG
from svc_laksa.reports.models import Report, ReportFile, ReportText, Step

WORDS_KEPT = "words_kept"
_PAGE = 25
_RELEASED_AT_ONCE = 500  # ids of 39 bytes: a tenth of what an event may have


async def export(session: AsyncSession, run: Runtime, citizen_id: str, after: str | None) -> HeldPage:
    """25 of her reports, whole; `after` is the id of the last one of the page before."""
    try:
        found = await queries.page(session, citizen_id, UUID(after) if after else None, _PAGE)
    except ValueError as error:
        raise BadCursor from error
    if not found:
        return HeldPage()
    ids = [report.id for report in found]
    parts = [await queries.by_report(session, kind, ids) for kind in (ReportText, ReportFile, Step)]
    held = [documents.held(run, report, *(part.get(report.id, []) for part in parts)) for report in found]
    return HeldPage(held={"reports": held}, next=str(ids[-1]) if len(ids) == _PAGE else None)


async def erase(session: AsyncSession, run: Runtime, citizen_id: str, now: datetime) -> Mapping[str, int]:
    """Cuts her reports from her and erases her words, photos and exact private places; counts of each.

    Neither step nor ledger entry tells of it: entries made at one moment would show which reports were hers.
    """
    found = await queries.locked(session, citizen_id)
    for report in found:
        report.forget_reporter()
    kept = [report for report in found if rules.keeps_words(report.privacy, report.over)]
    for report in kept:
        await schedule(session, WORDS_KEPT, str(report.id), now + rules.LOOK_AGAIN)
    gone = [report for report in found if report not in kept]
    texts, files = await _erase_words(session, run, gone, now)
    return {"reports": len(found), "texts": texts, "files": files, "reports_open_with_words": len(kept)}


async def erase_when_over(session: AsyncSession, run: Runtime, report_id: str, now: datetime) -> None:
    """Erases the words of a matter whose reporter has left, once it is over; looks again tomorrow if not."""
    report = await reports.locked(session, report_id)
    if report is not None and rules.keeps_words(report.privacy, report.over):
        await schedule(session, WORDS_KEPT, report_id, now + rules.LOOK_AGAIN)
    elif report is not None:
        await _erase_words(session, run, [report], now)


async def _erase_words(
    session: AsyncSession, run: Runtime, gone: Sequence[Report], now: datetime
) -> tuple[int, int]:
    """(texts, files) that went. The salt goes with its text: the ledger's digest then says nothing."""
    for report in gone:
        report.cover = None
        if report.sealed_point is not None:  # stays sealed, for that says that the place is sensitive
            coarse = f"{report.lat},{report.lon}"
            report.sealed_point = run.cipher.encrypt(coarse, Report.point_place(report.id))
    ids = [report.id for report in gone]
    hers = delete(ReportText).where(ReportText.report_id.in_(ids), ReportText.kind.in_(rules.HER_WORDS))
    texts = (await session.execute(hers.returning(ReportText.version))).all()
    photos = delete(ReportFile).where(ReportFile.report_id.in_(ids), ReportFile.kind == "photo")
    files = set(await session.scalars(photos.returning(ReportFile.media_id)))
    released = files - await queries.still_attached(session, files)
    await _tell(session, released, any(report.listed for report in gone), now)
    return len(texts), len(files)


async def _tell(session: AsyncSession, released: set[UUID], listed: bool, now: datetime) -> None:
    """Under an id of no report: an event must not show whose they were."""
    events: list[Event] = [TagsPurgedV1(tags=(TAG,))] if listed else []
    ids = sorted(str(media_id) for media_id in released)
    parts = (ids[first : first + _RELEASED_AT_ONCE] for first in range(0, len(ids), _RELEASED_AT_ONCE))
    events += [MediaReleasedV1(media_ids=tuple(part)) for part in parts]
    if events:
        await emit(session, *events, entity_id=str(new_id()), entity_version=1, now=now)
