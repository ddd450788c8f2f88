"""Whoever uses what is going to end is told so by every answer, and the document says it as well."""

import json
from typing import Any

import pytest

from gateway.documents.rules import why_refused

SAID = {
    "Deprecation": "@1767225600",
    "Sunset": "Wed, 01 Jul 2026 00:00:00 GMT",
    "Link": '</docs>; rel="deprecation"; type="text/html", </v1/news/list>; rel="successor-version"',
}


def told(answer: Any) -> dict[str, str]:
    return {name: answer.headers[name] for name in SAID if name in answer.headers}


async def test_every_answer_of_a_deprecated_operation_says_since_when_until_when_and_what_follows(
    town: Any,
) -> None:
    asked = [await town.get("/old") for _ in range(2)]
    assert [answer.headers["X-Cache"] for answer in asked] == ["miss", "hit"]
    asked.append(await town.get("/old", If_None_Match=asked[0].headers["ETag"]))
    asked.append(await town.client.head("/v1/news/old"))
    asked.append(await town.get("/old?limit=x"))
    asked.append(await town.client.get("/v1/news/old", headers={"X-Api-Key": "nobody's"}))
    assert [answer.status_code for answer in asked] == [200, 200, 304, 200, 422, 401]
    assert [told(answer) for answer in asked] == [SAID] * 6


async def test_without_an_end_none_is_said_and_others_say_nothing(town: Any) -> None:
    written = await town.client.post("/v1/news/old")
    assert told(written) == {
        "Deprecation": SAID["Deprecation"],
        "Link": '</docs>; rel="deprecation"; type="text/html"',
    }
    for answer in (
        await town.get(),
        await town.get(),
        await town.get("/untagged"),
        await town.get("/nothing"),
    ):
        assert told(answer) == {}


async def test_the_document_says_it_with_the_headers(town: Any) -> None:
    document = (await town.client.get("/openapi.json")).json()
    old, current = document["paths"]["/v1/news/old"]["get"], document["paths"]["/v1/news/list"]["get"]
    assert old["deprecated"] is True
    assert old["x-city"]["deprecated"]["sunset"] == "2026-07-01"
    assert SAID.keys() <= old["responses"]["200"]["headers"].keys()
    assert "deprecated" not in current
    assert "Sunset" not in current["responses"]["200"]["headers"]


@pytest.mark.parametrize(
    "said",
    [
        {"since": "2026-02-01", "sunset": "2026-01-01"},
        {"sunset": "2026-01-01"},
        {"since": "2026-01-01", "successor": "/x>; rel=evil\r\nX: y"},
        {"since": "2026-01-01", "successor": "https://elsewhere.example/"},
    ],
)
def test_a_document_that_says_it_wrongly_is_refused(said: dict[str, str]) -> None:
    operation = {"x-city": {"audience": ["public"], "deprecated": said}}
    document = json.loads(json.dumps({"paths": {"/v1/news/old": {"get": operation}}}))
    assert "x-city is not valid" in (why_refused(document, ["/v1/news"], []) or "")
