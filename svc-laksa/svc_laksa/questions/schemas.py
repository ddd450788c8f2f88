"""A question and its answer."""

from typing import Annotated

from pydantic import Field

from shared.schemas import Filled, In
from svc_laksa.submissions.schemas import Receipts

Spoken = Annotated[Filled, Field(max_length=2_000, examples=["demo: di sisi mana?"])]


class QuestionIn(In):
    """What the agency needs to know."""

    question: Spoken


class AnswerIn(In):
    """The reporter's answer; `media` are receipts of uploads."""

    answer: Spoken
    media: Receipts = ()
