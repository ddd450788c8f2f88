"""The agenda as a list and as calendars, read back with an iCalendar reader."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event

from svc_news.newsroom.rules import Misfit, held
from tests.svc_news.newsroom import JATIUWUNG, TANGERANG, Newsroom, article, event

ZONE = ZoneInfo("Asia/Jakarta")


async def calendar(newsroom: Newsroom, path: str, **headers: str) -> tuple[list[Event], bytes]:
    """The events of a calendar, and its bytes."""
    answer = await newsroom.get(path, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/calendar")
    (found,) = Calendar.from_ical(answer.content, multiple=True)
    assert found.errors == []
    return [part for part in found.walk("VEVENT") if isinstance(part, Event)], answer.content


async def test_events_come_soonest_first_and_only_those_that_are_not_over(newsroom: Newsroom) -> None:
    later = await newsroom.published(kind="agenda", event=event(starts_at="2026-02-20T08:00:00+07:00"))
    soon = await newsroom.published(kind="agenda")
    running = await newsroom.published(
        kind="agenda", event=event(starts_on="2026-01-30", ends_on="2026-02-03", point=None)
    )
    await newsroom.published(kind="agenda", event=event(starts_on="2026-01-31"))
    await newsroom.published()
    for query, wanted in {
        "": [running, soon, later],
        "to=2026-02-10T00:00:00Z": [running, soon],
        "from=2026-02-04T00:00:00Z": [soon, later],
        f"district={TANGERANG}": [soon, later],
        f"district={JATIUWUNG}": [],
    }.items():
        found = (await newsroom.get(f"/v1/news/agenda?{query}")).json()["items"]
        assert [item["id"] for item in found] == [made["id"] for made in wanted], query
    first = (await newsroom.get("/v1/news/agenda?limit=2")).json()
    rest = (await newsroom.get(f"/v1/news/agenda?limit=2&cursor={first['next']}")).json()
    assert [i["id"] for i in first["items"] + rest["items"]] == [m["id"] for m in (running, soon, later)]
    assert rest["next"] is None
    turned = await newsroom.get("/v1/news/agenda?from=2026-02-04T00:00:00Z&to=2026-02-03T00:00:00Z")
    assert turned.json()["errors"][0]["field"] == "to"


async def test_an_event_is_placed_by_its_point_and_told_as_a_document_that_expires(
    newsroom: Newsroom,
) -> None:
    made = await newsroom.published(kind="agenda")
    found = (await newsroom.read(made["id"]))["event"]
    assert found == {
        "all_day": False,
        "starts_at": "2026-02-07T19:00:00+07:00",
        "ends_at": "2026-02-07T22:00:00+07:00",
        "starts_on": None,
        "ends_on": None,
        "place": "Demo: alun-alun",
        "point": {"lat": -6.1729, "lon": 106.6319},
        "area": {"code": "36.71.01.1001", "label": "Sukarasa"},
        "organiser": "Demo: dinas kebudayaan",
        "price": None,
        "cancelled": False,
        "calendar": f"/v1/news/agenda/events/{made['id']}.ics",
    }
    (document,) = [
        d for kind, _, d in await newsroom.told(made["id"]) if kind == "news.document_published.v1"
    ]
    assert document["kind"] == "news_event"
    assert document["point"] == {"lat": -6.1729, "lon": 106.6319}
    assert document["area"] == "36.71.01.1001"
    assert document["starts_at"] == "2026-02-07T12:00:00Z"
    assert document["ends_at"] == document["expires_at"] == "2026-02-07T15:00:00Z"
    graph = (await newsroom.read(made["id"]))["json_ld"]["@graph"]
    assert graph[1]["@type"] == "Event"
    assert graph[1]["startDate"] == "2026-02-07T19:00:00+07:00"


async def test_a_calendar_is_read_back_as_it_was_written(newsroom: Newsroom) -> None:
    title = "Demo: pasar; malam, \\ 'bazar' 😀 " + "panjang " * 15
    made = await newsroom.published(
        kind="agenda",
        title=title,
        summary="Demo: baris satu; koma, titik.",
        event=event(price="gratis; tanpa tiket"),
        tags=["budaya"],
    )
    (found,), content = await calendar(newsroom, "/v1/news/agenda.ics")
    assert str(found["UID"]) == made["id"]
    assert str(found["SUMMARY"]) == title.strip()
    assert str(found["DESCRIPTION"]).splitlines() == [
        "Demo: baris satu; koma, titik.",
        "Penyelenggara: Demo: dinas kebudayaan",
        "Biaya: gratis; tanpa tiket",
    ]
    assert found.decoded("DTSTART") == datetime(2026, 2, 7, 19, tzinfo=ZONE)
    assert found.decoded("DTEND") == datetime(2026, 2, 7, 22, tzinfo=ZONE)
    assert found["DTSTART"].params["TZID"] == "Asia/Jakarta"
    assert found.decoded("DTSTAMP") == newsroom.clock.now() - timedelta(minutes=1)
    assert int(found["SEQUENCE"]) == made["version"]
    assert (str(found["STATUS"]), str(found["LOCATION"])) == ("CONFIRMED", "Demo: alun-alun, Sukarasa")
    assert (found["GEO"].latitude, found["GEO"].longitude) == (-6.1729, 106.6319)
    assert b"BEGIN:VTIMEZONE" in content
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert b"\n" not in content.replace(b"\r\n", b"")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028"])
async def test_what_belongs_on_one_line_is_one_line_and_writes_no_other_in_a_calendar(
    newsroom: Newsroom, end: str
) -> None:
    words = f"Demo; satu,{end}BEGIN:VALARM"
    more = event(place=words, organiser=words, price=words)
    made = await newsroom.published(kind="agenda", title=words, summary=words, byline=words, event=more)
    found = await newsroom.read(made["id"])
    one = "Demo; satu, BEGIN:VALARM"
    assert [found[name] for name in ("title", "summary", "byline")] == [one] * 3
    assert [found["event"][name] for name in ("place", "organiser", "price")] == [one] * 3
    (read,), content = await calendar(newsroom, f"/v1/news/agenda/events/{made['id']}.ics")
    assert (str(read["SUMMARY"]), read.walk("VALARM")) == (one, [])
    assert b"X-WR-CALNAME:Demo\\; satu\\, BEGIN:VALARM\r\n" in content


async def test_whole_days_end_with_the_last_one(newsroom: Newsroom) -> None:
    days = event(starts_on="2026-02-10", ends_on="2026-02-12", point=None, area=JATIUWUNG)
    made = await newsroom.published(kind="agenda", event=days)
    one, _ = await calendar(newsroom, f"/v1/news/agenda/events/{made['id']}.ics")
    assert (one[0].decoded("DTSTART"), one[0].decoded("DTEND")) == (date(2026, 2, 10), date(2026, 2, 13))
    assert one[0]["DTSTART"].params["VALUE"] == "DATE"
    found = (await newsroom.read(made["id"]))["event"]
    assert (found["all_day"], found["starts_on"], found["ends_on"]) == (True, "2026-02-10", "2026-02-12")
    ids = [str(each["UID"]) for each in (await calendar(newsroom, f"/v1/news/agenda/{JATIUWUNG}.ics"))[0]]
    assert ids == [made["id"]]
    assert (await calendar(newsroom, f"/v1/news/agenda/{TANGERANG}.ics"))[0] == []


async def test_a_moved_or_cancelled_event_keeps_its_uid_and_counts_up(newsroom: Newsroom) -> None:
    made = await newsroom.published(kind="agenda")
    path = f"/v1/news/agenda/events/{made['id']}.ics"
    (before,), _ = await calendar(newsroom, path)
    moved = event(starts_at="2026-02-08T19:00:00+07:00", ends_at="2026-02-08T22:00:00+07:00")
    await newsroom.corrected(made, kind="agenda", event=moved, title="Demo: judul lain", slug="lain-sekali")
    (after,), _ = await calendar(newsroom, path)
    await newsroom.act(newsroom.editor, made, "cancel", {"reason": {"id": "Demo: hujan lebat"}})
    (gone,), _ = await calendar(newsroom, path)
    assert {str(each["UID"]) for each in (before, after, gone)} == {made["id"]}
    assert int(before["SEQUENCE"]) < int(after["SEQUENCE"]) < int(gone["SEQUENCE"])
    assert [str(each["STATUS"]) for each in (before, after, gone)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert (await newsroom.read(made["id"]))["event"]["cancelled"]
    assert (await newsroom.read(made["id"]))["corrections"][-1]["note"] == "Demo: hujan lebat"
    listed = (await newsroom.get("/v1/news/agenda")).json()["items"]
    assert [item["event"]["cancelled"] for item in listed] == [True]
    twice = await newsroom.post(newsroom.editor, f"/{made['id']}/cancel", {"reason": {"id": "x"}})
    assert twice.json()["code"] == "wrong_state"
    assert "news.event_cancelled.v1" in [kind for kind, _, _ in await newsroom.told(made["id"])]
    news = await newsroom.published()
    refused = await newsroom.post(newsroom.editor, f"/{news['id']}/cancel", {"reason": {"id": "x"}})
    assert refused.status_code == 409


async def test_search_and_feeds_say_of_a_cancelled_event_that_it_is_cancelled(newsroom: Newsroom) -> None:
    made = await newsroom.published(kind="agenda", source="demo")
    await newsroom.act(newsroom.editor, made, "cancel", {"reason": {"id": "Demo: hujan lebat"}})
    told = [d for kind, _, d in await newsroom.told(made["id"]) if kind == "news.document_published.v1"]
    assert [each["title"]["id"] for each in told] == [
        "Demo: taman kota dibuka",
        "Dibatalkan: Demo: taman kota dibuka",
    ]
    assert told[1]["title"]["en"] == "Cancelled: Demo: city park opens"
    for form in ("atom", "rss", "json"):
        feed = (await newsroom.get(f"/feeds/news.{form}")).content.decode()
        assert "Dibatalkan: Demo: taman kota dibuka" in feed, form
        assert "Demo: hujan lebat" in feed, form


async def test_an_event_without_an_end_has_none_in_its_document(newsroom: Newsroom) -> None:
    made = await newsroom.published(kind="agenda", event=event(starts_at="2026-02-07T19:00:00+07:00"))
    (told,) = [d for kind, _, d in await newsroom.told(made["id"]) if kind == "news.document_published.v1"]
    assert (told["starts_at"], told["ends_at"]) == ("2026-02-07T12:00:00Z", None)
    assert told["expires_at"] == "2026-02-07T17:00:00Z"
    news = await newsroom.published()
    (told,) = [d for kind, _, d in await newsroom.told(news["id"]) if kind == "news.document_published.v1"]
    assert (told["starts_at"], told["ends_at"], told["source"]) == (None, None, "newsroom")


async def test_a_calendar_is_not_sent_twice_and_nobody_gets_one_that_is_not_there(newsroom: Newsroom) -> None:
    made = await newsroom.published(kind="agenda")
    first = await newsroom.get("/v1/news/agenda.ics")
    newsroom.clock.advance(timedelta(minutes=5))
    assert (await newsroom.get("/v1/news/agenda.ics", If_None_Match=first.headers["ETag"])).status_code == 304
    news, draft = await newsroom.published(), await newsroom.draft(kind="agenda")
    for path in ("/36.71.99.ics", f"/events/{news['id']}.ics", f"/events/{draft['id']}.ics"):
        assert (await newsroom.get(f"/v1/news/agenda{path}")).status_code == 404
    await newsroom.withdrawn(made)
    assert (await calendar(newsroom, "/v1/news/agenda.ics"))[0] == []


@pytest.mark.parametrize(
    ("times", "field", "code"),
    [
        ({"starts_at": None}, "event.starts_at", "either_time_or_day"),
        (
            {"starts_on": "2026-02-07", "starts_at": "2026-02-07T19:00:00Z"},
            "event.starts_at",
            "either_time_or_day",
        ),
        (
            {"starts_on": "2026-02-07", "ends_at": "2026-02-07T19:00:00Z"},
            "event.ends_at",
            "either_time_or_day",
        ),
        ({"ends_on": "2026-02-07"}, "event.ends_on", "either_time_or_day"),
        ({"ends_at": "2026-02-07T18:00:00+07:00"}, "event.ends_at", "ends_before_start"),
        ({"ends_at": "2027-03-07T18:00:00+07:00"}, "event.ends_at", "too_far_apart"),
        ({"starts_on": "9999-12-31"}, "event.starts_on", "out_of_range"),
        ({"starts_on": "2026-02-07", "ends_on": "9999-12-31"}, "event.ends_on", "too_far_apart"),
        ({"starts_at": "0026-02-07T19:00:00+07:00"}, "event.starts_at", "out_of_range"),
        ({"area": "99.99"}, "event.area", "unknown"),
        ({"starts_on": 1770000000}, "event.starts_on", "date_parsing"),
        ({"starts_on": "2026-02-30"}, "event.starts_on", "date_from_datetime_parsing"),
    ],
)
async def test_a_slip_in_an_events_times_is_named(
    newsroom: Newsroom, times: dict[str, Any], field: str, code: str
) -> None:
    answer = await newsroom.post(newsroom.author, "", article(kind="agenda", event=event(**times)))
    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]


async def test_an_event_belongs_to_the_agenda_alone(newsroom: Newsroom) -> None:
    for body, code in (
        (article(kind="agenda", event=None), "missing"),
        (article(event=event()), "not_of_this_kind"),
    ):
        answer = await newsroom.post(newsroom.author, "", body)
        assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("event", code)]


def test_an_event_without_an_end_is_over_with_its_day() -> None:
    found = held(datetime(2026, 2, 7, 19, tzinfo=ZONE), None, None, None, ZONE)
    assert (found.ends_at, found.over_at) == (None, datetime(2026, 2, 8, tzinfo=ZONE))
    with pytest.raises(Misfit):
        held(None, None, None, None, ZONE)
