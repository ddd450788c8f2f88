"""The words of opening hours in Indonesian and English, and how a text is cut into them."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from svc_tourism.hours.rules.problems import NotUnderstood

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EVERY_DAY = frozenset(range(7))
_LEAP = 2024


class Kind(Enum):
    """What a word says."""

    DAY = auto()
    DAYS = auto()
    DATE = auto()
    HOLIDAY = auto()
    RAMADAN = auto()
    TIME = auto()
    SUN = auto()
    ALL_DAY = auto()
    OFF = auto()
    TO = auto()
    END = auto()
    EXCEPT = auto()
    BREAK = auto()
    OPEN_END = auto()
    UNKNOWN = auto()
    ZONE = auto()
    NOISE = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """One word: `value` is a day (Monday is 0), days, minutes after midnight, OSM's date or sun event."""

    kind: Kind
    part: str
    value: int | frozenset[int] | str = 0


_NAMES = (
    r"senin|sen|monday|mon|mo",
    r"selasa|sel|tuesday|tues?|tu",
    r"rabu|rab|wednesday|wed|we",
    r"kamis|kam|thursday|thurs?|thu|th",
    r"jum['’]?at|jum|friday|fri|fr",
    r"sabtu|sab|saturday|sat|sa",
    r"minggu|min|ahad|sunday|sun|su",
)
_MONTH_NAMES = (
    "januari|january|jan", "februari|february|feb", "maret|march|mar", "april|apr", "mei|may",
    "juni|june|jun", "juli|july|jul", "agustus|august|agu|aug", "september|sept|sep",
    "oktober|october|okt|oct", "november|nopember|nov", "desember|december|des|dec",
)  # fmt: skip
_SUN = {
    r"matahari terbit|sunrise": "sunrise",
    r"matahari (?:terbenam|tenggelam)|(?:waktu )?magh?rib|sunset": "sunset",
}
_PAUSE = "istirahat|break|rehat|jeda"
_WORDS: tuple[tuple[str, Kind, int | frozenset[int] | str], ...] = (
    (r"24 ?/ ?7", Kind.ALL_DAY, 0),
    (r"24 ?(?:jam|hours?|hrs?|h)(?: (?:penuh|non[ -]?stop|sehari))?|non[ -]?stop", Kind.ALL_DAY, 0),
    (r"(?:setiap|tiap|semua) ?hari|sehari-hari|7 hari(?: seminggu)?", Kind.DAYS, EVERY_DAY),
    (r"every ?day|daily|all week", Kind.DAYS, EVERY_DAY),
    (r"hari kerja|week ?days?|work(?:ing)? ?days?", Kind.DAYS, frozenset(range(5))),
    (r"akhir pekan|week ?ends?", Kind.DAYS, frozenset((5, 6))),
    (r"(?:hari )?libur nasional|hari besar(?: nasional)?|hari libur|tanggal merah", Kind.HOLIDAY, 0),
    (r"public holidays?|national holidays?|holidays?", Kind.HOLIDAY, 0),
    (r"(?:selama |during )?(?:bulan )?(?:ramadh?an|puasa)", Kind.RAMADAN, 0),
    (r"(?:dengan|sesuai|atas) (?:perjanjian|janji)|tidak (?:tentu|menentu)", Kind.UNKNOWN, 0),
    (r"by appointment|varies", Kind.UNKNOWN, 0),
    *((rf"(?:{names})s?", Kind.DAY, day) for day, names in enumerate(_NAMES)),
    *((names, Kind.SUN, name) for names, name in _SUN.items()),
    (r"s ?\. ?d ?\.?|s ?/ ?d|sd|sampai dengan|sampai|hingga|to|until|till?|through", Kind.TO, 0),
    (r"[-–—]", Kind.TO, 0),
    (rf"(?:(?:{_PAUSE}|kecuali|selain|tutup|closed)(?: untuk| for)? )?sh?[ao]lat(?= jum)", Kind.BREAK, 0),
    (r"tutup|libur|closed|off|close", Kind.OFF, 0),
    (r"kecuali|selain|except(?: on| for)?", Kind.EXCEPT, 0),
    (_PAUSE, Kind.BREAK, 0),
    (r"selesai|habis|last order|late", Kind.OPEN_END, 0),
    (r"buka|pukul|pkl\.?|jam operasional|jam buka|jam|hari|pada|dari|mulai", Kind.NOISE, 0),
    (r"open|on|from|at|hours?", Kind.NOISE, 0),
    (r"dan|and|serta|lalu|then|salat|sholat|shalat|setiap", Kind.NOISE, 0),
    (r"[,&+:()/]", Kind.NOISE, 0),
    (r"wib", Kind.ZONE, "wib"),
    (r"wita", Kind.ZONE, "wita"),
    (r"wit", Kind.ZONE, "wit"),
    (r"[;\n|.]", Kind.END, 0),
)  # fmt: skip
_CLOCK = re.compile(
    r"(?P<text>\d+(?:[.:]\d+)*)(?: ?(?P<half>am|pm|a\.m\.|p\.m\.|pagi|siang|sore|malam)(?![a-z]))?"
)
_DATE = re.compile(
    r"(\d{1,2}) (?:"
    + "|".join(f"({names})" for names in _MONTH_NAMES)
    + r")(?![a-z])(?: (20\d\d)(?![\d.:]))?"
)
_DIGITS = re.compile(r"(\d{1,2})(?:[.:](\d{2}))?|(\d{2})(\d{2})")
_STRANGER = re.compile(r"[^\W\d_]+|[^\s,;]+")
_PATTERNS: tuple[tuple[re.Pattern[str], Kind, int | frozenset[int] | str], ...] = tuple(
    (re.compile(rf"(?:{text}){'(?![a-z])' if text[-1] not in ']' else ''}"), kind, value)
    for text, kind, value in _WORDS
)
_AFTERNOON: dict[str, Callable[[int], int]] = {
    "am": lambda hour: hour % 12,
    "pm": lambda hour: hour % 12 + 12,
    "pagi": lambda hour: hour,
    "siang": lambda hour: hour + 12 if hour < 4 else hour,
    "sore": lambda hour: hour + 12 if hour < 8 else hour,
    "malam": lambda hour: 24 if hour == 12 else hour + 12 if 6 <= hour < 12 else hour,
}


def words_of(text: str) -> Iterator[Word]:
    """The words of the text in order; NotUnderstood for the first that means nothing here."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("‑", "-")
    place = 0
    while place < len(plain):
        if plain[place] in " \t\r":
            place += 1
            continue
        word, place = _next(plain, place)
        yield word


def _next(plain: str, place: int) -> tuple[Word, int]:
    for pattern, kind, value in _PATTERNS:
        if (found := pattern.match(plain, place)) is not None:
            return Word(kind, found.group(), value), found.end()
    if (found := _DATE.match(plain, place)) is not None:
        return _date(found), found.end()
    if (found := _CLOCK.match(plain, place)) is not None:
        return _time(found), found.end()
    stranger = _STRANGER.match(plain, place)
    raise NotUnderstood("hours_word_unknown", stranger.group() if stranger else plain[place:])


def _date(found: re.Match[str]) -> Word:
    """`Aug 17` or `2026 Aug 17`, as OSM writes it."""
    day, *months, year = found.groups()
    month = next(number for number, name in enumerate(months) if name)
    if not 1 <= int(day) <= monthrange(int(year or _LEAP), month + 1)[1]:
        raise NotUnderstood("hours_date_bad", found.group())
    spelled = f"{MONTHS[month]} {int(day):02d}"
    return Word(Kind.DATE, found.group(), f"{year} {spelled}" if year else spelled)


def _time(found: re.Match[str]) -> Word:
    """Minutes after midnight, 24:00 at most; `8`, `08.00`, `8:30`, `0830`, with am, pm, pagi … malam."""
    part, told = found.group(), _DIGITS.fullmatch(found["text"])
    if told is None:
        raise NotUnderstood("hours_time_bad", part)
    hour, minute = int(told[1] or told[3]), int(told[2] or told[4] or 0)
    half = (found["half"] or "").replace(".", "")
    if half and hour <= 12:
        hour = _AFTERNOON[half](hour)
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        raise NotUnderstood("hours_time_bad", part)
    return Word(Kind.TIME, part, hour * 60 + minute)
