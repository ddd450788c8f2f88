"""What the city is told of a step, in the transaction of the step."""

from collections import Counter
from typing import Any

from shared.contracts import city, laksa
from shared.events.event import Event
from svc_laksa.reports.documents import EVENTS
from svc_laksa.reports.rules import Action
from tests.svc_laksa.town import Town, report

CITY = {event.name: event for event in Event.__subclasses__() if event.__module__ == city.__name__}
OWN = {cls.name: cls for cls in EVENTS.values()}


async def of(town: Town, made: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [event.data for event in await town.events(made["id"]) if event.name == name]


def test_every_action_has_an_event_of_its_own() -> None:
    assert set(EVENTS) == set(Action)
    assert len(OWN) == len(Action)
    assert all(cls.__module__ == laksa.__name__ for cls in OWN.values())


async def test_each_step_sends_its_own_event_and_those_the_gateway_keeps(town: Town) -> None:
    made = await town.submit(media=[town.receipt(town.citizen)])
    await town.done(made)
    events = await town.events(made["id"])
    assert Counter(event.name for event in events) == {
        "report_submitted.v1": 1,
        "document_published.v1": 1,
        "report_assigned.v1": 1,
        "work_started.v1": 1,
        "work_finished.v1": 1,
        "work_verified.v1": 1,
        "media_attached.v1": 2,
        "request_updated.v1": 5,
        "count_moved.v1": 5,
        "tags_purged.v1": 5,
    }
    assert {event.publisher for event in events} == {"laksa"}
    assert [event.entityversion for event in events if event.name == "request_updated.v1"] == [1, 2, 3, 4, 5]
    for event in events:
        (CITY | OWN)[event.name].model_validate(event.data)


async def test_the_resident_is_told_in_both_languages_what_comes_next(town: Town) -> None:
    made = await town.submit()
    (told,) = await of(town, made, "request_updated.v1")
    assert told["citizen_id"] == "c-1"
    assert told["title"] == {"id": "Jalan berlubang", "en": "Pothole"}
    assert told["state_label"] == {"id": "Menunggu", "en": "Waiting"}
    assert told["next_step"]["en"].endswith("will give it to somebody. Due 2026-02-18 16:00.")
    assert (told["number"], told["link"]) == (made["code"], f"/v1/laksa/reports/{made['id']}")
    assert (told["closed"], told["due_at"]) == (False, "2026-02-18T09:00:00Z")


async def test_a_guest_has_no_entry_among_anybody_s_requests(town: Town) -> None:
    made = await town.submit(town.guest)
    assert await of(town, made, "request_updated.v1") == []


async def test_a_hidden_report_is_published_when_it_is_let_through_and_withdrawn_with_its_reporter(
    town: Town,
) -> None:
    made = await town.submit(category="lainnya")
    assert await of(town, made, "document_published.v1") == []
    await town.act(town.moderator, made, "moderate")
    (published,) = await of(town, made, "document_published.v1")
    assert published["summary"]["en"] == "Resident's report in Sukarasa, Tangerang"
    await town.act(town.citizen, made, "withdraw")
    assert await of(town, made, "document_withdrawn.v1") == [{"kind": "laksa_report", "id": made["id"]}]


async def test_the_counts_of_every_state_and_agency_add_up_from_the_events(town: Town) -> None:
    made = await town.submit()
    await town.act(town.officer, made, "hand-over", {"agency": "dishub", "reason": "x"})
    await town.act(town.stranger, made, "assign")
    await town.act(town.stranger, made, "assign")
    count: Counter[tuple[str, str]] = Counter()
    for moved in await of(town, made, "count_moved.v1"):
        if moved["from_state"]:
            count[moved["from_state"], moved["from_agency"] or moved["agency"]] -= 1
        count[moved["to_state"], moved["agency"]] += 1
    assert +count == {("assigned", "dishub"): 1}
    assert min(count.values()) == 0


async def test_no_event_carries_what_somebody_wrote(town: Town) -> None:
    secret = "KATA-RAHASIA"
    made = await town.submit(description=secret, address=secret)
    await town.act(town.officer, made, "assign", {"note": secret})
    await town.act(town.officer, made, "ask", {"question": secret})
    await town.act(town.citizen, made, "answer", {"answer": secret})
    await town.act(town.officer, made, "reject", {"reason_code": "not_ours", "note": secret})
    assert all(secret not in str(event.data) for event in await town.events(made["id"]))


async def test_nothing_is_kept_and_nobody_is_told_when_a_step_fails(town: Town) -> None:
    made = await town.submit()
    before = await town.events(made["id"])
    refused = await town.post(town.officer, f"/reports/{made['id']}/finish", {})
    assert refused.status_code == 409
    wrong = report(id="0198f4a0-0000-7000-8000-000000000001", media=["no receipt"])
    assert (await town.post(town.citizen, "/reports", wrong)).status_code == 422
    assert await town.events(made["id"]) == before
    assert await town.events(wrong["id"]) == []
