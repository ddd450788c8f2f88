"""Keeps what a service said of its routes. Several workers write the same; the last one wins, harmlessly."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.documents.models import ServiceDocument
from gateway.edge.catalogue import Catalogue
from shared.runtime import Runtime


def equip(run: Runtime) -> None:
    """Counts, for whoever watches, the services whose routes are not as they want them."""
    catalogue: Catalogue = run.part(Catalogue)
    gauge = run.metrics.gauge("city_documents_amiss", "Services without a document, or with one refused")
    gauge.set_function(lambda: len(catalogue.troubles()))


async def accept(
    session: AsyncSession, *, service: str, etag: str, document: dict[str, Any], now: datetime
) -> None:
    """The document is in force from now on, over restarts too."""
    values = {
        "etag": etag,
        "document": document,
        "accepted_at": now,
        "refused_etag": None,
        "refused_reason": None,
        "refused_at": None,
    }
    await _upsert(session, service, values)


async def refuse(session: AsyncSession, *, service: str, etag: str, reason: str, now: datetime) -> None:
    """The one in force stays; what was wrong with the new one is kept for whoever mends it."""
    values = {"refused_etag": etag, "refused_reason": reason[:1_000], "refused_at": now}
    await _upsert(session, service, values)


async def _upsert(session: AsyncSession, service: str, values: dict[str, Any]) -> None:
    statement = insert(ServiceDocument).values(service=service, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["service"], set_=values))
