"""Submitting a report and withdrawing it."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached

from shared.auth import Caller
from shared.city.areas import Located
from shared.crypto import secret_digest
from shared.errors import (
    FieldError,
    IdempotencyKeyReused,
    IdTaken,
    Unauthenticated,
    Unavailable,
    Unprocessable,
)
from shared.ids import new_code, new_id
from shared.media import Receipt
from shared.runtime import Runtime
from svc_laksa.pack import Category, ReportCategories
from svc_laksa.reports import usecases as reports
from svc_laksa.reports.rules import RESTRICTED, coarse, is_listed, waits_for
from svc_laksa.reports.usecases import Action, Report, State, Target
from svc_laksa.submissions import rules
from svc_laksa.submissions.schemas import ReportIn, WithdrawIn

_TRIES = 5


class SignInNeeded(Unauthenticated):
    code = "sign_in_needed"


class OutsideCity(Unprocessable):
    code = "outside_city"


async def submit(
    session: AsyncSession, run: Runtime, sent: ReportIn, *, caller: Caller, now: datetime
) -> tuple[Report, str | None]:
    """Keeps, routes and times a report; (the report, the follow token of a guest).

    401 `sign_in_needed` for a guest where the category allows none, 422 with field errors, `outside_city`,
    `media_receipt_bad`; 409 `id_taken` for somebody else's id. One's own id again gives the report again.
    """
    category = _category(run, sent)
    if caller.kind != "citizen" and not category.anonymous:
        raise SignInNeeded
    receipts = reports.accepted(run, sent.media, caller=caller, now=now)
    token = None if caller.kind == "citizen" else secrets.token_urlsafe(32)
    row = _row(run, sent, category, now) | _reporter(caller, token)
    row["cover"] = _cover(row, receipts)
    report, is_new = await _insert(session, row)
    if not is_new:
        return _sent_before(report, row), None
    hand = reports.new(session, run, report, now=now)
    files = [reports.photo(report, receipt, report.version) for receipt in receipts]
    more: dict[str, Any] = {"rule": report.rule, "outside_city": report.outside_city}
    await reports.record(hand, texts=_texts(sent), files=files, facts=_facts(report), **more)
    return report, token


async def withdraw(
    session: AsyncSession, run: Runtime, target: Target, sent: WithdrawIn, *, caller: Caller, now: datetime
) -> Report:
    """The reporter takes it back, at any time before the work is finished."""
    hand = await reports.take(session, run, target, Action.WITHDRAW, caller=caller, now=now)
    return await reports.move(hand, State.WITHDRAWN, texts={"reason": sent.reason} if sent.reason else {})


def _category(run: Runtime, sent: ReportIn) -> Category:
    """The category, if the pack has it and the answers fit its questions."""
    tree: ReportCategories = run.part(ReportCategories)
    category = tree.by_code.get(sent.category)
    if category is None:
        raise Unprocessable(errors=[FieldError("category", "unknown")])
    faults = rules.check_answers(category.questions, sent.attributes)
    if faults:
        raise Unprocessable(
            errors=[FieldError(_place_of(f, code), code, params) for f, code, params in faults]
        )
    return category


def _place_of(question: str, code: str) -> str:
    """What was sent under a name nobody asked for is not said again: it may be anything."""
    return "attributes" if code == "unknown" else f"attributes.{question}"


def _row(run: Runtime, sent: ReportIn, category: Category, now: datetime) -> dict[str, Any]:
    """A report as it comes in: placed, routed, timed."""
    report_id, located = sent.id or new_id(), _located(run, sent)
    return {
        **_EMPTY,
        "id": report_id,
        "version": 1,
        "sent_digest": hashlib.sha256(_content(sent)).digest(),
        "category": category.code,
        "privacy": category.privacy,
        "urgency": category.urgency,
        "village": located.village.code,
        "district": located.district.code,
        "approximate": located.approximate,
        "outside_city": not located.inside,
        "challenged": False,
        "received_at": now,
        "updated_at": now,
        **_place(run, sent, category, report_id),
        **_limit(run, category, now),
        **_route(run, category, located),
    }


def _route(run: Runtime, category: Category, located: Located) -> dict[str, Any]:
    """To whom, and why: a point outside the city falls under the rule for the whole city."""
    rule = category.route(located) if located.inside else category.routing[-1]
    state = State.RECEIVED if located.inside else State.COORDINATION
    state = State.MODERATION if category.moderation else state
    return {
        "agency": rule.agency,
        "rule": rule.id,
        "pack": run.city.digest,
        "hand_overs": 0,
        "state": state,
        "resumes_to": State.RECEIVED if state == State.COORDINATION else None,
        "waits_for": waits_for(state, False),
        "listed": is_listed(category.privacy, state),
    }


def _limit(run: Runtime, category: Category, now: datetime) -> dict[str, Any]:
    limit = run.part(ReportCategories).deadline(category)
    counts = "working_days" if limit.hours is None else "hours"
    return {"deadline_at": limit.due(now, run.city.calendar).astimezone(UTC), "counts": counts}


def _reporter(caller: Caller, token: str | None) -> dict[str, Any]:
    """An opaque id, or the digest of a guest's token: nothing that says who it is."""
    citizen_id = caller.sub if caller.kind == "citizen" else None
    return {"citizen_id": citizen_id, "follow_digest": secret_digest(token) if token else None}


def _located(run: Runtime, sent: ReportIn) -> Located:
    """Where the point lies; outside the city it is asked about, never refused for good (laksa.md)."""
    located = run.city.areas.locate(sent.point.lat, sent.point.lon)
    if not located.inside and not sent.insist_outside:
        away = f"{located.distance_m / 1_000:.1f}"
        raise OutsideCity(errors=[FieldError("point", "outside")], city=run.city.name.id, km=away)
    return located


def _place(run: Runtime, sent: ReportIn, category: Category, report_id: UUID) -> dict[str, Any]:
    lat, lon = sent.point.lat, sent.point.lon
    if not (category.coarse_location or category.privacy in RESTRICTED):
        return {"lat": lat, "lon": lon, "sealed_point": None}
    sealed = run.cipher.encrypt(f"{lat},{lon}", Report.point_place(report_id))
    return {"lat": coarse(lat), "lon": coarse(lon), "sealed_point": sealed}


def _cover(row: Mapping[str, Any], receipts: Sequence[Receipt]) -> UUID | None:
    """The picture lists show; none of a sensitive report."""
    pictures = (receipt.media_id for receipt in receipts if receipt.type.startswith("image/"))
    return next(pictures, None) if row["sealed_point"] is None else None


async def _insert(session: AsyncSession, row: dict[str, Any]) -> tuple[Report, bool]:
    """The new report, or the one that has this id already and False; a number drawn twice is drawn again."""
    for _ in range(_TRIES):
        row["code"] = new_code("LKS")
        if await session.scalar(_INSERT, row) is not None:
            report = Report(**row)
            make_transient_to_detached(report)
            session.add(report)  # as if it had been read: what was written is known
            return report, True
        known = await session.get(Report, row["id"])
        if known is not None:
            return known, False
    raise Unavailable


_TABLE = cast(Table, Report.__table__)
_INSERT = insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id)
_EMPTY: dict[str, Any] = dict.fromkeys(column.key for column in _TABLE.columns if column.nullable)


def _sent_before(report: Report, row: Mapping[str, Any]) -> Report:
    """The report a phone sends again after its first answer was forgotten (24 hours)."""
    if report.citizen_id is None or report.citizen_id != row["citizen_id"]:
        raise IdTaken
    if report.sent_digest != row["sent_digest"]:
        raise IdempotencyKeyReused
    return report


def _texts(sent: ReportIn) -> dict[str, str]:
    attributes = json.dumps(sent.attributes, ensure_ascii=False) if sent.attributes else None
    written = {"description": sent.description, "address": sent.address, "attributes": attributes}
    return {kind: text for kind, text in written.items() if text}


def _content(sent: ReportIn) -> bytes:
    """What makes it the same report; its files may have been uploaded again."""
    return sent.model_dump_json(exclude={"media"}).encode()


def _facts(report: Report) -> dict[str, Any]:
    """For the ledger: why it went where, coarse because it stands there for ever; of a restricted report
    only which pack decided."""
    if report.privacy in RESTRICTED:
        return {"pack": report.pack}
    return {
        "pack": report.pack,
        "rule": report.rule,
        "village": report.village,
        "lat": str(coarse(report.lat)),
        "lon": str(coarse(report.lon)),
        "approximate": report.approximate,
        "outside_city": report.outside_city,
    }
