"""What a request says beside its body: which report, in which language, which part of a list."""

from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request

from shared.city.areas import District
from shared.errors import FieldError, Unprocessable
from shared.replies import IfMatch
from shared.runtime import Run
from svc_laksa.pack import ReportCategories
from svc_laksa.reports.documents import Words
from svc_laksa.reports.queries import Box, Filters, Narrowed
from svc_laksa.reports.rules import State
from svc_laksa.reports.usecases import Target

FollowToken = Annotated[
    str | None, Header(alias="X-Follow-Token", max_length=100, description="A guest's way back to a report")
]


_Ref = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9-]{1,60}$", description="The report's id, or its number LKS-…")
]


async def _shown(ref: _Ref, follow_token: FollowToken = None) -> Target:
    return Target(ref, None, follow_token)


async def _target(ref: _Ref, if_match: IfMatch = None) -> Target:
    return Target(ref, if_match)


async def _own(ref: _Ref, if_match: IfMatch = None, follow_token: FollowToken = None) -> Target:
    return Target(ref, if_match, follow_token)


async def _words(request: Request) -> Words:
    run = request.app.state.runtime
    return Words(run, request.scope["city"].language, run.clock.now())


async def _where(
    run: Run,
    category: Annotated[
        str | None, Query(max_length=60, description="A category's or a group's code")
    ] = None,
    state: State | None = None,
    area: Annotated[str | None, Query(max_length=40, description="Code of a village or a district")] = None,
    bbox: Annotated[
        str | None,
        Query(
            max_length=100,
            description="west,south,east,north in degrees",
            examples=["106.60,-6.20,106.66,-6.14"],
        ),
    ] = None,
) -> Filters:
    """What the public list is narrowed to; 422 for a code nobody knows."""
    tree: ReportCategories = run.part(ReportCategories)
    groups = {group.code: tuple(each.code for each in group.categories) for group in tree.groups}
    known = groups | {code: (code,) for code in tree.by_code}
    found = run.city.areas.find(area) if area is not None else None
    if category is not None and category not in known:
        raise Unprocessable(errors=[FieldError("category", "unknown")])
    if area is not None and found is None:
        raise Unprocessable(errors=[FieldError("area", "unknown")])
    village, district = (None, area) if isinstance(found, District) else (area, None)
    return Filters(known.get(category or "", ()), state, village, district, _box(bbox))


def _box(text: str | None) -> Box | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise Unprocessable(errors=[FieldError("bbox", "invalid")]) from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Unprocessable(errors=[FieldError("bbox", "invalid")])
    return Box(west, south, east, north)


async def _narrowed(
    request: Request,
    run: Run,
    state: State | None = None,
    mine: Annotated[bool, Query(description="Only what is assigned to me")] = False,
    overdue: Annotated[bool, Query(description="Only what is late")] = False,
) -> Narrowed:
    """What an agency's queue is narrowed to."""
    me = request.scope["city"].caller.sub if mine else None
    return Narrowed(state, me, run.clock.now() if overdue else None)


NarrowedTo = Annotated[Narrowed, Depends(_narrowed)]
"""The filters of an agency's queue."""
Shown = Annotated[Target, Depends(_shown)]
"""The report of the path, to be read; a guest's token shows more of it."""
Own = Annotated[Target, Depends(_own)]
"""The report of the path, for its reporter: a guest shows by token that it is his."""
Where = Annotated[Filters, Depends(_where)]
"""The filters of the public list."""
Which = Annotated[Target, Depends(_target)]
"""The report of the path, for staff; a header says which version they saw."""
InWords = Annotated[Words, Depends(_words)]
"""The language of the answer."""
