"""What travels over HTTP."""

from typing import Any
from uuid import UUID

from shared.schemas import Moment, Out


class AuditOut(Out):
    """Who (an opaque id, or `command`) did what to what; `facts` are codes, names of fields and numbers."""

    id: UUID
    at: Moment
    actor: str
    action: str
    subject: str
    facts: dict[str, Any]
