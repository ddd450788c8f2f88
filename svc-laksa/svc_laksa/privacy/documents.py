"""A report as its reporter takes it away: everything kept of it that is about her or by her."""

from collections.abc import Iterable
from typing import Any

from shared.runtime import Runtime
from svc_laksa.reports.models import Report, ReportFile, ReportText, Step
from svc_laksa.reports.usecases import exact_point, opened


def held(
    run: Runtime,
    report: Report,
    texts: Iterable[ReportText],
    files: Iterable[ReportFile],
    steps: Iterable[Step],
) -> dict[str, Any]:
    """JSON of one report: exact place (degrees), what was written but for the agency's remarks, its way.

    Files are named by `media_id`; the gateway, which has them, adds where to read them.
    """
    lat, lon = exact_point(run, report)
    return {
        "number": report.code,
        "id": str(report.id),
        "category": report.category,
        "privacy": report.privacy,
        "state": report.state,
        "agency": report.agency,
        "point": {"lat": lat, "lon": lon},
        "village": report.village,
        "district": report.district,
        "received_at": report.received_at.isoformat(),
        "deadline_at": report.deadline_at.isoformat(),
        "closed_at": report.closed_at and report.closed_at.isoformat(),
        "texts": [
            {"step": text.version, "kind": text.kind, "text": opened(run, text)}
            for text in texts
            if text.kind != "internal"
        ],
        "files": [_file(file) for file in files],
        "steps": [_step(step) for step in steps],
    }


def _file(file: ReportFile) -> dict[str, Any]:
    own = file.kind == "photo"
    return {
        "media_id": str(file.media_id),
        "kind": file.kind,
        "taken_at": file.taken_at and file.taken_at.isoformat(),
        "point": {"lat": file.lat, "lon": file.lon} if own and file.lat is not None else None,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "step": step.version,
        "at": step.at.isoformat(),
        "action": step.action,
        "state": step.state,
        "role": step.role,
        "agency": step.agency,
        "reason_code": step.reason_code,
    }
