"""`GET /internal/snapshots/{kind}`: what a service owns, for those who were told of it and lost it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Allow, Caller, System
from shared.contracts.snapshots import SnapshotItem, SnapshotPage
from shared.db import Db
from shared.errors import NotFound
from shared.routes import CityRouter
from shared.runtime import Run, Runtime

Reader = Callable[[AsyncSession, Runtime, UUID | None, int], Awaitable[list[SnapshotItem]]]
"""Reads up to that many entities with a greater id than the one given, in the order of their ids."""


def router(kinds: Mapping[str, Reader]) -> CityRouter:
    """The route of one service; only the platform itself may read, and a kind it does not own is 404."""
    made = CityRouter()

    @made.get("/internal/snapshots/{kind}", include_in_schema=False)
    async def snapshot(
        kind: str,
        session: Db,
        run: Run,
        caller: Annotated[Caller, Allow(System)],
        after: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 500,
    ) -> SnapshotPage:
        """One page by keyset: what changes meanwhile is in it as it was or as it is, never missing."""
        if kind not in kinds:
            raise NotFound
        items = await kinds[kind](session, run, after, limit)
        return SnapshotPage(items=tuple(items), next=items[-1].id if len(items) == limit else None)

    return made
