"""What travels over HTTP."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from shared.schemas import Moment, Out


class ErasureOut(Out):
    """The account is gone; `done_at`: when every service had erased its own; `due_at`: at the latest."""

    id: UUID
    requested_at: Moment
    due_at: Moment
    done_at: Moment | None


class ErasureStateOut(ErasureOut):
    """For the city's staff: who has not answered, whether it is late, what was erased; nobody is named."""

    late: bool
    waiting: Sequence[str]
    erased: Mapping[str, Mapping[str, int]]
