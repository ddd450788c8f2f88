"""What other slices do with a report: take it in hand, move it one step, read it."""

from svc_laksa.reports.models import Report, ReportFile
from svc_laksa.reports.queries import seen_before, work_began
from svc_laksa.reports.rules import Action, Role, State
from svc_laksa.reports.usecases.files import accepted, photo
from svc_laksa.reports.usecases.moving import InHand, locked, move, new, record, take, take_due
from svc_laksa.reports.usecases.reading import (
    Dossier,
    QueueOf,
    Target,
    View,
    exact_point,
    opened,
    queue,
    read,
    roles_of,
)

__all__ = [
    "Action",
    "Dossier",
    "InHand",
    "QueueOf",
    "Report",
    "ReportFile",
    "Role",
    "State",
    "Target",
    "View",
    "accepted",
    "exact_point",
    "locked",
    "move",
    "new",
    "opened",
    "photo",
    "queue",
    "read",
    "record",
    "roles_of",
    "seen_before",
    "take",
    "take_due",
    "work_began",
]
