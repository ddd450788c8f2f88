"""What a resident sends, and what comes back."""

from typing import Annotated, Any

from pydantic import (
    UUID7,
    Field,
    StrictFloat,
    StrictInt,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from shared.schemas import Filled, In, Line, Point, Text
from svc_laksa.reports.documents import Words
from svc_laksa.reports.schemas import SummaryOut
from svc_laksa.submissions.rules import LARGEST

Receipts = Annotated[tuple[Annotated[str, Field(max_length=4_096)], ...], Field(max_length=8)]
_Words = Annotated[Text, Field(max_length=2_000)]
_Ends = Field(json_schema_extra={"minimum": -LARGEST, "maximum": LARGEST})
_Number = Annotated[StrictInt, _Ends] | Annotated[StrictFloat, _Ends]


def _one_fault(answer: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """One error for an answer, not one for each kind it might have been."""
    try:
        return check(answer)
    except ValidationError as error:
        raise PydanticCustomError("answer", "neither a text, a number nor a list of texts") from error


_Answer = Annotated[_Number | _Words | Annotated[list[Line], Field(max_length=50)], WrapValidator(_one_fault)]


class ReportIn(In):
    """A report. `id` makes sending again harmless, days later too; `media` are receipts of uploads."""

    id: UUID7 | None = None
    category: Annotated[Line, Field(examples=["jalan-berlubang"])]
    description: Annotated[Filled, Field(max_length=4_000, examples=["demo: lubang di lajur kiri"])]
    point: Point
    address: Line | None = None
    attributes: dict[Annotated[str, Field(max_length=60)], _Answer] = Field(
        default={}, max_length=50, examples=[{"bahaya": "ya", "ukuran": "kecil"}]
    )
    media: Receipts = ()
    insist_outside: bool = Field(
        default=False, strict=True, description="Send it although it lies outside the city"
    )


class WithdrawIn(In):
    """Why, if the reporter wants to say."""

    reason: Annotated[Text, Field(max_length=1_000)] | None = None


class SubmittedOut(SummaryOut):
    """`follow_token` is told once, to a guest: the only way back to the report (header X-Follow-Token)."""

    follow_token: str | None

    @classmethod
    def of(cls, row: Any, words: Words, **more: Any) -> "SubmittedOut":
        """From the new report."""
        return cls(**dict(SummaryOut.of(row, words)), **more)
