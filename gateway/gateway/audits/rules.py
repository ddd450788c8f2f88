"""What of a line stands in the chain (pure)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

#: Who did what was told on the machine itself, not through the front door.
COMMAND = "command"


def chained(actor: str, action: str, subject: str, at: datetime, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of a line: all of it, so that neither can be changed without the other."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return {"actor": actor, "action": action, "subject": subject, "at": moment, "facts": dict(facts)}
