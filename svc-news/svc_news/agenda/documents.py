"""The agenda as iCalendar (RFC 5545)."""

from collections.abc import Iterable
from datetime import UTC, date, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vText

from svc_news.articles.documents import Words

MEDIA_TYPE = "text/calendar"


def calendar(events: Iterable[bytes], words: Words, title: str) -> bytes:
    """A calendar of these written events, in their order."""
    found = Calendar()
    found.add("prodid", f"-//{words.run.city.code}//svc-news//{words.language.upper()}")
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    for name in ("name", "x-wr-calname"):
        found[name] = vText(title)  # `add` would write it as it is, line ends and all
    found.add("x-wr-timezone", str(words.run.city.zone))
    found.add_component(_timezone(words.run.city.zone))
    head, end, rest = bytes(found.to_ical()).rpartition(b"END:VCALENDAR")
    return b"".join([head, *events, end, rest])


def written(row: Any, words: Words) -> bytes:
    """One VEVENT. UID is the article's id, SEQUENCE its version."""
    event, kept = Event(), row.event
    event.add("uid", str(row.id))
    event.add("dtstamp", row.changed_at.astimezone(UTC))
    event.add("created", row.published_at.astimezone(UTC))
    event.add("last-modified", row.changed_at.astimezone(UTC))
    event.add("sequence", row.version)
    event.add("summary", words.of(row.title))
    event.add("description", _description(row, words))
    _add_times(event, row, words)
    area = words.area(kept["area"]).label if kept["area"] else None
    event.add("location", ", ".join(part for part in (kept["place"], area) if part))
    if kept["lat"] is not None:
        event.add("geo", (kept["lat"], kept["lon"]))
    if keywords := words.keywords(row):
        event.add("categories", keywords)
    event.add("url", words.page(row))
    event.add("status", "CANCELLED" if row.cancelled_at else "CONFIRMED")
    event.add("class", "PUBLIC")
    return bytes(event.to_ical())


def _add_times(event: Event, row: Any, words: Words) -> None:
    """Whole days as dates, DTEND the day after the last one; else moments in the city's zone."""
    kept = row.event
    if kept["starts_on"]:
        event.add("dtstart", date.fromisoformat(kept["starts_on"]))
        event.add("dtend", date.fromisoformat(kept["ends_on"]) + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        return
    event.add("dtstart", words.local(row.starts_at))
    if row.ends_at:
        event.add("dtend", words.local(row.ends_at))


def _description(row: Any, words: Words) -> str:
    kept = row.event
    lines = [words.of(row.summary), words.text("agenda.organiser", name=kept["organiser"])]
    if kept["price"]:
        lines.append(words.text("agenda.price", price=kept["price"]))
    return "\n".join(lines)


@cache
def _timezone(zone: ZoneInfo) -> Timezone:
    """The rules of the city's zone, so that a calendar program need not know its name."""
    return Timezone.from_tzinfo(zone)
