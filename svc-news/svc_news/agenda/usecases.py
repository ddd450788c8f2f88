"""The agenda as people and calendar programs ask for it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.city.areas import District
from shared.errors import NotFound
from svc_news.agenda import documents
from svc_news.articles import queries
from svc_news.articles.documents import Words
from svc_news.articles.queries import Found
from svc_news.articles.queries import Span as Span

PAST, AHEAD, MOST = timedelta(days=31), timedelta(days=366), 500
"""What a calendar holds: the last month, so that what was cancelled is seen, and the next year."""
_AT_ONCE = 25


class Written:
    """Events as they were written before: to write 500 takes 0.15 s, in which nobody else is answered."""

    def __init__(self) -> None:
        self._known: dict[tuple[UUID, int, str], bytes] = {}

    async def of(self, rows: Sequence[Any], words: Words) -> list[bytes]:
        """Each event as a VEVENT; others are answered between."""
        if len(self._known) > 8 * MOST:
            self._known.clear()
        found = []
        for number, row in enumerate(rows):
            key = row.id, row.version, words.language
            if key not in self._known:
                self._known[key] = documents.written(row, words)
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)
            found.append(self._known[key])
        return found


async def page(session: AsyncSession, span: Span, limit: int, cursor: str | None) -> Found:
    """What takes place in a stretch of time, the soonest first."""
    return await queries.agenda_page(session, span, limit, cursor)


async def calendar(session: AsyncSession, words: Words, district: str | None, *, now: datetime) -> bytes:
    """The events of a district or of the whole city, as a calendar; 404 for a district nobody knows."""
    if district is not None and not isinstance(words.run.city.areas.find(district), District):
        raise NotFound
    span = Span(now - PAST, now + AHEAD, district)
    rows = await queries.events_within(session, span, MOST)
    kept: Written = words.run.parts.setdefault(Written, Written())
    events = await kept.of(rows, words)
    name = words.area(district).label if district else words.city
    return documents.calendar(events, words, words.text("agenda.title", place=name))


async def event(session: AsyncSession, words: Words, article_id: UUID) -> tuple[bytes, int]:
    """One event as a calendar of its own, and its version; 404 unless the public may read it."""
    row = await queries.public_event(session, article_id)
    if row is None:
        raise NotFound
    return documents.calendar([documents.written(row, words)], words, words.of(row.title)), row.version
