"""What people write about opening hours, and what becomes of it: a table of examples, and of nonsense."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_tourism.hours.rules import (
    CityDays,
    CityHours,
    Hours,
    NotUnderstood,
    Written,
    for_a_month,
    in_osm,
    understood,
)
from svc_tourism.hours.rules.grammar import LONGEST

ZONE = ZoneInfo("Asia/Jakarta")
KNOWN = CityHours(CityDays(ZONE, (-6.18, 106.63), lambda day: (day.month, day.day) == (8, 17)))
IN_RAMADAN = datetime(2026, 2, 20, 10, 0, tzinfo=ZONE)
"""A Friday."""

UNDERSTOOD: list[tuple[str, str | None, str | None]] = [
    # plain times, however they are written
    ("08.00-17.00", "08:00-17:00", None),
    ("08:00 - 17:00", "08:00-17:00", None),
    ("8-17", "08:00-17:00", None),
    ("0800-1700", "08:00-17:00", None),
    ("pukul 08.00 s.d. 16.00 WIB", "08:00-16:00", None),
    ("Pkl 08.00 s/d 16.00", "08:00-16:00", None),
    ("08.00 sampai dengan 16.00", "08:00-16:00", None),
    ("jam 8 pagi sampai jam 9 malam", "08:00-21:00", None),
    ("buka 8 tutup 17", "08:00-17:00", None),
    ("1 siang - 5 sore", "13:00-17:00", None),
    ("12 malam - 5 pagi", "00:00-05:00", None),
    ("9:00 am to 5:30 pm", "09:00-17:30", None),
    ("09.00–00.00", "09:00-24:00", None),
    ("18.00-02.00", "18:00-02:00", None),
    ("07.00 - selesai", "07:00+", None),
    ("matahari terbit - matahari terbenam", "sunrise-sunset", None),
    ("sunrise to sunset", "sunrise-sunset", None),
    ("08.00 - maghrib", "08:00-sunset", None),
    ("08.00-17.00 kecuali hari libur", "08:00-17:00; PH closed", None),
    # days
    ("Setiap hari 08.00-17.00", "08:00-17:00", None),
    ("08.00-17.00 setiap hari", "08:00-17:00", None),
    ("Tiap hari, 06.00 - 18.00", "06:00-18:00", None),
    ("Senin-Jumat 08.00 s.d. 16.00", "Mo-Fr 08:00-16:00", None),
    ("Senin s.d. Jumat: 08.00-16.00", "Mo-Fr 08:00-16:00", None),
    ("Sen-Jum 08.00-16.00", "Mo-Fr 08:00-16:00", None),
    ("hari kerja 07.30-16.00", "Mo-Fr 07:30-16:00", None),
    ("Akhir pekan 09.00-21.00", "Sa-Su 09:00-21:00", None),
    ("Senin, Rabu, Jumat 10.00-12.00", "Mo,We,Fr 10:00-12:00", None),
    ("Selasa dan Kamis 10.00-12.00", "Tu,Th 10:00-12:00", None),
    ("Sabtu-Senin 10.00-12.00", "Mo,Sa-Su 10:00-12:00", None),
    ("Ahad 07.00-12.00", "Su 07:00-12:00", None),
    ("Jum'at 13.00-15.00", "Fr 13:00-15:00", None),
    ("Monday to Friday 9am-5pm", "Mo-Fr 09:00-17:00", None),
    ("Mon-Fri 9-17, Sat 9-12", "Mo-Fr 09:00-17:00; Sa 09:00-12:00", None),
    ("Weekdays 8-17, weekends closed", "Mo-Fr 08:00-17:00; Sa-Su closed", None),
    ("Daily 10:00-22:00", "10:00-22:00", None),
    ("Kamis s.d. Minggu 10.00-20.00", "Th-Su 10:00-20:00", None),
    ("hari Minggu pukul 05.00-10.00", "Su 05:00-10:00", None),
    ("Saturdays & Sundays 7 am - 11 am", "Sa-Su 07:00-11:00", None),
    ("Sabtu 24 jam, Minggu 24 jam", "Sa; Su", None),
    ("dari jam 7 pagi hingga 4 sore", "07:00-16:00", None),
    # always
    ("24 jam", "24/7", None),
    ("Setiap hari 24 jam", "24/7", None),
    ("24 hours", "24/7", None),
    ("24/7", "24/7", None),
    ("Senin-Kamis 24 jam", "Mo-Th", None),
    # closed days; whoever names only those has not said that the others are closed too
    ("Sabtu & Minggu tutup", "24/7 unknown; Sa-Su closed", None),
    ("Libur nasional tutup", "24/7 unknown; PH closed", None),
    ("tutup", "24/7 closed", None),
    ("Senin-Jumat 08.00-16.00; Sabtu & Minggu tutup", "Mo-Fr 08:00-16:00; Sa-Su closed", None),
    ("Tutup hari Senin. Selasa-Minggu 09.00-15.00", "Tu-Su 09:00-15:00; Mo closed", None),
    ("Jumat tutup; setiap hari 08.00-17.00", "08:00-17:00; Fr closed", None),
    ("Closed on Mondays. Tue-Sun 9-15", "Tu-Su 09:00-15:00; Mo closed", None),
    ("Setiap hari kecuali Senin 08.00-17.00", "Tu-Su 08:00-17:00", None),
    ("Setiap hari 08.00-17.00 kecuali Senin dan Selasa", "We-Su 08:00-17:00", None),
    ("Setiap hari 08.00-17.00 kecuali Jumat 08.00-11.30", "08:00-17:00; Fr 08:00-11:30", None),
    ("every day except Sunday 10-20", "Mo-Sa 10:00-20:00", None),
    ("libur nasional tutup; Senin-Jumat 08.00-16.00", "Mo-Fr 08:00-16:00; PH closed", None),
    ("Senin-Jumat 08.00-16.00, tanggal merah libur", "Mo-Fr 08:00-16:00; PH closed", None),
    ("Minggu dan hari libur nasional 09.00-13.00", "Su 09:00-13:00; PH 09:00-13:00", None),
    ("Mon-Sat 8-20, public holidays 10-14", "Mo-Sa 08:00-20:00; PH 10:00-14:00", None),
    # breaks
    ("Jumat 08.00-11.30 dan 13.00-16.00", "Fr 08:00-11:30,13:00-16:00", None),
    ("Senin-Jumat 08.00-16.00 (istirahat 12.00-13.00)", "Mo-Fr 08:00-12:00,13:00-16:00", None),
    (
        "Senin-Jumat 08.00-16.00, istirahat Jumat 11.30-13.00",
        "Mo-Fr 08:00-16:00; Fr 08:00-11:30,13:00-16:00",
        None,
    ),
    ("08.00-17.00, tutup 12.00-13.00", "08:00-12:00,13:00-17:00", None),
    ("18.00-02.00 istirahat 23.00-23.30", "18:00-23:00,23:30-02:00", None),
    # Friday's prayer
    ("Jumat 08.00-16.00, tutup salat Jumat 11.30-13.00", "Fr 08:00-16:00; Fr 08:00-11:30,13:00-16:00", None),
    (
        "Setiap hari 08.00-17.00 (salat Jumat 11.30-13.00)",
        "08:00-17:00; Fr 08:00-11:30,13:00-17:00",
        None,
    ),
    (
        "Senin-Jumat 08.00-16.00, istirahat sholat Jum'at 11.30 s.d. 13.00",
        "Mo-Fr 08:00-16:00; Fr 08:00-11:30,13:00-16:00",
        None,
    ),
    (
        "Senin-Jumat 08.00-16.00 kecuali salat Jumat 11.30-13.00; Sabtu tutup",
        "Mo-Fr 08:00-16:00; Fr 08:00-11:30,13:00-16:00; Sa closed",
        None,
    ),
    ("08.00-17.00, tutup Jumat 11.30-13.00", "08:00-17:00; Fr 08:00-11:30,13:00-17:00", None),
    (
        "Senin-Kamis 08.00-16.00, tutup Jumat, Sabtu 08.00-12.00",
        "Mo-Th 08:00-16:00; Fr closed; Sa 08:00-12:00",
        None,
    ),
    ("Setiap hari 08.00-17.00, Jumat tutup 11.30-13.00", "08:00-17:00; Fr 08:00-11:30,13:00-17:00", None),
    (
        "Senin-Jumat 08.00-16.00. Jumat istirahat 11.30-13.00",
        "Mo-Fr 08:00-16:00; Fr 08:00-11:30,13:00-16:00",
        None,
    ),
    # days of the year
    ("17 Agustus tutup", "24/7 unknown; Aug 17 closed", None),
    ("Senin-Jumat 08.00-16.00; 17 Agustus tutup", "Mo-Fr 08:00-16:00; Aug 17 closed", None),
    ("Setiap hari 08.00-17.00 kecuali 1 Januari dan 17 Agustus", "08:00-17:00; Jan 1,Aug 17 closed", None),
    ("Daily 9-17, 25 December closed", "09:00-17:00; Dec 25 closed", None),
    ("08.00-17.00; 31 Desember 08.00-12.00", "08:00-17:00; Dec 31 08:00-12:00", None),
    ("08.00-17.00; libur nasional tutup; 17 Agustus 2026 09.00-12.00",
     "08:00-17:00; PH closed; 2026 Aug 17 09:00-12:00", None),
    ("24 jam non stop", "24/7", None),
    # Ramadan
    ("Ramadan 08.00-15.00", None, "08:00-15:00"),
    ("08.00-17.00; Ramadhan 08.00-15.00", "08:00-17:00", "08:00-15:00"),
    ("08.00-17.00; 08.00-15.00 selama bulan puasa", "08:00-17:00", "08:00-15:00"),
    ("Ramadan tutup. Setiap hari 08.00-17.00", "08:00-17:00", "24/7 closed"),
    (
        "Senin-Jumat 08.00-16.00. Ramadan Senin-Kamis 08.00-15.00, Jumat 08.00-15.30",
        "Mo-Fr 08:00-16:00",
        "Mo-Th 08:00-15:00; Fr 08:00-15:30",
    ),
    ("Mon-Fri 8-16; during Ramadan 8-15", "Mo-Fr 08:00-16:00", "08:00-15:00"),
    # not fixed
    ("dengan perjanjian", '24/7 unknown "dengan perjanjian"', None),
    ("Senin-Jumat by appointment", 'Mo-Fr unknown "by appointment"', None),
    # a whole sign
    (
        "Jam operasional: Senin - Jumat 08.00 - 16.00 WIB, Sabtu 08.00-12.00; Minggu & libur nasional tutup",
        "Mo-Fr 08:00-16:00; Sa 08:00-12:00; Su closed; PH closed",
        None,
    ),
    ("Senin-Kamis 08.00-15.30\nJumat 08.00-11.00", "Mo-Th 08:00-15:30; Fr 08:00-11:00", None),
    # OSM's grammar stays what it is
    ("Mo-Fr 08:00-17:00; PH off", "Mo-Fr 08:00-17:00; PH closed", None),
    ("Mo-Fr,PH 08:00-17:00", "Mo-Fr,PH 08:00-17:00", None),
    ("Mo-Su 18:00-02:00", "Mo-Su 18:00-02:00", None),
    ("Jan-Mar 08:00-12:00; Apr-Dec 08:00-17:00", "Jan-Mar 08:00-12:00; Apr-Dec 08:00-17:00", None),
    ("sunrise-sunset; Mo off", "sunrise-sunset; Mo closed", None),
    ('Mo-Fr 08:00-16:00 "lewat pintu timur"', 'Mo-Fr 08:00-16:00 "lewat pintu timur"', None),
]  # fmt: skip

NONSENSE: list[tuple[str, str, str]] = [
    ("", "hours_empty", ""),
    ("   ", "hours_empty", ""),
    ("halo dunia", "hours_word_unknown", "halo"),
    ("Senen 08.00-10.00", "hours_word_unknown", "senen"),
    ("Senin-Jumat 08.00-16.00, kira-kira", "hours_word_unknown", "kira"),
    ("Senin 25.00-26.00", "hours_time_bad", "25.00"),
    ("08.00-17.75", "hours_time_bad", "17.75"),
    ("8.5-17", "hours_time_bad", "8.5"),
    ("telepon 08123456789", "hours_word_unknown", "telepon"),
    ("08123456789", "hours_time_bad", "…"),
    ("Senin-Jumat", "hours_without_times", "senin-jumat"),
    ("Setiap hari", "hours_without_times", "setiap hari"),
    ("Senin-Jumat 08.00-16.00, Sabtu", "hours_without_times", "sabtu"),
    ("08.00", "hours_end_missing", "08.00"),
    ("Senin 08.00 Selasa 09.00", "hours_end_missing", "08.00"),
    ("08.00-08.00", "hours_range_empty", "08.00-08.00"),
    ("08.00-17.00 - 18.00", "hours_word_misplaced", "-"),
    ("08.00-12.00 istirahat 15.00-16.00", "hours_break_outside", "15.00"),
    ("Senin-Kamis 08.00-16.00 tutup Jumat 11.30-13.00", "hours_break_outside", "tutup jumat"),
    ("salat Jumat 11.30-13.00", "hours_break_outside", "salat"),
    ("Sabtu 08.00-12.00. Jumat tutup 11.30-13.00", "hours_break_outside", "jumat"),
    ("08.00-17.00; Ramadan Jumat tutup 11.30-13.00", "hours_word_misplaced", "11.30"),
    ("Minggu tutup 08.00-10.00", "hours_word_misplaced", "08.00"),
    ("30 Februari tutup", "hours_date_bad", "30 februari"),
    ("17 Agustus", "hours_without_times", "17 agustus"),
    ("istirahat 12.00-13.00", "hours_break_outside", "istirahat"),
    ("08.00-12.00 istirahat", "hours_end_missing", "istirahat"),
    ("Setiap hari 08.00-17.00 kecuali setiap hari", "hours_no_day_left", "setiap hari 08.00"),
    ("Senin 08.00-10.00 WITA", "hours_zone_other", "wita"),
    ("buka", "hours_not_understood", "buka"),
    ("PH +1 day off", "hours_unsupported", "PH 1 days closed"),
    ("Mo-Fr 08:00-12:00; SH off", "hours_unsupported", "SH closed"),
    ("Jan PH 08:00-12:00", "hours_unsupported", "Jan PH 08:00-12:00"),
    ("08.00-17.00; Ramadan 08.00-15.00, 17 Agustus tutup", "hours_unsupported", "17 agustus tutup"),
    ("08.00-17.00; Ramadan 08.00-15.00, libur nasional tutup", "hours_unsupported", "PH closed"),
    ('Mo-Fr 08:00-17:00 || "tanya"', "hours_unsupported", "|| 24/7"),
    ("x" * (LONGEST + 1), "hours_too_long", "x" * 40),
]


def test_there_are_eighty_examples() -> None:
    assert len(UNDERSTOOD) >= 80
    assert len({text for text, *_ in UNDERSTOOD}) == len(UNDERSTOOD)


@pytest.mark.parametrize(("text", "usual", "ramadan"), UNDERSTOOD, ids=[text for text, *_ in UNDERSTOOD])
def test_what_is_written_becomes_osms_grammar(text: str, usual: str | None, ramadan: str | None) -> None:
    written = understood(text)
    assert (written.opening_hours, written.ramadan_hours) == (usual, ramadan)
    for made in (usual, ramadan):  # and means the same when it is read again
        assert made is None or in_osm(made) == made


@pytest.mark.parametrize(("text", "code", "part"), NONSENSE, ids=[text[:40] for text, *_ in NONSENSE])
def test_nonsense_is_refused_and_the_wrong_part_named(text: str, code: str, part: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        understood(text)
    assert (caught.value.code, caught.value.part) == (code, part)


def test_the_zone_that_is_named_must_be_the_citys() -> None:
    assert understood("08.00-16.00 WIT", "Asia/Jayapura").opening_hours == "08:00-16:00"
    with pytest.raises(NotUnderstood, match="hours_zone_other: wib"):
        understood("08.00-16.00 WIB", "Asia/Jayapura")


def what_becomes_of(text: str) -> Written | NotUnderstood:
    try:
        return understood(text)
    except NotUnderstood as error:
        return error


WORDS = (
    *[
        "senin",
        "jumat",
        "-",
        "08.00",
        "17.00",
        "tutup",
        "kecuali",
        "istirahat",
        "ramadan",
        ";",
        ",",
        "selesai",
        "dan",
        "PH",
        "off",
        "Mo",
        "12",
        "Fr",
        "17 agustus",
    ],
    *("24 jam", "libur nasional", "setiap hari", "matahari terbit", "08:00-16:00", '"'),
)


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_whatever_is_put_together_is_understood_or_refused_by_part(text: str) -> None:
    made = what_becomes_of(text)
    if isinstance(made, Written):
        hours = Hours(made.opening_hours, made.ramadan_hours)
        assert any(hours)
        assert KNOWN.now(hours, IN_RAMADAN).state in ("open", "closed", "unknown")
        assert len(list(KNOWN.days_from(hours, IN_RAMADAN.date(), 2))) == 2
    else:
        assert made.code


@pytest.mark.parametrize(
    "text",
    ["Mar 01-20 10:00-15:00", "week 10 08:00-12:00", "2026 08:00-12:00", "Fr[1] 08:00-12:00", "PH off",
     "Mo 10:00-12:00, We 12:00-13:00", "Mo-Fr 08:00-15:00; Aug 17 off"],
)  # fmt: skip
def test_in_ramadan_only_weekdays_and_times_are_told_apart(text: str) -> None:
    with pytest.raises(NotUnderstood, match="hours_unsupported"):
        for_a_month(in_osm(text) or "")
    for good in ("24/7", "Mo-Fr 08:00-15:00; Sa,Su off", "16:00+", 'sunrise-12:00 "Mo[1] || PH"'):
        hours = Hours("Mo-Sa 08:00-17:00", for_a_month(in_osm(good) or ""))
        assert KNOWN.now(hours, IN_RAMADAN).state == ("closed" if "16" in good else "open")


@given(st.text(max_size=200))
def test_no_text_at_all_breaks_it(text: str) -> None:
    made = what_becomes_of(text)
    assert not isinstance(made, NotUnderstood) or len(made.part) <= 40
