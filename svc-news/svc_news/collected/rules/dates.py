"""Moments as feeds write them: RFC 822, RFC 3339 and its parts, and what Indonesian sites make of them."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(minutes=10)
_WORDS = {
    "januari": "Jan", "februari": "Feb", "pebruari": "Feb", "maret": "Mar", "mei": "May", "juni": "Jun",
    "juli": "Jul", "agustus": "Aug", "agu": "Aug", "ags": "Aug", "september": "Sep", "oktober": "Oct",
    "okt": "Oct", "nopember": "Nov", "november": "Nov", "desember": "Dec", "des": "Dec",
    "wib": "+0700", "wita": "+0800", "wit": "+0900",
}  # fmt: skip
_DAY = re.compile(r"^\s*[A-Za-z']+\s*,\s*")
_WORD = re.compile(r"[A-Za-z]+")
_HOURS = re.compile(r"\b(\d{1,2})\.(\d{2})(?:\.(\d{2}))?\b(?=\s*(?:[A-Za-z+-]|$))")
_PART = re.compile(r"^(\d{4})(?:-(\d{2}))?$")
_DAYS = ("%d/%m/%Y", "%d-%m-%Y", "%d %b %Y", "%Y/%m/%d", "%Y-%m-%d")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M %z", " %H:%M:%S %z")
_FORMS = tuple(day + time for day in _DAYS for time in _TIMES)


def read_moment(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    """The moment in UTC; one without an offset is the city's.

    None: not readable, before 1990, or in the future.
    """
    found = _read(" ".join(text[:100].split()))
    if found is None:
        return None
    try:
        moment = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return moment if _EARLIEST <= moment <= now + _AHEAD else None


def _read(text: str) -> datetime | None:
    if (part := _PART.match(text)) is not None:
        text = f"{part[1]}-{part[2] or '01'}-01"
    try:
        return datetime.fromisoformat(text.replace("z", "Z"))
    except ValueError:
        pass
    spoken = _HOURS.sub(
        _colons, _WORD.sub(lambda word: _WORDS.get(word[0].lower(), word[0]), _DAY.sub("", text))
    )
    try:
        return parsedate_to_datetime(spoken)
    except (ValueError, TypeError, IndexError, OverflowError):
        return _in_a_form(spoken)


def _in_a_form(text: str) -> datetime | None:
    for form in _FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the city's, said by the caller
        except ValueError:
            continue
    return None


def _colons(found: re.Match[str]) -> str:
    """08.30 as Indonesians write it."""
    return ":".join(part for part in found.groups() if part)
