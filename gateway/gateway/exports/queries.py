"""Reads of this slice."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.exports.models import Export, ExportPart


async def of_citizen(session: AsyncSession, citizen_id: str, now: datetime) -> Export | None:
    """Her export, unless its time is over."""
    export = await session.get(Export, citizen_id)
    return None if export is None or (export.expires_at and export.expires_at <= now) else export


async def parts(session: AsyncSession, export_id: UUID) -> Sequence[ExportPart]:
    """Its parts, by name of the service."""
    wanted = select(ExportPart).where(ExportPart.export_id == export_id).order_by(ExportPart.service)
    return (await session.scalars(wanted)).all()


async def late(session: AsyncSession, before: datetime) -> int:
    """How many that were asked for before are not complete."""
    wanted = select(func.count()).select_from(Export)
    return await session.scalar(wanted.where(Export.look_at.is_not(None), Export.requested_at < before)) or 0
