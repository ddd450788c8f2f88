"""The catalogue: what the city offers, what other agencies registered, and who may register it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import rdflib
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from shared.auth import Caller
from shared.clock import ManualClock
from shared.ids import new_id
from shared.tables import outbox
from shared.testing import Keys, QueryRecorder, in_process, rolled_back
from svc_tourism.app import create_app
from svc_tourism.catalogue import rules
from svc_tourism.settings import TourismSettings

PATH = "/v1/tourism/datasets"
EDITOR = Caller(kind="staff", sub="s-1", roles=frozenset({"tourism_editor"}))
OPS = Caller(kind="staff", sub="s-2", roles=frozenset({"ops"}))
HALTS: dict[str, Any] = {
    "agency": "dishub",
    "title": {"id": "Demo: halte bus", "en": "Demo: bus stops"},
    "description": {"id": "Demo: titik halte.", "en": "Demo: where the stops are."},
    "keywords": ["halte", "bus"],
    "licence": "https://creativecommons.org/licenses/by/4.0/",
    "landing_page": "https://data.example.org/halte",
    "frequency": "annual",
    "covers_from": "2025-01-01",
    "covers_to": "2025-12-31",
    "distributions": [
        {
            "title": {"id": "CSV", "en": "CSV"},
            "media_type": "text/csv",
            "access_url": "https://data.example.org/halte",
            "download_url": "https://data.example.org/halte.csv",
        }
    ],
}
Send = Callable[..., Awaitable[Response]]


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., TourismSettings], clock: ManualClock
) -> AsyncIterator[FastAPI]:
    settings = settings_for(TourismSettings, databases.new("svc_tourism"), public_url="https://kota.example/")
    made = create_app(settings, clock)
    yield made
    await made.state.runtime.database.close()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with rolled_back(app.state.runtime.database), in_process(app) as made:
        yield made


@pytest.fixture
def send(client: AsyncClient, keys: Keys, clock: ManualClock) -> Send:
    """`await send(caller, method, path, body, **headers)` with a fresh key."""

    async def call(caller: Caller, method: str, path: str = "", body: Any = None, **headers: str) -> Response:
        sent = {"Idempotency-Key": str(new_id())} | {k.replace("_", "-"): v for k, v in headers.items()}
        identity = keys.identity(caller, "svc-tourism", clock.now())
        return await client.request(method, PATH + path, json=body, headers=identity | sent)

    return call


async def catalogue(client: AsyncClient) -> dict[str, Any]:
    answer = await client.get("/catalog.jsonld")
    assert answer.headers["Content-Type"] == "application/ld+json"
    found: dict[str, Any] = answer.json()
    return found


def one(node: dict[str, Any], language: str) -> str:
    return next(text["@value"] for text in node["dct:title"] if text["@language"] == language)


def nodes(part: Any) -> list[dict[str, Any]]:
    """Every node of the document, however deep."""
    if isinstance(part, list):
        return [node for each in part for node in nodes(each)]
    if not isinstance(part, dict):
        return []
    return [part, *(node for each in part.values() for node in nodes(each))]


async def test_the_catalogue_names_every_data_set_with_what_dcat_wants(client: AsyncClient) -> None:
    document = await catalogue(client)
    assert document["@type"] == "dcat:Catalog"
    assert (one(document, "id"), one(document, "en")) == (
        "Data terbuka Kota Tangerang",
        "Open data of Tangerang City",
    )
    by_id = {each["dct:identifier"]: each for each in document["dcat:dataset"]}
    assert {"map-places", "map-hospitals", "map-reports", "map-alerts", "prices", "news", "agenda"} <= set(
        by_id
    )
    for each in by_id.values():
        wanted = {
            "dct:title",
            "dct:description",
            "dct:creator",
            "dct:publisher",
            "dct:license",
            "dct:spatial",
        }
        assert wanted | {"dct:accrualPeriodicity", "dcat:landingPage", "dcat:distribution"} <= set(each)
        assert each["dct:publisher"]["foaf:name"][0]["@value"] == "Dinas Komunikasi dan Informatika"
        for form in each["dcat:distribution"]:
            assert form["dcat:accessURL"]["@id"].startswith("https://kota.example/")
            assert form["dcat:mediaType"]["@id"].startswith("https://www.iana.org/assignments/media-types/")
    assert by_id["map-places"]["dct:license"]["@id"].startswith("https://opendatacommons.org/licenses/odbl")
    (service,) = document["dcat:service"]
    assert service["dcat:endpointURL"]["@id"] == "https://kota.example/ogc"
    assert {each["@id"] for each in service["dcat:servesDataset"]} == {
        each["@id"] for name, each in by_id.items() if name.startswith("map-")
    }
    prefixes = set(document["@context"])
    names = {name for node in nodes(document) for name in node if not name.startswith("@") and node}
    used = {name.partition(":")[0] for name in names if ":" in name}
    assert used <= prefixes
    types = {node["@type"] for node in nodes(document) if "@type" in node}
    assert {kind.partition(":")[0] for kind in types} <= prefixes


async def test_what_the_map_offers_can_be_fetched_where_the_catalogue_says(client: AsyncClient) -> None:
    document = await catalogue(client)
    mapped = [each for each in document["dcat:dataset"] if each["dct:identifier"].startswith("map-")]
    for each in mapped:
        assert "dcat:downloadURL" not in each["dcat:distribution"][0], "it comes page by page"
        address = each["dcat:distribution"][0]["dcat:accessURL"]["@id"]
        answer = await client.get(address.removeprefix("https://kota.example"))
        assert answer.status_code == 200
        kind = answer.headers["Content-Type"]
        assert each["dcat:distribution"][0]["dcat:mediaType"]["@id"].endswith(kind)


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # rdflib's own
async def test_the_document_is_json_ld_that_a_library_reads(client: AsyncClient) -> None:
    graph = rdflib.Graph().parse(data=(await client.get("/catalog.jsonld")).text, format="json-ld")
    dcat, dct = "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/"
    datasets = list(graph.subjects(rdflib.RDF.type, rdflib.URIRef(f"{dcat}Dataset")))
    assert len(datasets) == len((await catalogue(client))["dcat:dataset"])
    for each in datasets:
        languages = {text.language for text in graph.objects(each, rdflib.URIRef(f"{dct}title"))}
        assert languages == {"id", "en"}
        forms = graph.objects(each, rdflib.URIRef(f"{dcat}distribution"))
        assert all(graph.value(form, rdflib.URIRef(f"{dcat}accessURL")) for form in forms)


async def test_a_registered_data_set_stands_in_the_catalogue_with_who_produces_it(
    send: Send, client: AsyncClient, app: FastAPI
) -> None:
    made = await send(EDITOR, "POST", body=HALTS)
    assert made.status_code == 201, made.text
    assert made.json()["agency"] == {"code": "dishub", "label": "Dinas Perhubungan"}
    with QueryRecorder().on(app.state.runtime.database) as queries:
        document = await catalogue(client)
    assert len([q for q in queries.statements if "SAVEPOINT" not in q]) == 1
    (found,) = [e for e in document["dcat:dataset"] if e["dct:identifier"] == made.json()["id"]]
    assert found["@id"] == "https://kota.example" + made.headers["Location"]
    assert found["dct:creator"]["foaf:name"][0]["@value"] == "Dinas Perhubungan"
    assert found["dct:publisher"]["foaf:name"][0]["@value"] == "Dinas Komunikasi dan Informatika"
    assert found["dct:temporal"]["dcat:startDate"]["@value"] == "2025-01-01"
    assert found["dct:accrualPeriodicity"]["@id"].endswith("/frequency/ANNUAL")
    assert found["dct:issued"]["@value"] == "2026-02-02T09:00:00+07:00"
    listed = (await client.get(PATH, headers={"Accept-Language": "en"})).json()["items"]
    assert [each["title"] for each in listed] == ["Demo: bus stops"]


async def test_it_is_changed_by_who_saw_it_and_withdrawn_once(
    send: Send, client: AsyncClient, app: FastAPI
) -> None:
    made = await send(EDITOR, "POST", body=HALTS)
    here = f"/{made.json()['id']}"
    other = HALTS | {"frequency": "monthly", "covers_to": None}
    assert (await send(OPS, "PUT", here, other, If_Match='"9.x"')).status_code == 412
    changed = await send(OPS, "PUT", here, other, If_Match=made.headers["ETag"])
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert (changed.json()["frequency"], changed.json()["covers_to"]) == ("monthly", None)
    assert (
        await send(EDITOR, "POST", here + "/withdraw", If_Match=changed.headers["ETag"])
    ).status_code == 200
    assert (await client.get(PATH + here)).status_code == 404
    assert (await send(EDITOR, "POST", here + "/withdraw")).json()["code"] == "dataset_withdrawn"
    assert (await send(EDITOR, "PUT", here, other)).status_code == 409
    assert (await send(EDITOR, "PUT", f"/{new_id()}", other)).status_code == 404
    async with app.state.runtime.database.transaction() as session:
        told = await session.scalars(
            select(outbox.c.type).where(outbox.c.entity_id == made.json()["id"]).order_by(outbox.c.id)
        )
        assert list(told) == [
            "tourism.dataset_registered.v1", "tourism.tags_purged.v1",
            "tourism.dataset_changed.v1", "tourism.tags_purged.v1",
            "tourism.dataset_withdrawn.v1", "tourism.tags_purged.v1",
        ]  # fmt: skip


BAD: dict[str, dict[str, Any]] = {
    "agency": {"agency": "nobody"},
    "licence": {"licence": "javascript:alert(1)"},
    "landing_page": {"landing_page": "https://user:secret@example.org/"},
    "title.en": {"title": {"id": "saja"}},
    "distributions": {"distributions": []},
    "frequency": {"frequency": "sometimes"},
    "distributions.0.media_type": {"distributions": [HALTS["distributions"][0] | {"media_type": "CSV"}]},
    "distributions.0.access_url": {
        "distributions": [HALTS["distributions"][0] | {"access_url": "http:///x"}]
    },
    "covers_from": {"covers_from": 0},
    "covers_to": {"covers_to": "1767225600"},
    "body": {"covers_from": "2026-01-01", "covers_to": "2025-01-01"},
}


@pytest.mark.parametrize("field", BAD)
async def test_what_cannot_be_offered_is_refused_by_name(send: Send, field: str) -> None:
    refused = await send(EDITOR, "POST", body=HALTS | BAD[field])
    assert refused.status_code == 422
    assert field in [each["field"] for each in refused.json()["errors"]]
    assert "secret" not in refused.text


async def test_only_editors_and_ops_register_and_sending_twice_registers_once(
    send: Send, client: AsyncClient
) -> None:
    for caller, status in (
        (Caller(), 401),
        (Caller(kind="citizen", sub="citizen-1"), 403),
        (Caller(kind="staff", sub="s-3", roles=frozenset({"laksa_officer"})), 403),
    ):
        for method, path in (("POST", ""), ("PUT", f"/{new_id()}"), ("POST", f"/{new_id()}/withdraw")):
            assert (await send(caller, method, path, HALTS)).status_code == status
    twice = [await send(OPS, "POST", body=HALTS, Idempotency_Key="the-same-key") for _ in range(2)]
    assert twice[0].json() == twice[1].json()
    assert len((await client.get(PATH)).json()["items"]) == 1


async def test_the_list_goes_on_where_the_page_ended_and_the_catalogue_has_an_end(
    send: Send, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST", 3)
    made = [(await send(EDITOR, "POST", body=HALTS)).json()["id"] for _ in range(3)]
    full = await send(EDITOR, "POST", body=HALTS)
    assert (full.status_code, full.json()["code"]) == (409, "catalogue_full")
    first = (await client.get(f"{PATH}?limit=2")).json()
    second = (await client.get(f"{PATH}?limit=2&cursor={first['next']}")).json()
    assert [each["id"] for each in first["items"] + second["items"]] == made
    assert second["next"] is None
    assert (await client.get(f"{PATH}?cursor=x")).json()["code"] == "bad_cursor"
