"""What travels about imports, and the days of an export."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request

from shared.errors import TooLarge, UnsupportedMediaType
from shared.schemas import Labelled, Out
from svc_prices.commodities.documents import Words
from svc_prices.commodities.schemas import InWords, PriceDay
from svc_prices.exchange.usecases import Days, Report, days_of

LIMIT = 4 * 1_048_576
"""Bytes of a file that travels in a request; larger ones go through the command `import`."""
CSV: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string", "maxLength": LIMIT}}},
    }
}
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


async def csv_of(request: Request) -> bytes:
    """The file in the body; 413 above the limit, 415 for anything that does not call itself text/csv."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/csv":
        raise UnsupportedMediaType(accepted="text/csv")
    content = await request.body()
    if len(content) > LIMIT:
        raise TooLarge(limit=LIMIT)
    return content


class RefusalOut(Out):
    """A row that was not taken: line of the file (the header is 1), column (empty: the whole row), why."""

    line: int
    column: str
    reason: Labelled


class ReasonOut(Labelled):
    """Why rows were refused, and how many."""

    count: int


class ImportOut(Out):
    """What became of the rows; every row is in one of the numbers. Of the refused the first 100 are named."""

    format: Literal["wfp", "panel_harga"]
    file: str
    historical: bool
    rows: int
    published: int
    not_available: int
    held: int
    unchanged: int
    refused: int
    reasons: Sequence[ReasonOut]
    refusals: Sequence[RefusalOut]

    @classmethod
    def of(cls, report: Report, words: Words) -> "ImportOut":
        """In the language of the answer."""
        reasons = [
            ReasonOut(**words.label("refused", reason).model_dump(), count=count)
            for reason, count in report.reasons.most_common()
        ]
        refusals = [
            RefusalOut(line=each.line, column=each.column, reason=words.label("refused", each.reason))
            for each in report.refusals
        ]
        return cls(
            format=report.format.value,
            file=report.declared.digest,
            historical=report.declared.historical,
            rows=report.rows,
            published=report.published,
            not_available=report.not_available,
            held=report.held,
            unchanged=report.unchanged,
            refused=report.refused,
            reasons=reasons,
            refusals=refusals,
        )


async def _days(
    words: InWords,
    first: Annotated[
        PriceDay | None, Query(alias="from", description="left out: 30 days before `to`")
    ] = None,
    last: Annotated[PriceDay | None, Query(alias="to", description="left out: today")] = None,
) -> Days:
    return days_of(first, last, words.today)


Between = Annotated[Days, Depends(_days)]
"""The days of an export, 366 at most."""
