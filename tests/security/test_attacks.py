"""Prices, news and tourism through the front door, by people who mean no good: nothing may answer 5xx."""

import asyncio
import base64
import gzip
import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from deploy.local.actors import Actor
from tests.security import offers
from tests.security.fuzz import people
from tests.security.fuzz.document import operations
from tests.security.fuzz.people import ROLES
from tests.security.fuzz.seeds import Seeds
from tests.security.fuzz.shops import Shops
from tests.security.test_rights import of_shops
from tests.security.town import Town

#: What somebody puts where a cursor of ours has a value.
VALUES: list[Any] = [
    None, True, -1, 10**30, 1.5, float("nan"), float("inf"), "", "\x00", "é\ud800", "' OR 1=1 --", "x" * 300,
    "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "infinity", "NaN", [], {"$gt": 0}, [[[[1]]]],
    "00000000-0000-0000-0000-000000000000",
]  # fmt: skip
AROUND = "106.7,-6.2,106.6,-6.1"
"""West of its east: to OGC API - Features the box that goes around the earth, to a list of ours a slip."""
BOXES = [
    "nan,nan,nan,nan", "-inf,-inf,inf,inf", AROUND, "106.6,-6.1,106.7,-6.2", "1,2,3",
    "1,2,3,4,5", "1e999,0,1e999,0", "-180,-91,180,91", ",,,", "106.6,-6.2,106.7,-6.1;drop", "0x1,0,1,1",
    "106.6,-6.2,106.7,-6.1," * 12,
]  # fmt: skip
LIMITS = ["0", "-1", "101", "1e9", "9" * 30, "NaN", "0x10", "1;1", "%00", "１０"]
NASTY = ["' OR 1=1 --", "%", "_", "\\", "a%00b", "../../etc/passwd", "${7*7}", "{{7*7}}", "(SELECT 1)", "‮"]


@pytest.fixture(scope="module")
async def lists(town: Town, seeds: Seeds) -> list[tuple[Actor, str]]:
    """(who may read it, path) of every list with a cursor."""
    document = (await town.http.get("/openapi.json")).json()
    found = []
    for label, operation in operations(document):
        names = {each["name"] for each in operation.get("parameters", ())}
        if of_shops(label) and {"cursor", "limit"} <= names:
            role = next(role for role in reversed(ROLES) if seeds.people[role].admitted(operation))
            path = label.partition(" ")[2]
            for name, values in seeds.of[role][label].get("path", {}).items():
                path = path.replace(f"{{{name}}}", str(values[0]))
            found.append((seeds.people[role].actor, path))
    return found


async def test_a_forged_cursor_is_refused_by_every_list(lists: list[tuple[Actor, str]]) -> None:
    assert len(lists) > 15
    real = [await _cursor(who, path) for who, path in lists]
    assert sum(each is not None for each in real) > 8, "lists of one thing have no second page"
    wrong = []
    for (who, path), cursor in zip(lists, real, strict=True):
        foreign = [each for each in real if each not in (None, cursor)]
        tries = ["x", "=", "bnVsbA", "W10", "e30", _written([[], ""]), *foreign[:3], *_forged(cursor)]
        answers = [await _asked(who, path, each) for each in tries]
        wrong += [f"{path}?cursor={tries[n]}: {a.status_code} {a.text[:200]}" for n, a in enumerate(answers)
                  if a.status_code >= 500 or (tries[n] in foreign and a.status_code != 400)]  # fmt: skip
    assert wrong == []


async def _cursor(who: Actor, path: str) -> str | None:
    found: str | None = (await who.get(f"{path}?limit=1")).get("next")
    return found


async def _asked(who: Actor, path: str, cursor: str) -> Any:
    return await who.http.get(path, params={"limit": "1", "cursor": cursor}, headers=who.headers)


def _forged(cursor: str | None) -> Iterator[str]:
    """Every value of a real one replaced by each that it should not be, under its own digest."""
    if cursor is None:
        return
    position, digest = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for place, value in product(range(len(position)), VALUES):
        yield _written([[*position[:place], value, *position[place + 1 :]], digest])
    yield _written([position * 2, digest])


def _written(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def test_no_limit_and_no_filter_asks_for_more_than_there_is(
    town: Town, lists: list[tuple[Actor, str]]
) -> None:
    document = (await town.http.get("/openapi.json")).json()
    wrong = []
    for who, path in lists:
        for limit in LIMITS:
            answer = await who.http.get(path, params={"limit": limit}, headers=who.headers)
            kept = (
                answer.status_code == 200 and path.startswith("/ogc") and limit.isascii() and limit.isdigit()
            )
            if answer.status_code not in (400, 422) and not kept:
                wrong.append(f"{path}?limit={limit}: {answer.status_code}")
        named = document["paths"].get(path, {}).get("get", {}).get("parameters", ())
        for name in (each["name"] for each in named if each["in"] == "query"):
            for text in NASTY:
                answer = await who.http.get(path, params={name: text}, headers=who.headers)
                if answer.status_code >= 500:
                    wrong.append(f"{path}?{name}={text}: {answer.status_code}")
    assert wrong == []


async def test_a_box_that_is_none_is_refused(town: Town) -> None:
    guest = town.guest()
    for path in ("/v1/tourism/places", "/ogc/collections/places/items", "/ogc/collections/districts/items"):
        for box in BOXES:
            answer = await guest.http.get(path, params={"bbox": box}, headers=guest.headers)
            around = box == AROUND and path.startswith("/ogc")
            wanted = (200,) if around else (400, 422)
            assert answer.status_code in wanted, (path, box, answer.status_code, answer.text[:200])


async def test_positions_that_are_none_are_refused(town: Town) -> None:
    guest = town.guest()
    for lat, lon in (
        ("nan", "106"),
        ("inf", "106"),
        ("-6", "-inf"),
        ("91", "0"),
        ("1e308", "1e308"),
        ("", ""),
    ):
        for path in (
            "/v1/tourism/nearby?mix=museum",
            "/v1/tourism/events?",
            "/v1/prices/basket?item=minyakita",
        ):
            answer = await guest.call("GET", f"{path}&lat={lat}&lon={lon}")
            assert answer.status_code == 422, (path, lat, lon, answer.text[:200])
        answer = await guest.call("GET", f"/v1/tourism/route?from={lat},{lon}&to=-6.1,106.6")
        assert answer.status_code == 422, (lat, lon)


async def test_a_compressed_body_is_never_unpacked(seeds: Seeds) -> None:
    supervisor, editor = seeds.people["price_supervisor"].actor, seeds.people["news_author"].actor
    bomb = gzip.compress(b"0" * 50_000_000)
    for who, path, kind in (
        (supervisor, "/v1/prices/imports", "text/csv"),
        (supervisor, "/v1/prices/observations", "application/json"),
        (editor, "/v1/news/articles", "application/json"),
    ):
        for more in ({"Content-Encoding": "gzip"}, {}):
            sent = {
                **who.headers,
                "Content-Type": kind,
                "Idempotency-Key": f"bomb-{len(more)}-{kind}",
                **more,
            }
            answer = await who.http.post(path, content=bomb, headers=sent)
            assert answer.status_code in (400, 415, 422), (path, more, answer.status_code, answer.text[:200])


async def test_deep_json_and_odd_bodies_are_refused(seeds: Seeds) -> None:
    author = seeds.people["news_author"].actor
    deep = b"[" * 100_000 + b"]" * 100_000
    bodies = [
        deep,
        b'{"kind":' + deep + b"}",
        b"\xff\xfe{}",
        b'{"kind":"news","kind":"agenda"}',
        b"NaN",
        b"",
        b"\x00",
    ]
    bodies += [b'{"title":{"id":"\\ud800"}}', b'{"kind":1e999}', b"1" * 5_000]
    for number, body in enumerate(bodies):
        sent = {**author.headers, "Content-Type": "application/json", "Idempotency-Key": f"odd-body-{number}"}
        answer = await author.http.post("/v1/news/articles", content=body, headers=sent)
        assert answer.status_code in (400, 413, 422), (number, answer.status_code, answer.text[:200])


async def test_of_two_supervisors_who_decide_at_once_one_is_told_it_is_decided(
    town: Town, seeds: Seeds
) -> None:
    supervisor = seeds.people["price_supervisor"].actor
    shops = Shops(seeds)
    await shops.held("malabar")
    spot = f"/v1/prices/reviews/malabar/{shops.today}/{offers.OIL}/retail"
    both = [
        supervisor.call("POST", f"{spot}/{step}", body={"reason": "demo"})
        for step in ("approve", "reject") * 3
    ]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*both))
    assert statuses == [200, 409, 409, 409, 409, 409]


async def test_of_editors_who_publish_at_once_one_does(seeds: Seeds) -> None:
    author, editor = (seeds.people[role].actor for role in ("news_author", "editor"))
    made = await author.post("/v1/news/articles", offers.article())
    path = f"/v1/news/articles/{made['id']}"
    await author.post(f"{path}/submit")
    calls = [editor.call("POST", f"{path}/{step}", body={}) for step in ("publish", "discard") * 3]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*calls))
    assert statuses == [200, 409, 409, 409, 409, 409]


async def test_of_reviews_sent_at_once_one_is_kept(town: Town, seeds: Seeds) -> None:
    citizen, editor = seeds.people["citizen"].actor, seeds.people["tourism_editor"].actor
    spot = (await editor.post("/v1/tourism/places", offers.place("ramai")))["id"]
    calls = [
        citizen.call("POST", f"/v1/tourism/places/{spot}/reviews", body=offers.review()) for _ in range(8)
    ]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*calls))
    assert statuses == [201] + [409] * 7


@pytest.mark.parametrize(
    ("path", "body", "most"),
    [("/v1/prices/watches", offers.watch(), 50), ("/v1/tourism/itineraries", offers.itinerary(), 100)],
    ids=["watches", "itineraries"],
)
async def test_nobody_keeps_more_than_so_many_however_fast_she_asks(
    town: Town, seeds: Seeds, path: str, body: Any, most: int
) -> None:
    hoarder = (await people.newcomer(town, 70 + most % 7)).actor
    answers = []
    for _ in range(3):
        answers += await asyncio.gather(
            *(hoarder.call("POST", path, body=body) for _ in range(most // 3 + 5))
        )
    assert {answer.status_code for answer in answers} == {201, 409}
    assert sum(answer.status_code == 201 for answer in answers) == most


async def test_a_guest_creates_nothing_that_is_kept(town: Town, seeds: Seeds) -> None:
    guest = town.guest()
    spot = seeds.of["guest"]["GET /v1/tourism/places/{ref}"]["path"]["ref"][0]
    for path, body in (
        ("/v1/prices/watches", offers.watch()),
        ("/v1/tourism/itineraries", offers.itinerary()),
        (f"/v1/tourism/places/{spot}/reviews", offers.review()),
    ):
        assert (await guest.call("POST", path, body=body)).status_code == 401
