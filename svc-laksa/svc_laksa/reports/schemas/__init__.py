"""What travels over HTTP about a report."""

from svc_laksa.reports.schemas.parameters import FollowToken, InWords, NarrowedTo, Own, Shown, Where, Which
from svc_laksa.reports.schemas.summary import AreaOut, DeadlineOut, ListedOut, QueueItemOut, SummaryOut
from svc_laksa.reports.schemas.whole import (
    FileOut,
    MessageOut,
    PauseOut,
    ReportOut,
    StaffPartOut,
    TimelineItemOut,
)

__all__ = [
    "AreaOut",
    "DeadlineOut",
    "FileOut",
    "FollowToken",
    "InWords",
    "ListedOut",
    "MessageOut",
    "NarrowedTo",
    "Own",
    "PauseOut",
    "QueueItemOut",
    "ReportOut",
    "Shown",
    "StaffPartOut",
    "SummaryOut",
    "TimelineItemOut",
    "Where",
    "Which",
]
