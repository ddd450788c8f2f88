"""Uploaded files of a report: receipts checked offline, their facts kept."""

from collections.abc import Sequence
from datetime import datetime

from shared.auth import Caller
from shared.media import Receipt, accept
from shared.runtime import Runtime
from svc_laksa.reports.models import Report, ReportFile


def accepted(run: Runtime, tokens: Sequence[str], *, caller: Caller, now: datetime) -> list[Receipt]:
    """The receipts, each file once; 422 `media_receipt_bad` unless this caller uploaded it."""
    receipts = [accept(token, run.keys, caller.scope, now) for token in tokens]
    return list({receipt.media_id: receipt for receipt in receipts}.values())


def photo(report: Report, receipt: Receipt, version: int) -> ReportFile:
    """A reporter's file; where it was taken is not kept of a sensitive report."""
    sensitive = report.sealed_point is not None
    return ReportFile(
        report_id=report.id,
        media_id=receipt.media_id,
        version=version,
        kind="photo",
        type=receipt.type,
        size=receipt.size,
        sha256=receipt.sha256,
        stored_at=receipt.stored_at,
        taken_at=receipt.captured_at,
        lat=None if sensitive else receipt.captured_lat,
        lon=None if sensitive else receipt.captured_lon,
    )
