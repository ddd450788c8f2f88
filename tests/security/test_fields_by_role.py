"""Who is shown which fields: every read of the merged document, by every role, against a kept table.

`fields_by_role.json` is the decision; a field shown to one role more fails here until somebody writes it down
(FIELDS=write writes the table anew, for review). Reports are read in three privacies by people near and far.
"""

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.actors import Actor, photo
from deploy.local.nats import Broker
from shared.ids import new_id
from shared.testing import Keys
from tests.journeys.conftest import MONUMENT, City
from tests.security.fuzz import halls
from tests.security.fuzz.people import joined
from tests.security.shown import READERS, SHOP_STAFF, SHOPS, Shown
from tests.security.town import new_town

TABLE = Path(__file__).parent / "fields_by_role.json"
REPORTS = "/v1/laksa/reports"
PRIVACIES = {"open": "jalan-berlubang", "confidential": "perundungan", "police": "narkoba"}
STEPS_TAKEN = 17
#: Role -> key in demo-users.yaml; `officer` works on the open reports, `protection` on the confidential one.
STAFF = {
    "officer": "laksa_officer",
    "other_officer": "laksa_officer_2",
    "police": "laksa_officer_police",
    "protection": "laksa_officer_protection",
    "head": "laksa_head",
    "crew": "laksa_crew",
    "verifier": "laksa_verifier",
    "moderator": "laksa_moderator",
    "counter": "laksa_counter",
    **{role: role for role in SHOP_STAFF},
    "leader": "leader",
    "ops": "ops",
    "admin": "admin",
}
#: What else a read needs to be told.
QUERIES = {
    f"{REPORTS}/nearby": [f"lat={MONUMENT[0]}&lon={MONUMENT[1]}"],
    "/v1/laksa/queue": ["of=agency", "of=verifier", "of=moderator"],
    "/v1/search": ["q=demo"],
    f"{REPORTS}/{{ref}}": ["", "view=public", "view=mine", "view=staff"],
}
#: Read by tests of their own: streams, pages for people, files behind a signature.
NOT_JSON = (
    "/v1/me/stream",
    "/v1/stream",
    "/ogc/api",
    "/docs",
    "/openapi.json",
    "/health",
    "/v1/media",
    "/v1/me/export/file",
)
#: Filled while nobody waits for it, by events or every ten seconds: who may read it is decided here, and what
#: is in it by tests of their own.
LATER = ("/v1/home", "/v1/search", "/v1/admin/usage")
SOMETIMES = {"last_used_at"}
FREE = {"attributes"}
"""Objects whose names are the sender's: they count as one field."""
Seen = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
async def city(
    databases: Any, broker: Broker, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[City]:
    """A town where nobody else writes: what a list shows depends on all that is in it."""
    async with new_town(databases, broker, keys, tmp_path_factory.mktemp("town")) as found:
        yield found


@pytest.fixture(scope="module")
async def people(city: City) -> dict[str, Actor]:
    """Everybody who may look: two residents, a guest, and all staff."""
    staff = {role: await city.officer(key) for role, key in STAFF.items()}
    residents = {"reporter": await city.resident(0), "other_resident": await city.resident(1)}
    city.staff["admin"] = staff["admin"]
    speaker, _ = await joined(city, "demo-queue")
    return {"guest": city.guest(), **residents, **staff, "provider": speaker}


@pytest.fixture(scope="module")
async def desks(people: dict[str, Actor]) -> dict[str, str]:
    """Something of every kind that the gateway's own desks keep: name in a path -> value."""
    admin, resident = people["admin"], people["reporter"]
    menu = (await resident.get("/v1/menus"))["services"][0]["menus"][0]["id"]
    notice = await admin.post("/v1/admin/notices", halls.NOTICE)
    for actor, path, body in (
        (admin, f"/v1/admin/menus/{menu}/switches/demo-queue", halls.SWITCH),
        (admin, "/v1/admin/flags/demo", halls.FLAG),
        (admin, "/v1/admin/app-versions/android", halls.VERSION),
        (people["provider"], "/provider/v1/declaration", halls.DECLARATION),
        (people["provider"], "/provider/v1/home", halls.CONTENT),
    ):
        answer = await actor.call("PUT", path, body=body)
        assert answer.is_success, answer.text
    await admin.post("/v1/admin/clients", {**halls.CLIENT, "code": "demo-queue"})
    await resident.post("/v1/me/providers/demo-queue/link")
    return {"menu": menu, "notice_id": notice["id"], "code": "demo-queue"}


@pytest.fixture(scope="module")
async def reports(city: City, people: dict[str, Actor]) -> dict[str, str]:
    """Privacy -> id of a report with everything in it that can be in one; two more wait in queues."""
    made = {}
    waiting = {"assigned": "jalan-berlubang", "finished": "jalan-berlubang"}
    for name, category in (PRIVACIES | waiting).items():
        sent = await people["reporter"].post(REPORTS, await body_of(city, people, category))
        made[name] = sent["id"]
    await worked_on(city, people, f"{REPORTS}/{made['open']}")
    await people["moderator"].post(f"{REPORTS}/{made['confidential']}/moderate", {"note": "demo: lolos"})
    await people["officer"].post(f"{REPORTS}/{made['assigned']}/assign", {"note": "demo: catatan dalam"})
    await finished(city, people, f"{REPORTS}/{made['finished']}")
    return {privacy: made[privacy] for privacy in PRIVACIES}


async def body_of(city: City, people: dict[str, Actor], category: str) -> dict[str, Any]:
    picture = photo(*MONUMENT, city.clock.now(), "demo", (320, 240))
    answers = {"jalan-berlubang": {"bahaya": "ya"}}
    lat, lon = MONUMENT
    return {
        "id": str(new_id()),
        "category": category,
        "description": "demo: rusak",
        "address": "demo: depan pasar",
        "point": {"lat": lat, "lon": lon},
        "attributes": answers.get(category, {}),
        "media": [(await people["reporter"].upload(picture))["receipt"]],
    }


async def worked_on(city: City, people: dict[str, Actor], path: str) -> None:
    """Asked, answered, finished, checked and challenged."""
    officer, reporter = people["officer"], people["reporter"]
    await officer.post(f"{path}/ask", {"question": "demo: di sisi mana?"})
    await reporter.post(f"{path}/answer", {"answer": "demo: sisi kiri"})
    await finished(city, people, path)
    await people["verifier"].post(f"{path}/verify", {"passed": True, "note": "demo: rapi"})
    await reporter.post(f"{path}/challenge", {"reason": "demo: masih rusak"})


async def finished(city: City, people: dict[str, Actor], path: str) -> None:
    """Given to somebody, begun, and finished with evidence."""
    officer = people["officer"]
    await officer.post(f"{path}/assign", {"note": "demo: catatan dalam"})
    await officer.post(f"{path}/start")
    city.clock.advance(timedelta(seconds=2))
    sent = await officer.upload(photo(*MONUMENT, city.clock.now(), "demo", (320, 240)))
    await officer.post(
        f"{path}/finish", {"evidence": [{"receipt": sent["receipt"]}], "note": "demo: selesai"}
    )


def reads(
    document: Mapping[str, Any], reports: Mapping[str, str], shops: Shown, desks: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """(name, address) of every read; one of a report for each privacy, of anything else for each state."""
    for path, item in sorted(document["paths"].items()):
        if "get" not in item or path.startswith(NOT_JSON):
            continue
        if path.startswith(SHOPS):
            yield from shops.addresses(path)
            continue
        whose = reports if "{ref}" in path else {"": ""}
        for privacy, ref in whose.items():
            address = path.replace("{ref}", ref).replace("{service}", "laksa")
            address = address.replace("{erasure_id}", "00000000-0000-7000-8000-000000000000")
            for known, value in desks.items():
                address = address.replace(f"{{{known}}}", value)
            for query in QUERIES.get(path, [""]):
                yield " ".join(filter(None, (path, query, privacy))), f"{address}?{query}".rstrip("?")


def fields(value: Any, place: str = "") -> Iterator[str]:
    """The names of everything that has a value."""
    if isinstance(value, dict) and place.rpartition(".")[2] not in FREE:
        for name, inner in value.items():
            if name not in SOMETIMES:
                yield from fields(inner, f"{place}.{name}".lstrip("."))
    elif isinstance(value, list) and not all(isinstance(each, str) for each in value):
        for inner in value:
            yield from fields(inner, f"{place}[]")
    elif value not in (None, [], {}, ""):
        yield place


async def shown(actor: Actor, address: str) -> str:
    """The fields of an answer, or its status and code."""
    answer = await actor.call("GET", address)
    if "json" not in answer.headers.get("Content-Type", ""):
        return f"{answer.status_code} {answer.headers.get('Content-Type', '').partition(';')[0]}".strip()
    body = answer.json()
    if answer.status_code != 200:
        return f"{answer.status_code} {body['code']}"
    if address.startswith(LATER):
        return "200"
    return " ".join(sorted(set(fields(body)))) or "nothing"


async def seen_by_everybody(people: dict[str, Actor], asked: Iterator[tuple[str, str]]) -> Seen:
    """Read -> groups of roles who are shown the same."""
    found: Seen = {}
    for name, address in asked:
        groups: dict[str, list[str]] = defaultdict(list)
        readers = READERS if name.startswith(SHOPS) else people.keys() - SHOP_STAFF
        for role, actor in people.items():
            if role not in readers:
                continue
            groups[await shown(actor, address)].append(role)
        found[name] = [{"who": " ".join(who), "shown": what} for what, who in groups.items()]
    return found


async def test_each_role_is_shown_its_fields_and_no_others(
    city: City, people: dict[str, Actor], reports: dict[str, str], desks: dict[str, str]
) -> None:
    await told(people["reporter"], len(PRIVACIES) + 2)
    document = (await city.http.get("/openapi.json")).json()
    shops = await Shown(city, people).fill()
    seen = await seen_by_everybody(people, reads(document, reports, shops, desks))
    if os.environ.get("FIELDS") == "write":
        TABLE.write_text(json.dumps(seen, indent=1) + "\n")
    decided: Seen = json.loads(TABLE.read_text())
    assert sorted(seen) == sorted(decided), "a read came or went: decide who is shown what of it"
    assert {name: groups for name, groups in seen.items() if groups != decided[name]} == {}


async def told(reporter: Actor, count: int) -> None:
    """Until the gateway has heard of all requests, and the ledger of all their steps."""
    async with asyncio.timeout(30):
        while len((await reporter.get("/v1/me/requests"))["items"]) < count:
            await asyncio.sleep(0.05)
        while len((await reporter.get("/v1/laksa/ledger?limit=100"))["items"]) < STEPS_TAKEN:
            await asyncio.sleep(0.05)


def test_the_table_shows_nobody_who_reported_and_no_private_report_to_strangers() -> None:
    """What must never be written into it."""
    decided: Seen = json.loads(TABLE.read_text())
    near = {"police": {"reporter", "police"}, "confidential": {"reporter", "protection"}}
    for name, group in [(name, group) for name, groups in decided.items() for group in groups]:
        names = {part.rpartition(".")[2] for part in group["shown"].split()}
        assert not names & {"citizen_id", "reporter", "sealed_point", "follow_digest", "salt", "totp"}, name
        privacy = name.rpartition(" ")[2]
        if privacy in near and set(group["who"].split()) - near[privacy]:
            assert group["shown"] == "404 not_found", (name, group)


def test_the_table_shows_nobody_outside_what_waits_is_held_or_who_works_there() -> None:
    """What must never be written into it of prices, news and tourism."""
    decided: Seen = json.loads(TABLE.read_text())
    outside, never = (
        {"guest", "reporter", "other_resident", "officer"},
        {"by", "entered_by", "staff_id", "author"},
    )
    for name, group in [(name, group) for name, groups in decided.items() for group in groups]:
        if not name.startswith(SHOPS):
            continue
        names = {part.rpartition(".")[2] for part in group["shown"].split()}
        strangers = outside & set(group["who"].split())
        assert not (strangers and names & never), (name, group)
        if strangers and name.endswith((" draft", " submitted", " scheduled", " held")):
            assert group["shown"].startswith(("401", "403", "404")), (name, group)
        mine = name.startswith(("/v1/tourism/itineraries/", "/v1/prices/watches", "/v1/tourism/reviews/mine"))
        if mine and "{" in name and set(group["who"].split()) - {"reporter"}:
            assert group["shown"].startswith(("401", "403", "404")), (name, group)
