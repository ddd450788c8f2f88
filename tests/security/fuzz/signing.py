"""What a provider says is signed as it is sent. Apart from the seeds, whose modules take seconds to load."""

from datetime import datetime

from standardwebhooks.webhooks import Webhook

TO_BE_SIGNED = "v1,c2lnbiBtZQ=="
"""Stands for a good signature until a body is there to be signed."""
SEEDED = {"webhook-id": "demo-1", "webhook-timestamp": "1", "webhook-signature": TO_BE_SIGNED}
"""The headers of a message that waits to be signed."""


def signature(secret: str, body: bytes, moment: datetime) -> dict[str, str]:
    """The headers of a message that this provider sends now."""
    stamp = str(int(moment.timestamp()))
    words = {"webhook-id": SEEDED["webhook-id"], "webhook-timestamp": stamp}
    signed = Webhook(secret).sign(words["webhook-id"], moment, body.decode())
    return words | {"webhook-signature": signed}
