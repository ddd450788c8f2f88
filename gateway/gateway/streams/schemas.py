"""What travels over HTTP."""

from shared.schemas import Out


class TicketOut(Out):
    """Put into the address of one `GET /v1/me/stream`, within `expires_in` seconds."""

    ticket: str
    expires_in: int
