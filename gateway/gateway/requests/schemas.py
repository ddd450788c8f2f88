"""What travels over HTTP."""

from shared.schemas import Moment, Out


class RequestOut(Out):
    """One thing I asked the city for, whichever service has it; `id` is that service's."""

    id: str
    kind: str
    number: str
    title: str
    state: str
    state_label: str
    next_step: str
    due_at: Moment | None
    link: str
    closed: bool
    updated_at: Moment
