"""What travels over HTTP."""

from typing import Any
from uuid import UUID

from pydantic import Field

from shared.schemas import Moment, Out


class AuditOut(Out):
    """Who did what to what, and when."""

    id: UUID
    at: Moment = Field(description="When")
    actor: str = Field(description="The id of a member of staff, or `command` for one given on the machine")
    actor_name: str | None = Field(description="Of the member of staff; null for a command")
    action: str = Field(description="In the past tense", examples=["client_disabled"])
    subject: str = Field(description="What it was done to", examples=["client:web", "menu:call-112"])
    subject_name: str | None = Field(description="Where the subject is a member of staff; else null")
    facts: dict[str, Any] = Field(
        description="What exactly. Of a change `before` and `after`, each with what differs; of something "
        "new only `after`, of something deleted only `before`, whole. In place of words that are not public "
        "their `sha256` and number of `characters`"
    )
