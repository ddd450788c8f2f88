"""What of a line stands in the chain (pure)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

#: Who did what was told on the machine itself, not through the front door.
COMMAND = "command"


def chained(actor: str, action: str, subject: str, at: datetime, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of a line: all of it, so that neither can be changed without the other."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return {"actor": actor, "action": action, "subject": subject, "at": moment, "facts": dict(facts)}


def difference(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    """Facts of a change: `before` and `after`, each with what differs; whole where the other is missing.

    So a line is enough to see what something new was like, and what stood there before it was deleted.
    """
    was, now = (None if each is None else _facts(each) for each in (before, after))
    if was is None or now is None:
        return {name: each for name, each in (("before", was), ("after", now)) if each is not None}
    names = [name for name in now if was.get(name) != now[name]]
    return {"before": {name: was.get(name) for name in names}, "after": {name: now[name] for name in names}}


def digest(text: str | None) -> dict[str, Any] | None:
    """In place of words that are long or nobody else's business: they can be recognised, not read."""
    if text is None:
        return None
    return {"sha256": sha256(text.encode()).hexdigest(), "characters": len(text)}


def _facts(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _fact(value) for name, value in values.items()}


def _fact(value: Any) -> Any:
    """As the chain can write it: no fraction (a rate), no moment, no tuple."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return list(value) if isinstance(value, tuple) else value
