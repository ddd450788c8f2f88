"""What a person sees and sends of herself."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.schemas import In, Line, Out


class MeIn(In):
    """`name`: what the city may call you; null removes it."""

    name: Annotated[Line, Field(min_length=1, max_length=100)] | None


class MeOut(Out):
    """The signed-in person; `phone` (E.164) for residents, `roles` and `agency` for staff."""

    id: UUID
    kind: Literal["citizen", "staff"]
    name: str | None
    phone: str | None = None
    roles: tuple[str, ...] = ()
    agency: str | None = None
