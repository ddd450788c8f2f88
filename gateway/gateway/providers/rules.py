"""What a provider is: its names, when it may act, how it proves that a message is its own."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from standardwebhooks.webhooks import Webhook

State = Literal["active", "suspended", "ended"]
Scope = Literal["menus", "home", "search", "requests"]
Cause = Literal[
    "wrong_content", "harmful_content", "leaked", "misused", "asked_by_owner", "not_answering", "other"
]
"""Why one is suspended: a word for the audits, beside the sentence it is told itself."""
CODE = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
TOLERANCE = timedelta(minutes=5)
"""Of Standard Webhooks: a message of another time is no message."""
_SECRET = "whsec_"  # noqa: S105 - how Standard Webhooks has a secret begin
_MOST_SIGNATURES = 8


def publisher(code: str) -> str:
    """What the kinds of its requests and documents begin with; a code has no underscore, so it ends there."""
    return f"provider_{code}"


def client_code(code: str) -> str:
    """Its row among the clients, whose key it sends."""
    return f"provider-{code}"


def code_of(client: str) -> str:
    """Of which provider that row is; nobody's for a row that was registered under another name."""
    return client.removeprefix("provider-") if client.startswith("provider-") else ""


def state(*, suspended: bool, ends_at: datetime, now: datetime) -> State:
    """An agreement that has ended is not suspended any more: only another agreement brings it back."""
    if ends_at <= now:
        return "ended"
    return "suspended" if suspended else "active"


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last day counts as a whole, in the city's zone."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def new_secret() -> str:
    """256 random bits, as Standard Webhooks writes them."""
    return _SECRET + base64.b64encode(secrets.token_bytes(32)).decode()


def is_signed(
    body: bytes, *, message: str, sent_at: str, signatures: str, keys: Iterable[str], now: datetime
) -> bool:
    """Whether one of the signatures (`v1,<base64>`, blanks between) is of one of the keys, and of about now.

    standard-webhooks.com: HMAC-SHA-256 of id, Unix seconds and body. The moment is judged by our own clock.
    """
    if not message or len(message) > 200 or "." in message or not (sent_at.isascii() and sent_at.isdecimal()):
        return False
    try:
        moment, text = datetime.fromtimestamp(int(sent_at[:12]), UTC), body.decode()
    except (ValueError, OverflowError, OSError):
        return False
    if abs(moment - now) > TOLERANCE:
        return False
    offered = [_raw(each) for each in signatures.split(" ")[:_MOST_SIGNATURES]]
    wanted = [_raw(Webhook(key).sign(message, moment, text)) for key in keys]
    return any(hmac.compare_digest(one, other) for one in wanted for other in offered if one and other)


def _raw(signature: str) -> bytes:
    """Nothing for what is no signature of version 1."""
    version, _, text = signature.partition(",")
    try:
        return base64.b64decode(text, validate=True) if version == "v1" else b""
    except (binascii.Error, ValueError):
        return b""
