"""A check, a challenge, a decision."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from shared.schemas import In, Text

Note = Annotated[Text, Field(min_length=1, max_length=2_000)]


class VerifyIn(In):
    """The reporter reads the note; a failed check needs one."""

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
