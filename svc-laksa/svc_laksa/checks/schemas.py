"""A check, a challenge, a decision."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from shared.schemas import Filled, In

Note = Annotated[Filled, Field(max_length=2_000, examples=["demo: masih berlubang"])]

_FAILED_NEEDS_NOTE: dict[str, JsonValue] = {
    "if": {"properties": {"passed": {"const": False}}, "required": ["passed"]},
    "then": {"properties": {"note": {"type": "string"}}, "required": ["note"]},
}


class VerifyIn(In):
    """The reporter reads the note; a failed check needs one."""

    model_config = ConfigDict(json_schema_extra=_FAILED_NEEDS_NOTE)

    passed: bool = Field(strict=True)
    note: Note | None = None

    @model_validator(mode="after")
    def _a_failed_check_says_why(self) -> Self:
        if not self.passed and self.note is None:
            raise PydanticCustomError("note_missing", "a failed check needs a note")
        return self


class ChallengeIn(In):
    """Why it is not done."""

    reason: Note


class DecideIn(In):
    """The reporter reads the note."""

    upheld: bool = Field(strict=True)
    note: Note
