"""What staff send about their work, and what comes back."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from shared.schemas import Filled, In, Labelled, Line, Moment, Point
from svc_laksa.reports.documents import Words
from svc_laksa.reports.schemas import SummaryOut

Note = Annotated[Filled, Field(max_length=2_000, examples=["demo: sudah ditambal"])]


class NoteIn(In):
    """`note` stays inside the agency."""

    note: Note | None = None


class AssignIn(NoteIn):
    """`assignee`: a staff id; without it the caller takes the report on."""

    assignee: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$"), AfterValidator(str.lower)] | None = None


class HandOverIn(In):
    """To whom, and why it is theirs; kept inside the agencies."""

    agency: Annotated[Line, Field(examples=["dishub"])]
    reason: Note


class CoordinateIn(In):
    """What cannot be solved alone, for the moderator."""

    reason: Note


class EvidenceIn(In):
    """A receipt of the caller's upload; time and place are stated where the file itself has none."""

    receipt: Annotated[str, Field(max_length=4_096)]
    taken_at: Moment | None = None
    point: Point | None = None


class FinishIn(In):
    """`note` tells the reporter what was done."""

    evidence: Annotated[tuple[EvidenceIn, ...], Field(max_length=8)] = ()
    note: Note | None = None


class RejectIn(In):
    """Why nothing will be done, and where known, who can do it instead (told to the reporter)."""

    reason_code: Literal["not_ours", "no_action_possible", "not_enough_information", "reported_already"]
    note: Note
    responsible: Line | None = None


class FinishedOut(SummaryOut):
    """`warnings` do not hold anything up; the verifier sees the same facts."""

    warnings: Sequence[Labelled]

    @classmethod
    def of(cls, row: Any, words: Words, **more: Any) -> "FinishedOut":
        """From the report, with `warnings` as codes."""
        labels = [words.label("warning", code) for code in more.pop("warnings")]
        return cls(**dict(SummaryOut.of(row, words)), warnings=labels, **more)
