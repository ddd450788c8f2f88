"""One page of a collection, or one feature of it."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely  # type: ignore[import-untyped]
from sqlalchemy.ext.asyncio import AsyncSession

from shared import paging
from shared.errors import BadCursor, NotFound
from shared.runtime import Runtime
from svc_tourism.areas.usecases import AreaShape, AreaShapes, Level
from svc_tourism.features import queries, rules
from svc_tourism.features.documents import Collection, Collections, Listing
from svc_tourism.features.queries import Page, Position
from svc_tourism.features.rules import Wanted
from svc_tourism.places.rules import plane_of

_UNKEPT = re.compile("[\x00\ud800-\udfff]")


def find_collection(run: Runtime, collection_id: str) -> Collection:
    """404 if there is none of that id."""
    collections: Collections = run.part(Collections)
    found = collections.by_id.get(collection_id)
    if found is None:
        raise NotFound
    return found


async def read_items(
    session: AsyncSession,
    run: Runtime,
    collection: Collection,
    asked: Sequence[tuple[str, str]],
    *,
    now: datetime,
    language: str,
) -> Listing:
    """At most 1,000 features by their ids. 400 for a parameter that is unknown or bad."""
    wanted = rules.read_parameters(asked, collection.queryables)
    after = _position(collection, wanted)
    page = await _page(session, run, collection, wanted, after, now, language)
    following = None
    if page.more:
        place = (_key(page.rows[-1]), -1 if page.matched is None else page.matched)
        following = paging.encode(place, wanted.narrowed(collection.id))
    return Listing(collection, asked, page.rows, page.matched, following)


async def read_feature(
    session: AsyncSession,
    run: Runtime,
    collection: Collection,
    feature_id: str,
    *,
    now: datetime,
    language: str,
) -> Any:
    """One feature's row; 404 if it is not in the collection, or no more."""
    found: Any = None
    if collection.source == "areas":
        found = next((each for each in _areas(run, collection) if each.code == feature_id), None)
    elif collection.source == "documents":
        if _is_text(feature_id):
            found = await queries.find_document(session, collection.of or "", feature_id, now, language)
    elif (place_id := _uuid(feature_id)) is not None:
        found = await queries.find_place(session, collection.of, place_id, language)
    if found is None:
        raise NotFound
    return found


async def _page(
    session: AsyncSession,
    run: Runtime,
    collection: Collection,
    wanted: Wanted,
    after: Position | None,
    now: datetime,
    language: str,
) -> Page:
    if collection.source == "areas":
        return _page_of_areas(_areas(run, collection), wanted, after)
    if collection.source == "documents":
        return await queries.page_of_documents(session, collection.of or "", wanted, after, now, language)
    plane = plane_of(run.city.bounding_box)
    return await queries.page_of_places(session, collection.of, wanted, after, plane, language)


def _page_of_areas(areas: Sequence[AreaShape], wanted: Wanted, after: Position | None) -> Page:
    """A hundred shapes in memory: no index needed. They hold at all times, whatever `datetime` says."""
    boxes = [shapely.box(p.west, p.south, p.east, p.north) for p in wanted.box.parts] if wanted.box else []
    found = [
        each
        for each in areas
        if all(getattr(each, name) == value for name, value in wanted.filters)
        and (not boxes or any(each.shape.intersects(box) for box in boxes))
    ]
    rest = [each for each in found if after is None or each.code > after.last]
    return Page(rest[: wanted.limit], len(found), len(rest) > wanted.limit)


def _areas(run: Runtime, collection: Collection) -> Sequence[AreaShape]:
    shapes: AreaShapes = run.part(AreaShapes)
    level: Level = "village" if collection.of == "village" else "district"
    return shapes.level(level)


def _position(collection: Collection, wanted: Wanted) -> Position | None:
    if wanted.cursor is None:
        return None
    last, matched = paging.decode(wanted.cursor, wanted.narrowed(collection.id), 2)
    if not isinstance(last, str) or not _is_text(last) or type(matched) is not int:
        raise BadCursor
    key: Any = last
    if collection.source == "places" and (key := _uuid(last)) is None:
        raise BadCursor
    return Position(key, None if matched < 0 else matched)


def _is_text(text: str) -> bool:
    """Whether the database can compare it: no NUL, and no half of a pair, which JSON can spell."""
    return _UNKEPT.search(text) is None


def _key(row: Any) -> str:
    return row.code if isinstance(row, AreaShape) else str(row.id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
