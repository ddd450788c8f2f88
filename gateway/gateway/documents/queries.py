"""The documents in force."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.documents.models import ServiceDocument

_IN_FORCE = select(ServiceDocument.service, ServiceDocument.etag, ServiceDocument.document).where(
    ServiceDocument.document.isnot(None)
)


async def in_force(session: AsyncSession) -> Sequence[Row[Any]]:
    """(service, etag, document) of every service that ever gave a good one."""
    return (await session.execute(_IN_FORCE)).all()
