"""What travels over HTTP."""

from uuid import UUID

from shared.schemas import Labelled, Moment, Out


class AccessOut(Out):
    """One time somebody had my data; `purpose` is said by staff, `service` where a service handed it out."""

    id: UUID
    at: Moment
    what: Labelled
    by: Labelled
    agency: str | None
    service: str | None
    purpose: str | None
