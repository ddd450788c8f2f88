"""Everything public of prices, news and tourism answers a guest, marks what is made up, and opens safely."""

import csv
import io
import itertools
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI

from deploy.local.actors import Actor, photo
from deploy.local.nats import Broker
from shared.clock import ManualClock
from shared.testing import Keys
from svc_prices.demonstrations.usecases import load_demo
from tests.journeys.conftest import MONUMENT, delete_streams
from tests.journeys.high_street import HighStreet, opened

HOSTILE = '=HYPERLINK("http://demo.example")'
FORMULA = tuple("=+-@\t\r")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
MIX = ",".join(["museum:2", "fuel:2", "place_of_worship", "hospital:1"])
Answers = dict[str, httpx.Response]


@pytest.fixture(scope="module")
async def street(
    databases: Any, broker: Broker, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HighStreet]:
    """A street with goods in every window: made-up prices, an event with a picture, a review, a data set."""
    await delete_streams(broker.url())
    clock = ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))
    async with opened(clock, databases, broker.url(), keys, tmp_path_factory.mktemp("street")) as found:
        assert isinstance(found.prices, FastAPI)
        await load_demo(found.prices.state.runtime)
        yield found


@pytest.fixture(scope="module")
async def bindings(street: HighStreet) -> dict[str, list[str]]:
    """What can stand for the parameters of public reads: what lists show, and what was put there for it."""
    guest, supervisor = street.guest(), await street.officer("price_supervisor")
    await rename(supervisor, "/v1/prices/markets/poris", HOSTILE, "kind", "source")
    both = {"id": HOSTILE, "en": HOSTILE}
    await rename(supervisor, "/v1/prices/commodities/beras-premium", both, "category")
    article, image = await publish(street)
    places = (await guest.get("/v1/tourism/places?category=museum"))["items"]
    await review(street, places[0]["id"])
    listed = (await street.http.get("/ogc/collections")).json()["collections"]
    return {
        "/v1/prices/markets/{code}": codes(await guest.get("/v1/prices/markets")),
        "/v1/prices/commodities/{code}": codes(await guest.get("/v1/prices/commodities"))[:3],
        "/v1/news/articles/{ref}": [article, (await guest.get(f"/v1/news/articles/{article}"))["slug"]],
        "/v1/news/articles/{ref}.jsonld": [article],
        "/v1/tourism/places/{ref}": [places[0]["id"], places[0]["slug"]],
        "/v1/tourism/places/{ref}/reviews": [places[0]["id"]],
        "form": ["atom", "rss", "json"],
        "kind": ["news", "announcement", "hoax_clarification", "agenda"],
        "district": [places[0]["area"]["district"]["code"]],
        "article_id": [article],
        "media_id": [image],
        "collection_id": [each["id"] for each in listed],
        "dataset_id": [await register(street)],
        "token": [await share(street, places[0]["id"])],
        "commodity": ["beras-premium"],
        "item": ["beras-premium:2"],
        "lat": [str(MONUMENT[0])],
        "lon": [str(MONUMENT[1])],
        "mix": [MIX],
        "from": [f"{MONUMENT[0]},{MONUMENT[1]}"],
        "to": [f"{places[0]['point']['lat']},{places[0]['point']['lon']}"],
    }


@pytest.fixture(scope="module")
async def answers(street: HighStreet, bindings: dict[str, list[str]]) -> Answers:
    """What a guest is told at every address that public reads of the document have."""
    guest, found = street.guest(), {}
    document = (await street.http.get("/openapi.json")).json()
    for path, operation in public_reads(document):
        for address in addresses(path, operation, bindings):
            found[address] = await ask(street, guest, operation, address)
    for name in bindings["collection_id"]:
        features = found[f"/ogc/collections/{name}/items"].json()["features"]
        for each in features[:1]:
            address = f"/ogc/collections/{name}/items/{each['id']}"
            found[address] = await street.http.get(address)
    return found


def public_reads(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, operation) of what anybody may GET from the three services."""
    ours = ("/v1/prices/", "/v1/news/", "/v1/tourism/", "/feeds/", "/ogc", "/catalog")
    for path, operations in document["paths"].items():
        operation = operations.get("get")
        if path.startswith(ours) and operation and "public" in operation["x-city"]["audience"]:
            yield path, operation


def addresses(path: str, operation: dict[str, Any], bindings: dict[str, list[str]]) -> Iterator[str]:
    """The path with each way to fill its required parameters; the test fails on one nobody can fill."""
    wanted = [
        each for each in operation.get("parameters", []) if each.get("required") and each["in"] != "header"
    ]
    names = [each["name"] for each in wanted]
    if "feature_id" in names:
        return  # a feature's address is known once its collection was read
    values = [bindings[path] if path in bindings else bindings[name] for name in names]
    for chosen in itertools.product(*values):
        filled, query = path, []
        for each, value in zip(wanted, chosen, strict=True):
            if each["in"] == "path":
                filled = filled.replace(f"{{{each['name']}}}", value)
            else:
                query.append((each["name"], value))
        yield str(httpx.URL(filled, params=query)) if query else filled


async def ask(street: HighStreet, guest: Actor, operation: dict[str, Any], address: str) -> httpx.Response:
    """With a key only where one is asked for; redirects are followed."""
    headers = {} if operation["x-city"]["key"] == "none" else guest.headers
    return await street.http.get(address, headers=headers, follow_redirects=True)


def test_every_public_read_answers_a_guest(answers: Answers) -> None:
    assert {a: r.text[:200] for a, r in answers.items() if not 200 <= r.status_code < 300} == {}
    assert len(answers) > 100
    assert all(answer.content for answer in answers.values())


def test_what_is_made_up_says_demo_wherever_it_is_read(answers: Answers) -> None:
    facts = [(a, fact) for a, answer in answers.items() for fact in sourced(a, answer)]
    made_up = [(a, fact) for a, fact in facts if is_made_up(a, fact)]
    assert len(made_up) > 100
    assert [(a, fact) for a, fact in made_up if fact["source"] != "demo"] == []
    others = [(a, fact) for a, fact in facts if "attribution" in fact and fact["source"] != "demo"]
    assert others
    assert [(a, fact) for a, fact in others if not fact["attribution"]] == []


def sourced(address: str, answer: httpx.Response) -> Iterator[dict[str, Any]]:
    """Every object of a JSON answer that names its source."""
    if "json" in answer.headers["content-type"]:
        yield from (each for each in objects(answer.json()) if each.get("source") is not None)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, however deep."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from objects(each)


async def test_what_the_catalogue_offers_opens_without_a_key(street: HighStreet) -> None:
    catalogue = (await street.http.get("/catalog.jsonld")).json()
    ours = catalogue["@id"].removesuffix("/catalog.jsonld")
    addresses = {each["dcat:accessURL"]["@id"] for each in objects(catalogue) if "dcat:accessURL" in each}
    paths = {address.removeprefix(ours) for address in addresses if address.startswith(ours)}
    assert {"/v1/prices/exports/wfp.csv", "/feeds/news.atom", "/v1/laksa/ledger"} <= paths
    paths.remove("/v1/laksa/ledger")  # of a service that does not stand in this street
    told = {path: (await street.http.get(path)).status_code for path in sorted(paths)}
    assert set(told.values()) == {200}, told


def test_no_price_is_told_without_its_source(answers: Answers) -> None:
    told = [
        (address, each)
        for address, answer in answers.items()
        if address.startswith("/v1/prices/") and "json" in answer.headers["content-type"]
        for each in objects(answer.json())
        if (each.get("price") or each.get("total")) and {"market", "commodity"} & set(each)
    ]
    assert len(told) > 50
    assert [(address, each) for address, each in told if not each.get("source")] == []


def is_made_up(address: str, fact: dict[str, Any]) -> bool:
    """All prices and all articles here are; a place says so in its name or its slug."""
    priced = address.startswith("/v1/prices/") and any(name in fact for name in ("price", "median"))
    is_reference = "kind" in fact or "factor" in fact
    named = "(demo)" in str(fact.get("name", "")) or str(fact.get("slug", "")).startswith("demo-")
    written = address.startswith("/v1/news/") and "summary" in fact
    return (priced and not is_reference) or written or named


@pytest.mark.parametrize("name", ["wfp", "panel-harga"])
def test_prices_leave_without_formulas_and_marked_as_made_up(answers: Answers, name: str) -> None:
    text = answers[f"/v1/prices/exports/{name}.csv"].content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) > 100
    assert len({len(row) for row in rows}) == 1
    cells = [cell for row in rows for cell in row]
    assert [c for c in cells if c.startswith(FORMULA) and not NUMBER.fullmatch(c)] == []
    assert any(HOSTILE in cell for cell in cells)
    assert all("demo" in row for row in rows if row[0][:4].isdigit())


def test_whatever_else_leaves_opens_as_what_it_says_it_is(answers: Answers) -> None:
    opened: set[str] = set()
    for answer in answers.values():
        kind = answer.headers["content-type"].partition(";")[0]
        opened.add(kind)
        if "json" in kind:
            json.loads(answer.content, parse_constant=pytest.fail)
        elif "xml" in kind:
            ElementTree.fromstring(answer.content)
        elif kind == "text/calendar":
            lines = answer.content.decode().split("\r\n")
            assert (lines[0], lines[-2], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR", "")
            assert all(len(line.encode()) <= 75 for line in lines)
    assert opened >= {
        "application/json", "application/geo+json", "application/ld+json", "application/feed+json",
        "application/atom+xml", "application/rss+xml", "image/svg+xml", "text/calendar",
        "text/csv", "image/jpeg",
    }  # fmt: skip


async def rename(supervisor: Actor, path: str, name: Any, *kept: str) -> None:
    """Gives a market or commodity another name: a PUT says the rest as it was."""
    answer = await supervisor.call("GET", path)
    whole = {field: answer.json()[field] for field in kept}
    plain = {field: said["code"] if isinstance(said, dict) else said for field, said in whole.items()}
    etag = {"If-Match": answer.headers["etag"]}
    done = await supervisor.call("PUT", path, body=plain | {"name": name}, **etag)
    assert done.status_code == 200, done.text


async def publish(street: HighStreet) -> tuple[str, str]:
    """An event of the agenda with a picture; its id and the picture's."""
    author, editor = await street.officer("news_author"), await street.officer("editor")
    receipt = (await author.upload(photo(*MONUMENT, street.clock.now(), "demo")))["receipt"]
    lat, lon = MONUMENT
    body = {
        "kind": "agenda",
        "title": {"id": f"{HOSTILE} demo"},
        "summary": {"id": "@demo"},
        "body": {"id": "+demo"},
        "source": "demo",
        "images": [{"receipt": receipt, "alt": {"id": "demo"}, "credit": "Demo"}],
        "event": {
            "starts_on": "2026-02-09",
            "place": "=demo",
            "organiser": "demo",
            "point": {"lat": lat, "lon": lon},
        },
    }
    article = await author.post("/v1/news/articles", body)
    await author.post(f"/v1/news/articles/{article['id']}/submit", {})
    await editor.post(f"/v1/news/articles/{article['id']}/publish", {})
    return article["id"], article["images"][0]["media_id"]


async def review(street: HighStreet, place: str) -> None:
    resident, editor = await street.resident(), await street.officer("tourism_editor")
    said = {"rating": 4, "text": "=demo: ulasan contoh"}
    written = await resident.post(f"/v1/tourism/places/{place}/reviews", said)
    await editor.post(f"/v1/tourism/reviews/{written['id']}/publish")


async def share(street: HighStreet, place: str) -> str:
    """An itinerary's link for whoever has it; its token."""
    resident = await street.resident()
    plan = {"title": "demo: sehari", "stops": [{"place_id": place}]}
    saved = await resident.post("/v1/tourism/itineraries", plan)
    link = (await resident.post(f"/v1/tourism/itineraries/{saved['id']}/share"))["link"]
    return str(link).rpartition("/")[2]


async def register(street: HighStreet) -> str:
    """A data set of another agency in the catalogue."""
    words = {"id": "=demo: data contoh", "en": "=demo: example data"}
    body = {
        "agency": "dpupr",
        "title": words,
        "description": words,
        "licence": "https://creativecommons.org/licenses/by/4.0/",
        "landing_page": "https://demo.example/data",
        "frequency": "annual",
        "distributions": [
            {"title": words, "media_type": "text/csv", "access_url": "https://demo.example/data.csv"}
        ],
    }
    editor = await street.officer("tourism_editor")
    return str((await editor.post("/v1/tourism/datasets", body))["id"])


def codes(page: dict[str, Any]) -> list[str]:
    return [each["code"] for each in page["items"]]
