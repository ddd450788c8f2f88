"""Which documents are refused, how they merge, and which template a path finds."""

import copy
import json
from typing import Any

import pytest

from gateway.documents import rules
from gateway.edge.catalogue import Catalogue
from gateway.edge.routes import RouteTable, endpoints
from shared.settings import ServiceAddress

CITY = {"audience": ["public"]}
OWN: dict[str, Any] = {
    "paths": {"/v1/me": {"get": {"operationId": "me", "x-city": {"audience": ["citizen"]}}}},
    "components": {"schemas": {"Me": {"type": "object"}}, "securitySchemes": {"bearer": {"type": "http"}}},
}


def document(*paths: str, **city: Any) -> dict[str, Any]:
    operation = {"operationId": "do", "x-city": CITY | city}
    return {"openapi": "3.1.0", "paths": {path: {"get": copy.deepcopy(operation)} for path in paths}}


@pytest.mark.parametrize(
    ("offered", "reason"),
    [
        (document("/v1/news/a", "/feeds/news.atom", "/feeds/news/{area}.atom"), None),
        (document("/v1/news/a", "/internal/snapshots/{kind}"), None),
        (document("/v1/laksa/a"), "lies outside"),
        (document("/v1/newsroom"), "lies outside"),
        (document("/metrics"), "lies outside"),
        (document("/v1/news/taken"), "already taken"),
        (document("/v1/news/x/{a}", "/v1/news/x/{b}"), "already taken"),
        ({"paths": {"/v1/news/a": {"get": {}}}}, "x-city is missing"),
        ({"paths": {"/v1/news/a": {"get": None}}}, "x-city is missing"),
        ({"paths": {"/v1/news/a": []}}, "no path item"),
        (document("/v1/news/a", deadline_ms=-1), "x-city is not valid"),
        (document("/v1/news/a", key="sometimes"), "x-city is not valid"),
        (document("/v1/news/a", audience=[]), "nobody is named"),
        (document("/v1/news/a", audience=["everybody"]), "everybody"),
        ({"paths": 7}, "no OpenAPI document"),
        ([], "no OpenAPI document"),
        (None, "no OpenAPI document"),
    ],
)
def test_a_document_is_refused_for_a_reason(offered: Any, reason: str | None) -> None:
    found = rules.why_refused(offered, ("/v1/news", "/feeds/news"), ["/v1/news/taken"])
    assert (found is None) if reason is None else (found is not None and reason in found)


def test_merging_prefixes_components_references_and_operation_ids() -> None:
    news = document("/v1/news/a", "/internal/x")
    news["paths"]["/v1/news/a"]["get"] |= {
        "tags": ["news"],
        "security": [{"bearer": []}],
        "responses": {
            "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Out"}}}}
        },
    }
    news["components"] = {
        "schemas": {
            "Out": {
                "properties": {"next": {"anyOf": [{"$ref": "#/components/schemas/Out"}, {"type": "null"}]}}
            },
            "Me": {"discriminator": {"mapping": {"a": "#/components/schemas/Out"}}},
        },
        "securitySchemes": {"bearer": {"type": "http"}},
    }
    merged = rules.merged(OWN, {"news": news}, title="Kota", url="http://x")
    assert list(merged["paths"]) == ["/v1/me", "/v1/news/a"]
    operation = merged["paths"]["/v1/news/a"]["get"]
    assert (operation["operationId"], operation["tags"]) == ("news_do", ["news"])
    assert operation["security"] == [{"bearer": []}]
    assert set(merged["components"]["schemas"]) == {"Me", "News.Out", "News.Me"}
    assert list(merged["components"]["securitySchemes"]) == ["bearer"]
    text = json.dumps(merged)
    assert '"#/components/schemas/Out"' not in text
    assert text.count('"#/components/schemas/News.Out"') == 3
    assert (merged["info"]["title"], merged["servers"]) == ("Kota", [{"url": "http://x"}])


def test_components_of_one_name_have_titles_of_their_own() -> None:
    point = {"schemas": {"Point": {"title": "Point", "type": "object"}}}
    services = {"laksa": document("/v1/laksa/a"), "news": document("/v1/news/a")}
    merged = rules.merged(OWN, {name: {**each, "components": point} for name, each in services.items()})
    titles = [c["title"] for c in merged["components"]["schemas"].values() if "title" in c]
    assert titles == ["LaksaPoint", "NewsPoint"]  # a generator makes one class of each title


def test_every_operation_states_what_the_edge_answers_and_problems_are_described_once() -> None:
    problem = {"description": "x"}
    own = {**OWN, "components": {"schemas": {"Problem": {}}, "responses": {"Problem400": problem}}}
    news = document("/v1/news/a")
    news["paths"]["/v1/news/a"]["get"]["responses"] = {
        "400": {"$ref": "#/components/responses/Problem400"},
        "404": {"$ref": "#/components/responses/Problem404"},
    }
    news["components"] = {"responses": {"Problem400": problem, "Problem404": {"description": "another"}}}
    merged = rules.merged(own, {"news": news})
    answers = merged["paths"]["/v1/news/a"]["get"]["responses"]
    assert answers["400"] == {"$ref": "#/components/responses/Problem400"}
    assert answers["404"] == {"$ref": "#/components/responses/News.Problem404"}
    assert {"401", "408", "413", "429", "431", "503"} <= answers.keys()
    assert "News.Problem400" not in merged["components"]["responses"]
    assert "Problem431" in merged["components"]["responses"]
    assert "responses" not in own["paths"]["/v1/me"]["get"], "the gateway's own document is not changed"


TEMPLATES = [
    "/v1/laksa/reports",
    "/v1/laksa/reports/nearby",
    "/v1/laksa/reports/{id}",
    "/v1/laksa/reports/{id}/finish",
    "/v1/laksa/reports/nearby/{area}",
    "/alerts/{id}.xml",
    "/alerts/index.atom",
    "/alerts/{id}",
    "/open311/v2/requests/{id}.{format}",
    "/open311/v2/requests.{format}",
]


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/v1/laksa/reports", "/v1/laksa/reports"),
        ("/v1/laksa/reports/nearby", "/v1/laksa/reports/nearby"),
        ("/v1/laksa/reports/7", "/v1/laksa/reports/{id}"),
        ("/v1/laksa/reports/nearby/finish", "/v1/laksa/reports/nearby/{area}"),
        ("/v1/laksa/reports/7/finish", "/v1/laksa/reports/{id}/finish"),
        ("/v1/laksa/reports/7/start", None),
        ("/v1/laksa/reports/", None),
        ("/v1/laksa", None),
        ("/alerts/7.xml", "/alerts/{id}.xml"),
        ("/alerts/7", "/alerts/{id}"),
        ("/alerts/index.atom", "/alerts/index.atom"),
        ("/open311/v2/requests/7.json", "/open311/v2/requests/{id}.{format}"),
        ("/open311/v2/requests.json", "/open311/v2/requests.{format}"),
        ("/open311/v2/requests", None),
        ("", None),
        ("/", None),
    ],
)
def test_a_literal_wins_over_a_mixed_segment_and_that_over_a_parameter(
    path: str, template: str | None
) -> None:
    table = RouteTable(endpoints("svc-x", document(*TEMPLATES)))
    found = table.find(path)
    assert (found.template if found else None) == template


def services(*names: str) -> list[ServiceAddress]:
    return [ServiceAddress(name=f"svc-{n}", url="http://x", prefixes=(f"/v1/{n}",)) for n in names]


def test_a_refused_document_leaves_everything_as_it_was_and_is_told() -> None:
    catalogue = Catalogue(OWN, services("news", "jobs"))
    assert catalogue.offer("svc-news", "1", document("/v1/news/a")) is None
    before = (catalogue.body, catalogue.etag, catalogue.table)
    assert "lies outside" in str(catalogue.offer("svc-news", "2", document("/v1/jobs/a")))
    assert (catalogue.body, catalogue.etag, catalogue.table) == before
    assert catalogue.find("/v1/news/a") is not None
    assert catalogue.troubles() == [
        "svc-jobs: no document yet",
        "svc-news: document refused: /v1/jobs/a lies outside /v1/news",
    ]
    assert catalogue.offer("svc-news", "3", document("/v1/news/b")) is None
    assert catalogue.find("/v1/news/a") is None
    assert catalogue.troubles() == ["svc-jobs: no document yet"]


def test_no_service_takes_a_path_of_the_gateway() -> None:
    address = ServiceAddress(name="svc-greedy", url="http://x", prefixes=("/v1/me",))
    catalogue = Catalogue(OWN, [address])
    assert "already taken" in str(catalogue.offer("svc-greedy", "1", document("/v1/me")))


def test_internal_paths_are_in_no_table_and_in_no_document() -> None:
    catalogue = Catalogue(OWN, services("news"))
    catalogue.offer("svc-news", "1", document("/v1/news/a", "/internal/snapshots/{kind}"))
    assert catalogue.find("/internal/snapshots/x") is None
    assert b"/internal" not in catalogue.body
