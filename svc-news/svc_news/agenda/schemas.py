"""What a request of the agenda is narrowed to."""

from typing import Annotated

from fastapi import Depends, Query

from shared.errors import FieldError, Unprocessable
from shared.runtime import Run
from svc_news.agenda.usecases import Span
from svc_news.articles.schemas import Code, When, known_district


async def _span(
    run: Run,
    since: Annotated[When | None, Query(alias="from", description="Not over then; now, if left out")] = None,
    until: Annotated[When | None, Query(alias="to", description="Begun before")] = None,
    district: Annotated[Code | None, Query(description="Code of a district of the city")] = None,
) -> Span:
    """422 for a district nobody knows, or an end before the beginning."""
    begin = since or run.clock.now()
    if until is not None and until < begin:
        raise Unprocessable(errors=[FieldError("to", "ends_before_start")])
    return Span(begin, until, known_district(run, district))


Within = Annotated[Span, Depends(_span)]
"""The stretch of time, and the district."""
