"""What opening hours mean at a moment: holidays, Ramadan, Friday's prayer, midnight, the sun, silence."""

from datetime import date, datetime

import pytest

from shared.city.pack import City, load_city
from svc_tourism.hours.rules import CityDays, CityHours, Fast, Hours, understood
from svc_tourism.pack import load_hours
from tests.conftest import PACK

MUSEUM = "Selasa-Minggu 09.00-15.00; Senin dan libur nasional tutup; Ramadan 09.00-14.00"
OFFICE = "Senin-Jumat 08.00-16.00, istirahat Jumat 11.30-13.00; libur nasional tutup; Ramadan 08.00-15.00"
STALL = "18.00-02.00"
EVERY = "Setiap hari 08.00-17.00"

#: Hours, local time, state, and when that changes ("" where it does not within a year).
MOMENTS: list[tuple[str, str, str, str]] = [
    # an ordinary week (Monday 2026-02-02)
    (OFFICE, "2026-02-02 07:59", "closed", "2026-02-02 08:00"),
    (OFFICE, "2026-02-02 08:00", "open", "2026-02-02 16:00"),
    (OFFICE, "2026-02-02 15:59", "open", "2026-02-02 16:00"),
    (OFFICE, "2026-02-02 16:00", "closed", "2026-02-03 08:00"),
    (OFFICE, "2026-02-07 10:00", "closed", "2026-02-09 08:00"),
    # the break of Friday's prayer (2026-02-06)
    (OFFICE, "2026-02-06 11:29", "open", "2026-02-06 11:30"),
    (OFFICE, "2026-02-06 11:30", "closed", "2026-02-06 13:00"),
    (OFFICE, "2026-02-06 13:00", "open", "2026-02-06 16:00"),
    (OFFICE, "2026-02-05 11:30", "open", "2026-02-05 16:00"),
    # 17 August 2026, a Monday; and joint leave, which the pack counts as a holiday
    (OFFICE, "2026-08-17 10:00", "closed", "2026-08-18 08:00"),
    (EVERY, "2026-08-17 10:00", "open", "2026-08-17 17:00"),
    (OFFICE, "2026-12-24 10:00", "closed", "2026-12-28 08:00"),
    ("Libur nasional 10.00-14.00", "2026-08-17 12:00", "open", "2026-08-17 14:00"),
    ("Libur nasional 10.00-14.00", "2026-08-18 12:00", "closed", "2026-08-25 10:00"),
    # a day of the year, whatever weekday it is; in Ramadan the days that are open anyway stay the same
    ("Setiap hari 08.00-17.00; 17 Agustus tutup", "2026-08-17 10:00", "closed", "2026-08-18 08:00"),
    ("Senin-Jumat 08.00-16.00; 31 Desember 08.00-12.00", "2026-12-31 12:30", "closed", "2027-01-01 08:00"),
    ("Senin-Jumat 08.00-16.00; 1 Mei tutup; Ramadan 08.00-15.00", "2026-02-21 10:00", "closed",
     "2026-02-23 08:00"),
    ("Senin-Jumat 08.00-16.00; 1 Mei tutup; Ramadan 08.00-15.00", "2026-02-23 10:00", "open",
     "2026-02-23 15:00"),
    ("08.00-17.00; 31 Desember tutup; Ramadan 09.00-15.00", "2030-12-31 10:00", "closed", "2031-01-01 09:00"),
    # Ramadan 2026: 19 February to 20 March
    (OFFICE, "2026-02-18 15:30", "open", "2026-02-18 16:00"),
    (OFFICE, "2026-02-19 15:30", "closed", "2026-02-20 08:00"),
    (OFFICE, "2026-02-20 12:00", "open", "2026-02-20 15:00"),
    (OFFICE, "2026-02-21 10:00", "closed", "2026-02-23 08:00"),
    (OFFICE, "2026-03-19 10:00", "closed", "2026-03-25 08:00"),
    (MUSEUM, "2026-03-03 14:30", "closed", "2026-03-04 09:00"),
    (MUSEUM, "2026-03-02 10:00", "closed", "2026-03-03 09:00"),
    (MUSEUM, "2026-03-25 14:30", "open", "2026-03-25 15:00"),
    ("Ramadan 16.00-22.00", "2026-03-03 17:00", "open", "2026-03-03 22:00"),
    ("Ramadan 16.00-22.00", "2026-04-03 17:00", "unknown", "2027-02-08 00:00"),
    # years nobody has announced are estimated: 2028 from 28 January
    (OFFICE, "2028-01-27 15:30", "open", "2028-01-27 16:00"),
    (OFFICE, "2028-01-28 15:30", "closed", "2028-01-31 08:00"),
    # over midnight, and over the turn of the year
    (STALL, "2026-02-02 23:30", "open", "2026-02-03 02:00"),
    (STALL, "2026-02-03 01:59", "open", "2026-02-03 02:00"),
    (STALL, "2026-02-03 02:00", "closed", "2026-02-03 18:00"),
    (STALL, "2026-12-31 23:59", "open", "2027-01-01 02:00"),
    (STALL, "2027-01-01 01:00", "open", "2027-01-01 02:00"),
    ("Sabtu 20.00-03.00", "2026-02-08 02:59", "open", "2026-02-08 03:00"),
    ("Sabtu 20.00-03.00", "2026-02-09 02:59", "closed", "2026-02-14 20:00"),
    # the sun over Tangerang at the beginning of March, after the library's tables
    ("matahari terbit - matahari terbenam", "2026-03-03 05:00", "closed", "2026-03-03 05:59"),
    ("matahari terbit - matahari terbenam", "2026-03-03 12:00", "open", "2026-03-03 18:12"),
    # always, never, perhaps
    ("24 jam", "2026-02-02 03:00", "open", ""),
    ("tutup", "2026-02-02 10:00", "closed", ""),
    ("dengan perjanjian", "2026-02-02 10:00", "unknown", ""),
    ("Sabtu & Minggu tutup", "2026-02-06 10:00", "unknown", "2026-02-07 00:00"),
    ("07.00 - selesai", "2026-02-02 23:00", "open", "2026-02-03 00:00"),
]  # fmt: skip


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(PACK)


@pytest.fixture(scope="module")
def known(city: City) -> CityHours:
    return load_hours(city)


def hours(text: str) -> Hours:
    written = understood(text)
    return Hours(written.opening_hours, written.ramadan_hours)


@pytest.mark.parametrize(
    ("text", "at", "state", "changes"), MOMENTS, ids=[f"{t} at {a}" for t, a, *_ in MOMENTS]
)
def test_the_state_at_a_moment_and_when_it_changes(
    known: CityHours, city: City, text: str, at: str, state: str, changes: str
) -> None:
    now = known.now(hours(text), datetime.fromisoformat(at).replace(tzinfo=city.zone))
    assert (now.state, f"{now.changes_at:%Y-%m-%d %H:%M}" if now.changes_at else "") == (state, changes)


def test_of_what_nobody_told_nothing_is_claimed(known: CityHours, city: City) -> None:
    silent = Hours(None)
    assert known.now(silent, datetime(2026, 2, 2, 10, tzinfo=city.zone)).state == "unknown"
    assert not known.day(silent, date(2026, 2, 2)).known


def test_a_moment_of_another_zone_is_the_same_moment(known: CityHours) -> None:
    moment = datetime.fromisoformat("2026-02-02T01:30:00+00:00")  # 08.30 in Tangerang
    assert known.now(hours(OFFICE), moment).state == "open"


def told(known: CityHours, text: str, day: str) -> list[str]:
    found = known.day(hours(text), date.fromisoformat(day))
    return [f"{each.start:%d %H:%M}-{each.end:%d %H:%M}{'' if each.sure else '?'}" for each in found.ranges]


def test_the_hours_of_a_day_belong_to_the_day_they_begin_on(known: CityHours) -> None:
    assert told(known, OFFICE, "2026-02-06") == ["06 08:00-06 11:30", "06 13:00-06 16:00"]
    assert told(known, STALL, "2026-02-02") == ["02 18:00-03 02:00"]
    assert told(known, "24 jam", "2026-02-02") == ["02 00:00-03 00:00"]
    assert told(known, "Senin-Selasa 24 jam", "2026-02-03") == ["03 00:00-04 00:00"]
    assert told(known, OFFICE, "2026-08-17") == []
    assert told(known, "dengan perjanjian", "2026-02-02") == ["02 00:00-03 00:00?"]


def test_a_week_says_which_days_are_special(known: CityHours) -> None:
    week = list(known.days_from(hours(MUSEUM), date(2026, 2, 15), 7))
    assert [day.holiday for day in week] == [False, True, True, False, False, False, False]
    assert [day.ramadan for day in week] == [False] * 4 + [True] * 3
    assert [len(day.ranges) for day in week] == [1, 0, 0, 1, 1, 1, 1]


def test_ramadans_hours_are_those_of_the_days_that_are_open_anyway(known: CityHours) -> None:
    assert told(known, "Senin-Jumat 08.00-16.00; Ramadan 08.00-15.00", "2026-02-21") == []
    assert told(known, "Senin-Jumat 08.00-16.00; Ramadan Sabtu 08.00-12.00", "2026-02-21") == [
        "21 08:00-21 12:00"
    ]


def test_announced_days_of_ramadan_go_before_the_estimate(city: City) -> None:
    days = CityDays(city.zone, (-6.2, 106.6), lambda _: False, [Fast(date(2027, 2, 9), date(2027, 3, 9))])
    assert [fast.first for fast in days.ramadans(2027)] == [date(2027, 2, 9)]
    assert [fast.first for fast in days.ramadans(2028)] == [date(2028, 1, 28)]
    assert [fast.first for fast in days.ramadans(2030)] == [date(2030, 1, 5), date(2030, 12, 26)]
    assert days.ramadans(2100) == []
    assert days.is_ramadan(date(2031, 1, 1))


def test_another_city_has_days_of_its_own() -> None:
    contoh = load_city(PACK.parent / "contoh")
    known = load_hours(contoh)
    shop = hours("Setiap hari 08.00-17.00; libur nasional tutup")

    def state(day: int, month: int = 11) -> str:
        return known.now(shop, datetime(2026, month, day, 10, tzinfo=contoh.zone)).state

    assert (state(24), state(25), state(26)) == ("open", "closed", "open")  # the day of the regency
    assert state(24, 12) == "open"  # worked in spite of joint leave


def test_one_expression_is_read_once_however_many_places_have_it(known: CityHours, city: City) -> None:
    fresh = CityHours(known.days)
    for minute in range(30):
        fresh.now(Hours("Mo-Fr 08:00-16:00"), datetime(2026, 2, 2, 10, minute, tzinfo=city.zone))
    assert fresh._made.cache_info().misses == 1
