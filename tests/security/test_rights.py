"""Who may write what in prices, news, tourism and at the gateway: every kind of caller, against a table.

The table is the decision: a write that it lacks fails here, and so does a role that may do one thing more.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from tests.security import offers
from tests.security.fuzz import halls
from tests.security.fuzz.document import operations
from tests.security.fuzz.people import ROLES, Person
from tests.security.fuzz.seeds import Seeds
from tests.security.fuzz.shops import ONE
from tests.security.test_read_only_fields import CANARIES, Tables, answered, smuggled, writes
from tests.security.town import Town

#: Write -> who may; everybody else is told 403, a guest 401.
RIGHTS: Mapping[str, str] = {
    "POST /v1/prices/markets": "price_supervisor",
    "POST /v1/prices/commodities": "price_supervisor",
    "PUT /v1/prices/markets/{code}": "price_supervisor",
    "PUT /v1/prices/commodities/{code}": "price_supervisor",
    "POST /v1/prices/observations": "market_surveyor price_supervisor",
    f"PATCH /v1/prices/observations{ONE}": "market_surveyor price_supervisor",
    f"POST /v1/prices/reviews{ONE}/approve": "price_supervisor",
    f"POST /v1/prices/reviews{ONE}/reject": "price_supervisor",
    "PUT /v1/prices/surveys/plan/{market}/{staff_id}": "price_supervisor",
    "DELETE /v1/prices/surveys/plan/{market}/{staff_id}": "price_supervisor",
    "POST /v1/prices/imports": "price_supervisor",
    "POST /v1/prices/watches": "citizen",
    "DELETE /v1/prices/watches/{watch_id}": "citizen",
    "POST /v1/news/articles": "news_author editor",
    "PUT /v1/news/articles/{ref}": "news_author editor",
    "POST /v1/news/articles/{article_id}/submit": "news_author editor",
    "POST /v1/news/articles/{article_id}/send-back": "editor",
    "POST /v1/news/articles/{article_id}/schedule": "editor",
    "POST /v1/news/articles/{article_id}/unschedule": "editor",
    "POST /v1/news/articles/{article_id}/publish": "editor",
    "POST /v1/news/articles/{article_id}/correct": "editor",
    "POST /v1/news/articles/{article_id}/cancel": "editor",
    "POST /v1/news/articles/{article_id}/withdraw": "editor",
    "POST /v1/news/articles/{article_id}/discard": "news_author editor",
    "POST /v1/news/sources": "editor ops",
    "PATCH /v1/news/sources/{code}": "editor ops",
    "POST /v1/news/sources/{code}/try": "editor ops",
    "POST /v1/tourism/places": "tourism_editor",
    "PUT /v1/tourism/places/{ref}": "tourism_editor",
    "POST /v1/tourism/places/{ref}/checks": "tourism_editor",
    "POST /v1/tourism/hours/read": "tourism_editor",
    "POST /v1/tourism/places/{ref}/reviews": "citizen",
    "PUT /v1/tourism/reviews/{review_id}": "citizen",
    "DELETE /v1/tourism/reviews/{review_id}": "citizen",
    "POST /v1/tourism/reviews/{review_id}/report": "citizen",
    "POST /v1/tourism/reviews/{review_id}/publish": "tourism_editor",
    "POST /v1/tourism/reviews/{review_id}/reject": "tourism_editor",
    "POST /v1/tourism/itineraries": "citizen",
    "PUT /v1/tourism/itineraries/{itinerary_id}": "citizen",
    "DELETE /v1/tourism/itineraries/{itinerary_id}": "citizen",
    "POST /v1/tourism/itineraries/{itinerary_id}/share": "citizen",
    "DELETE /v1/tourism/itineraries/{itinerary_id}/share": "citizen",
    "POST /v1/tourism/route": " ".join(ROLES),
    "POST /v1/tourism/datasets": "tourism_editor ops",
    "PUT /v1/tourism/datasets/{dataset_id}": "tourism_editor ops",
    "POST /v1/tourism/datasets/{dataset_id}/withdraw": "tourism_editor ops",
}
ADMIN = "/v1/admin"
#: The same of the gateway's own desks.
DESKS: Mapping[str, str] = {
    **{f"POST {ADMIN}/{what}": "admin" for what in ("clients", "providers")},
    **{f"PATCH {ADMIN}/{what}/{{code}}": "admin" for what in ("clients", "providers")},
    **{f"POST {ADMIN}/clients/{{code}}{step}": "admin" for step in halls.STEPS},
    **{f"POST {ADMIN}/providers/{{code}}{step}": "admin" for step in halls.BETWEEN},
    **{f"{verb} {ADMIN}/app-versions/{{platform}}": "admin" for verb in ("PUT", "DELETE")},
    **{f"{verb} {ADMIN}/flags/{{name}}": "admin" for verb in ("PUT", "DELETE")},
    **{f"{verb} {ADMIN}/menus/{{menu}}/switches/{{code}}": "admin" for verb in ("PUT", "DELETE")},
    **{f"{verb} {ADMIN}/notices/{{notice_id}}": "admin ops" for verb in ("PUT", "DELETE")},
    f"POST {ADMIN}/notices": "admin ops",
    **{f"PUT /provider/v1/{what}": "provider" for what in ("declaration", "home", "documents/{doc_id}")},
    "DELETE /provider/v1/documents/{doc_id}": "provider",
    **{f"{verb} /v1/me/providers/{{code}}/link": "citizen" for verb in ("POST", "DELETE")},
}
OF_DESKS = ("/v1/admin", "/provider/v1", "/v1/me/providers")
#: What is signed as a whole: tests/gateway/providers/test_statuses.py.
SIGNED = "PUT /provider/v1/requests/{number}"
SHOPS = ("/v1/prices", "/v1/news", "/v1/tourism", "/feeds", "/ogc", "/catalog.jsonld")
#: What takes something away for good comes last, so that every other write still finds it.
LAST = ("DELETE", "discard", "withdraw")
#: What test_read_only_fields.py puts where nobody asked for it.
SMUGGLED = re.compile("SMUGGLED|987654321|12\\.3456789|1999-09-09|99999999-9999")
NOWHERE = "00000000-0000-7000-8000-000000000000"


Everybody = dict[str, Person]


@pytest.fixture(scope="module")
async def document(town: Town) -> dict[str, Any]:
    """The merged document."""
    found: dict[str, Any] = (await town.http.get("/openapi.json")).json()
    return found


@pytest.fixture(scope="module")
async def tables(town: Town) -> AsyncIterator[Tables]:
    """Those of the three and of the gateway."""
    apps = [town.gateway, *(town.app(short) for short in ("prices", "news", "tourism"))]
    urls = [app.state.runtime.settings.database_url for app in apps]
    connections = [await asyncpg.connect(url.get_secret_value()) for url in urls]
    yield await Tables(connections).learn()
    for connection in connections:
        await connection.close()


@pytest.fixture(scope="module")
async def answers(
    document: dict[str, Any], tables: Tables, seeds: Seeds
) -> list[tuple[str, str, int, int, str]]:
    """(write, role, expected, status, body): of everybody; who may sends every field there is, too."""
    everything, own = answered(document) | tables.columns, dict(writes(document))
    assert len(everything) > 300
    found = []
    for label in sorted(RIGHTS | DESKS, key=lambda label: any(word in label for word in LAST)):
        known = own.get(label, set())
        more = {name: CANARIES[kind] for name, kind in everything.items() if name not in known}
        found += [(label, *each) async for each in _answers(label, seeds, more)]
    return found


async def test_every_write_is_for_those_the_table_names_and_nobody_else(
    document: dict[str, Any], answers: list[tuple[str, str, int, int, str]]
) -> None:
    ours = [label for label, _ in operations(document) if of_shops(label) or is_of_desks(label)]
    found = [label for label in ours if not label.startswith("GET") and label != SIGNED]
    assert sorted(found) == sorted(RIGHTS | DESKS), "a write came or went: decide who may"
    wrong = [each for each in answers if each[3] != each[2] and not each[2] == 200 <= each[3] < 300]
    assert wrong == []


async def test_no_write_keeps_or_tells_a_field_that_it_does_not_take(
    tables: Tables, answers: list[tuple[str, str, int, int, str]]
) -> None:
    assert [each for each in answers if SMUGGLED.search(each[4])] == []
    assert [row for row in await tables.rows() if SMUGGLED.search(row)] == []


async def _answers(label: str, seeds: Seeds, more: Mapping[str, Any]) -> Any:
    """(role, expected, status, body); first of those to whom it is refused."""
    may = (RIGHTS | DESKS)[label].split()
    refused = [role for role in ROLES if role not in may]
    told = await asyncio.gather(*(sent(seeds, role, label, may[0]) for role in refused))
    for role, answer in zip(refused, told, strict=True):
        yield role, 401 if role == "guest" else 403, answer.status_code, answer.text
    for role in may:
        answer = await sent(seeds, role, label, role, more)
        yield role, 200, answer.status_code, answer.text


async def sent(seeds: Seeds, role: str, label: str, like: str, more: Mapping[str, Any] | None = None) -> Any:
    """The call that `like` could make, made by this role; `more` is smuggled into each object sent."""
    said = seeds.of[like][label]
    method, _, path = label.partition(" ")
    for name, values in said.get("path", {}).items():
        path = path.replace(f"{{{name}}}", str(values[0]))
    actor, body = seeds.people[role].actor, next(iter(said.get("body", ())), None)
    headers = {name: str(values[0]) for name, values in said.get("header", {}).items()}
    if isinstance(body, str):
        more = {"Content-Type": "text/csv", "Idempotency-Key": f"{role}-{NOWHERE}"}
        return await actor.http.post(path, content=body.encode(), headers=actor.headers | more)
    if more and method != "DELETE":
        body = smuggled(body or {}, more)
    return await actor.call(method, path, body=body, **headers)


def of_shops(label: str) -> bool:
    """Whether it is an operation of the three."""
    return label.partition(" ")[2].startswith(SHOPS)


def is_of_desks(label: str) -> bool:
    """Whether it is one of the gateway's own desks."""
    return label.partition(" ")[2].startswith(OF_DESKS)


def theirs(seeds: Seeds, place: str) -> Iterator[tuple[str, str, Any, str]]:
    """(method, address with {}, body, id) of everything that one resident alone has a right to."""
    of = seeds.of["citizen"]

    def one(label: str, name: str) -> str:
        return str(of[label]["path"][name][0])

    watch = one("DELETE /v1/prices/watches/{watch_id}", "watch_id")
    review = one("PUT /v1/tourism/reviews/{review_id}", "review_id")
    plan = one("PUT /v1/tourism/itineraries/{itinerary_id}", "itinerary_id")
    yield "DELETE", "/v1/prices/watches/{}", None, watch
    yield "PUT", "/v1/tourism/reviews/{}", offers.review("milik orang lain"), review
    yield "DELETE", "/v1/tourism/reviews/{}", None, review
    path = "/v1/tourism/itineraries/{}"
    yield "GET", path, None, plan
    yield "PUT", path, offers.itinerary(place), plan
    yield "GET", f"{path}/plan", None, plan
    yield "POST", f"{path}/share", None, plan
    yield "DELETE", f"{path}/share", None, plan
    yield "DELETE", path, None, plan


async def test_what_is_another_residents_is_answered_like_what_is_not_there(
    town: Town, everybody: Everybody
) -> None:
    seeds = Seeds(town, everybody)
    await fresh(seeds)
    other = await town.resident(1)
    place = seeds.of["guest"]["GET /v1/tourism/places/{ref}"]["path"]["ref"][0]
    for method, path, body, found in theirs(seeds, place):
        real = await other.call(method, path.format(found), body=body)
        missing = await other.call(method, path.format(NOWHERE), body=body)
        assert real.status_code == missing.status_code == 404, (method, path, real.text)
        assert told(real) == told(missing), (method, path)


async def fresh(seeds: Seeds) -> None:
    """One resident's watch, review and itinerary; an article that its author alone works on."""
    citizen, editor = (seeds.people[role].actor for role in ("citizen", "tourism_editor"))
    spot = (await editor.post("/v1/tourism/places", offers.place("museum kecil")))["id"]
    for role in seeds.people:
        seeds.note(role, "GET /v1/tourism/places/{ref}", "path", "ref", spot)
    prices = seeds.people["price_supervisor"].actor
    today = seeds.city.clock.now().date()
    await prices.post("/v1/prices/observations", offers.batch("malabar", today, beras_premium=15_000))
    watch = await citizen.post("/v1/prices/watches", offers.watch(market="malabar"))
    review = await citizen.post(f"/v1/tourism/places/{spot}/reviews", offers.review())
    plan = await citizen.post("/v1/tourism/itineraries", offers.itinerary(spot))
    for label, name, made in (
        ("DELETE /v1/prices/watches/{watch_id}", "watch_id", watch),
        ("PUT /v1/tourism/reviews/{review_id}", "review_id", review),
        ("PUT /v1/tourism/itineraries/{itinerary_id}", "itinerary_id", plan),
    ):
        seeds.note("citizen", label, "path", name, made["id"])


async def test_an_author_is_answered_of_a_colleagues_article_as_if_it_were_not_there(
    everybody: Everybody,
) -> None:
    author, editor = everybody["news_author"].actor, everybody["editor"].actor
    made = await editor.post("/v1/news/articles", offers.article())
    path = "/v1/news/articles/{}"
    for method, address, body in (
        ("GET", f"{path}/manuscript", None),
        ("GET", f"{path}/revisions", None),
        ("PUT", path, offers.article()),
        ("POST", f"{path}/submit", {}),
        ("POST", f"{path}/discard", {}),
    ):
        more = {"If-Match": '"1.x"'} if method == "PUT" else {}
        real = await author.call(method, address.format(made["id"]), body=body, **more)
        missing = await author.call(method, address.format(NOWHERE), body=body, **more)
        assert real.status_code == missing.status_code == 404, (method, address, real.text)
        assert told(real) == told(missing)


def told(answer: Any) -> dict[str, Any]:
    """A problem without what names this one request."""
    return {name: value for name, value in answer.json().items() if name not in ("request_id", "instance")}


async def test_a_key_of_somebody_else_answers_nothing_of_hers(town: Town) -> None:
    mine, hers = await town.resident(0), await town.resident(1)
    first = await mine.call("POST", "/v1/tourism/itineraries", body=offers.itinerary(), key="demo-same-key")
    second = await hers.call("POST", "/v1/tourism/itineraries", body=offers.itinerary(), key="demo-same-key")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


async def test_nobody_outside_reads_drafts_slips_waiting_reviews_or_who_works_there(
    town: Town, everybody: Everybody, document: dict[str, Any]
) -> None:
    seeds = Seeds(town, everybody)
    secrets = await hide(town, seeds)
    reads = [label for label, each in operations(document) if of_shops(label) and open_to_all(label, each)]
    stranger, found = await town.resident(1), []
    for who in (town.guest(), stranger):
        for address in addresses(reads, seeds):
            shown = (await who.call("GET", address)).text
            found += [f"{address}: {name}" for name, word in secrets.items() if word in shown]
    assert found == []
    desk = (await seeds.people["editor"].actor.call("GET", "/v1/news/queue?limit=100")).text
    assert secrets["a draft"] in desk, "what is looked for is there"


async def hide(town: Town, seeds: Seeds) -> dict[str, str]:
    """Things that are not for the public, each with a word of its own."""
    author, editor = seeds.people["news_author"].actor, seeds.people["editor"].actor
    draft = await author.post("/v1/news/articles", offers.article(title=offers.both("DRAFRAHASIA")))
    waits = await author.post("/v1/news/articles", offers.article(title=offers.both("NASKAHANTRE")))
    await author.post(f"/v1/news/articles/{waits['id']}/submit", {"note": "CATATANREDAKSI"})
    timed = await author.post("/v1/news/articles", offers.article(title=offers.both("BELUMWAKTUNYA")))
    await author.post(f"/v1/news/articles/{timed['id']}/submit")
    await editor.post(f"/v1/news/articles/{timed['id']}/schedule", {"at": "2026-03-01T09:00:00+07:00"})
    await slip(town, seeds)
    spot = await seeds.people["tourism_editor"].actor.post("/v1/tourism/places", offers.place("taman"))
    hidden = await seeds.people["tourism_editor"].actor.post(
        "/v1/tourism/places", offers.place("TEMPATBELUMADA", status="draft")
    )
    citizen = seeds.people["citizen"].actor
    await citizen.post(f"/v1/tourism/places/{spot['id']}/reviews", offers.review("ULASANMENUNGGU"))
    await citizen.post("/v1/tourism/itineraries", offers.itinerary(spot["id"]) | {"title": "RENCANAKU"})
    words = {
        "a waiting article": "NASKAHANTRE",
        "a scheduled one": "BELUMWAKTUNYA",
        "a note": "CATATANREDAKSI",
    }
    words |= {"a waiting review": "ULASANMENUNGGU", "a draft place": "TEMPATBELUMADA", "a plan": "RENCANAKU"}
    ids = {"a draft": draft["id"], "the id of a draft place": hidden["id"], "a slip": "31313131"}
    staff = await staff_ids(town)
    for role in ROLES:
        seeds.note(role, "ids", "path", "ref", draft["id"], hidden["id"], spot["id"])
    return words | ids | staff


async def slip(town: Town, seeds: Seeds) -> None:
    """A price far beyond what the market asked on the days before; it is held."""
    surveyor = seeds.people["market_surveyor"].actor
    for back, price in ((3, 15_000), (2, 15_000), (1, 15_000), (0, 31_313_131)):
        day = town.clock.now().date().toordinal() - back
        sent_at = type(town.clock.now().date()).fromordinal(day)
        body = offers.batch("bandeng", sent_at, gula_konsumsi=price)
        answer = await surveyor.post("/v1/prices/observations", body)
    assert answer["rows"][0]["outcome"]["code"] == "held", answer


async def staff_ids(town: Town) -> dict[str, str]:
    """Opaque id of everybody who works for the city."""
    async with town.gateway.state.runtime.database.transaction() as session:
        rows = await session.execute(text("SELECT staff_id, username FROM credentials"))
        return {f"staff {row.username}": str(row.staff_id) for row in rows}


def open_to_all(label: str, operation: Mapping[str, Any]) -> bool:
    """A read of the public."""
    return label.startswith("GET") and "public" in operation["x-city"]["audience"]


def addresses(labels: list[str], seeds: Seeds) -> Iterator[str]:
    """Every public address, those of single things with the ids of things that are hidden, too."""
    draft, hidden, spot = seeds.of["guest"]["ids"]["path"]["ref"]
    whole = {
        "collection_id": "places",
        "kind": "news",
        "form": "json",
        "district": "36.71.01",
        "code": "anyar",
    }
    queries = {"trend": "commodity=gula-konsumsi&market=bandeng", "trend.svg": "commodity=gula-konsumsi"}
    queries |= {"compare": "commodity=gula-konsumsi", "basket": "item=gula-konsumsi:1", "latest": "limit=100"}
    queries |= {
        "nearby": "lat=-6.1823&lon=106.6358&mix=museum:20",
        "places": "limit=100",
        "items": "limit=1000",
    }
    for label in labels:
        path = label.partition(" ")[2]
        for ref in (draft, hidden, spot):
            address = path
            for name, value in whole.items():
                address = address.replace(f"{{{name}}}", value)
            for name in ("ref", "article_id", "feature_id", "dataset_id", "media_id"):
                address = address.replace(f"{{{name}}}", ref)
            query = queries.get(path.rpartition("/")[2], "")
            yield f"{address}?{query}".rstrip("?")
            if "{" not in path:
                break
