"""Events of the news agenda near a place: taken in in any order, and gone when they are over."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from shared.events.event import Envelope
from shared.ids import new_id
from svc_tourism.agenda.models import AgendaEvent
from svc_tourism.agenda.subscribers import SUBSCRIPTIONS
from tests.svc_tourism.resort import CENTRE, Resort

(ON_NEWS,) = SUBSCRIPTIONS
START = datetime(2026, 2, 2, 2, 0, tzinfo=UTC)


def published(event_id: str, version: int = 1, kind: str = "news_event", **more: Any) -> Envelope:
    data = {
        "kind": kind,
        "id": event_id,
        "title": {"id": f"Festival {event_id}", "en": f"Festival {event_id} (en)"},
        "summary": {"id": "Demo", "en": "Demo"},
        "point": CENTRE,
        "area": None,
        "url": f"/v1/news/articles/{event_id}",
        "published_at": START.isoformat(),
        "expires_at": (START + timedelta(days=3)).isoformat(),
    }
    return envelope("document_published.v1", event_id, version, data | more)


def withdrawn(event_id: str, version: int) -> Envelope:
    return envelope("document_withdrawn.v1", event_id, version, {"kind": "news_event", "id": event_id})


def envelope(name: str, event_id: str, version: int, data: dict[str, Any]) -> Envelope:
    return Envelope(
        id=str(new_id()),
        source="//tangerang/svc-news",
        type=f"news.{name}",
        subject=event_id,
        time=START,
        partitionkey=event_id,
        entityversion=version,
        data=data,
    )


async def tell(resort: Resort, *events: Envelope) -> None:
    for event in events:
        async with resort.run.database.transaction() as session:
            await ON_NEWS.handle(session, resort.run, event, resort.clock.now())


async def shown(resort: Resort, query: str = "") -> list[str]:
    answer = await resort.get(resort.guest, f"/events{query}")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_what_the_news_tell_of_events_is_listed_the_first_to_end_first(resort: Resort) -> None:
    end = (START + timedelta(days=1)).isoformat()
    await tell(
        resort, published("e-1"), published("e-2", expires_at=end), published("n-1", kind="news_article")
    )
    assert await shown(resort) == ["e-2", "e-1"]
    first = (await resort.get(resort.guest, "/events?limit=1", Accept_Language="en")).json()
    assert (first["items"][0]["title"], first["items"][0]["listed_until"]) == (
        "Festival e-2 (en)",
        "2026-02-03T09:00:00+07:00",
    )
    assert await shown(resort, f"?limit=1&cursor={first['next']}") == ["e-1"]
    assert await resort.statements(resort.guest, "/events?limit=100") == 1


async def test_an_event_says_when_it_begins_and_whether_it_was_made_up(resort: Resort) -> None:
    begins = (START + timedelta(days=2)).isoformat()
    await tell(resort, published("e-1", starts_at=begins, source="demo"), published("e-2"))
    told = {item["id"]: item for item in (await resort.get(resort.guest, "/events")).json()["items"]}
    assert (told["e-1"]["starts_at"], told["e-1"]["source"]) == ("2026-02-04T09:00:00+07:00", "demo")
    assert (told["e-2"]["starts_at"], told["e-2"]["source"]) == (None, None)
    assert (told["e-1"]["ends_at"], told["e-2"]["ends_at"]) == (None, None), "what nobody told is not made up"
    later = (START + timedelta(days=2, hours=1)).isoformat()
    await tell(resort, published("e-1", 2, starts_at=later))
    again = (await resort.get(resort.guest, "/events?limit=1")).json()["items"][0]
    assert (again["starts_at"], again["source"]) == ("2026-02-04T10:00:00+07:00", None)


async def test_an_event_that_says_no_day_to_take_it_down_is_listed_until_it_is_over(resort: Resort) -> None:
    begins, over = START + timedelta(days=60), START + timedelta(days=61)
    await tell(
        resort,
        published("e-1", expires_at=None, starts_at=begins.isoformat(), ends_at=over.isoformat()),
        published("e-2", expires_at=None, starts_at=begins.isoformat()),
        published("e-3", expires_at=None),
    )
    told = {item["id"]: item for item in (await resort.get(resort.guest, "/events")).json()["items"]}
    assert told["e-1"]["ends_at"] == told["e-1"]["listed_until"] == "2026-04-04T09:00:00+07:00"
    assert (told["e-2"]["ends_at"], told["e-2"]["listed_until"][:10]) == (None, "2026-05-03")
    assert told["e-3"]["listed_until"][:10] == "2026-03-04"


async def test_a_withdrawal_that_comes_first_keeps_the_older_publication_out(resort: Resort) -> None:
    await tell(resort, withdrawn("e-1", 2), published("e-1", 1))
    assert await shown(resort) == []
    await tell(resort, published("e-1", 3))
    assert await shown(resort) == ["e-1"]


async def test_an_older_version_changes_nothing_and_brings_nothing_back(resort: Resort) -> None:
    changed = {"id": "Baru", "en": "New"}
    await tell(resort, published("e-1", 2, title=changed), published("e-1", 1))
    (item,) = (await resort.get(resort.guest, "/events")).json()["items"]
    assert item["title"] == "Baru"
    await tell(resort, withdrawn("e-1", 3), published("e-1", 2))
    assert await shown(resort) == []
    async with resort.run.database.transaction() as session:
        assert await session.scalar(select(AgendaEvent.title)) == {}, "what was taken back is not kept"
    await tell(resort, published("e-1", 4))
    assert await shown(resort) == ["e-1"]


async def test_events_around_a_place_come_nearest_first_and_no_farther_than_asked(resort: Resort) -> None:
    place = await resort.add()

    def north(metres: float) -> dict[str, float]:
        return {"lat": CENTRE["lat"] + metres / 111_195, "lon": CENTRE["lon"]}

    await tell(resort, published("far", point=north(2_900)), published("near", point=north(300)),
               published("away", point=north(9_000)), published("nowhere", point=None))  # fmt: skip
    answer = (await resort.get(resort.guest, f"/events?place={place['slug']}")).json()
    assert [(item["id"], item["distance_m"]) for item in answer["items"]] == [("near", 300), ("far", 2_900)]
    here = f"?lat={CENTRE['lat']}&lon={CENTRE['lon']}&radius_m=1000"
    assert await shown(resort, here) == ["near"]
    assert (await resort.get(resort.guest, "/events?place=nobody")).status_code == 404
    assert (await resort.get(resort.guest, "/events?lat=-6.1")).status_code == 422


async def test_an_event_without_a_point_is_found_by_its_district(resort: Resort) -> None:
    areas = {"village": "36.71.07.1001", "district": "36.71.07", "else": "36.71.01", "strange": "99"}
    await tell(resort, *(published(name, point=None, area=code) for name, code in areas.items()))
    assert set(await shown(resort, "?district=36.71.07")) == {"village", "district"}
    assert (await resort.get(resort.guest, "/events?district=99")).status_code == 422


async def test_what_has_ended_is_not_shown_and_some_weeks_later_not_kept(resort: Resort) -> None:
    await tell(resort, published("e-1", expires_at=(resort.clock.now() + timedelta(hours=2)).isoformat()))
    resort.wait(hours=3)
    assert await shown(resort) == []

    async def kept() -> int:
        async with resort.run.database.transaction() as session:
            return await session.scalar(select(func.count()).select_from(AgendaEvent)) or 0

    resort.wait(days=30)
    await resort.run.timers.run_due()
    assert await kept() == 1
    resort.wait(days=6)
    await resort.run.timers.run_due()
    assert await kept() == 0
