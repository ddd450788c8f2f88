"""A question and its answer."""

from typing import Annotated

from pydantic import Field

from shared.schemas import In, Text
from svc_laksa.submissions.schemas import Receipts

Words = Annotated[Text, Field(min_length=1, max_length=2_000)]


class QuestionIn(In):
    """What the agency needs to know."""

    question: Words


class AnswerIn(In):
    """The reporter's answer; `media` are receipts of uploads."""

    answer: Words
    media: Receipts = ()
