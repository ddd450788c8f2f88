"""What a person sees and sends of herself."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.schemas import Filled, In, Out


class MeIn(In):
    """`name`: what the city may call you; null removes it."""

    name: Annotated[Filled, Field(max_length=100, examples=["Demo Warga"])] | None


class MeOut(Out):
    """The signed-in person; `phone` (E.164) for residents, `roles` and `agency` for staff."""

    id: UUID
    kind: Literal["citizen", "staff"]
    name: str | None
    phone: str | None = None
    roles: tuple[str, ...] = ()
    agency: str | None = None
