"""What is somebody else's is answered like what is not there, by every operation that names a thing.

Every operation with an id in its path stands in one of two lists: an operation of neither fails here.
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from tests.security import offers
from tests.security.callers import Caller
from tests.security.fuzz.people import Person
from tests.security.fuzz.seeds import Seeds
from tests.security.test_rights import told
from tests.security.test_rights_of_all import example
from tests.security.town import Town

NOWHERE = "00000000-0000-7000-8000-000000000000"
REPORT, UPLOAD = "/v1/laksa/reports/{ref}", "/v1/media/uploads/{upload_id}"
ARTICLE, PLAN = "/v1/news/articles/{article_id}", "/v1/tourism/itineraries/{itinerary_id}"
RESIDENTS = ("guest", "other citizen", "other agency's officer", "partner", "suspended provider")
OTHERS = ("other citizen",)
DESK = ("ask", "assign", "coordinate", "hand-over", "reject", "resume", "start")
#: Operation -> whose thing it is, and who else the audience alone would admit.
OWN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    **{f"POST {REPORT}/{step}": ("citizen", RESIDENTS) for step in ("answer", "challenge", "withdraw")},
    **{f"POST {REPORT}/{step}": ("officer", ("other agency's officer",)) for step in DESK},
    f"POST {REPORT}/finish": ("crew", ("other agency's officer",)),
    f"POST {REPORT}/challenge/decide": ("moderator", ("other agency's officer",)),
    f"POST {REPORT}/verify": ("verifier", ("other agency's officer",)),
    f"POST {REPORT}/moderate": ("police", ("officer", "other agency's officer")),
    **{f"{verb} {UPLOAD}": ("citizen", RESIDENTS) for verb in ("PATCH", "POST", "DELETE")},
    "DELETE /v1/me/sessions/{session_id}": ("citizen", ("other citizen", "officer", "admin")),
    "DELETE /v1/prices/watches/{watch_id}": ("citizen", OTHERS),
    "PUT /v1/tourism/reviews/{review_id}": ("citizen", OTHERS),
    "DELETE /v1/tourism/reviews/{review_id}": ("citizen", OTHERS),
    **{f"{verb} {PLAN}": ("citizen", OTHERS) for verb in ("GET", "PUT", "DELETE")},
    **{f"{verb} {PLAN}/share": ("citizen", OTHERS) for verb in ("POST", "DELETE")},
    f"GET {PLAN}/plan": ("citizen", OTHERS),
    "PUT /v1/news/articles/{ref}": ("editor", ("news_author",)),
    **{f"POST {ARTICLE}/{step}": ("editor", ("news_author",)) for step in ("submit", "discard")},
    **{f"GET {ARTICLE}/{what}": ("editor", ("news_author",)) for what in ("manuscript", "revisions")},
}
#: A name here is one of the caller's own: the same name of somebody else is another thing. Whose subject is
#: 404 to whom, tests/gateway/providers/test_statuses.py knows, with signatures.
NAMED = frozenset({
    "PUT /provider/v1/documents/{doc_id}", "DELETE /provider/v1/documents/{doc_id}",
    "PUT /provider/v1/requests/{number}",
})  # fmt: skip
#: What everybody of the audience does with a thing of the city's, and what a whole desk shares.
SHARED = frozenset({
    "POST /v1/me/providers/{code}/link", "DELETE /v1/me/providers/{code}/link",
    "POST /v1/tourism/places/{ref}/reviews", "POST /v1/tourism/reviews/{review_id}/report",
})  # fmt: skip


@pytest.fixture(scope="module")
async def strangers(
    everybody: dict[str, Person], callers: dict[str, Caller], seeds: Seeds
) -> dict[str, Caller]:
    """Everybody, and a session of the citizen's beside the one she uses."""
    mine = (await everybody["citizen"].actor.get("/v1/me/sessions"))["items"][0]["id"]
    seeds.note("citizen", "DELETE /v1/me/sessions/{session_id}", "path", "session_id", mine)
    spoken = await seeds.people["editor"].actor.post("/v1/news/articles", offers.article())
    for label in (each for each in OWN if "/v1/news/" in each):
        for name in ("ref", "article_id"):
            seeds.of["editor"][label].setdefault("path", {})[name] = [spoken["id"]]
    return callers


def test_somebody_decided_of_every_thing_with_an_id_whose_it_is(described: dict[str, Any]) -> None:
    named = {
        label for label, operation in described.items() if "{" in label and not is_read(label, operation)
    }
    desks = {label for label in named if is_of_a_desk(described[label]) and label not in OWN}
    assert named - desks == OWN.keys() | NAMED | SHARED, "decide whose things it touches"


async def test_what_is_somebody_elses_is_answered_like_what_is_not_there(
    described: dict[str, Any], strangers: dict[str, Caller], seeds: Seeds, town: Town
) -> None:
    unlike = []
    for label, (owner, others) in OWN.items():
        call = example(label, described[label], seeds, owner)
        assert NOWHERE not in call["url"], f"{label}: nothing of {owner} is known"
        for name in others:
            answers = [await asked(town, strangers[name], each) for each in (call, elsewhere(label, call))]
            alike = told(answers[0]) == told(answers[1]) and {a.status_code for a in answers} == {404}
            unlike += [] if alike else [(label, name, [answer.text for answer in answers])]
    assert unlike == []


async def asked(town: Town, who: Caller, call: Mapping[str, Any]) -> Any:
    """The answer to a stranger who sends what the owner would; `X-Follow-Token` is the owner's alone."""
    own = {name: value for name, value in call["headers"].items() if name != "X-Follow-Token"}
    headers = {**own, "X-Device-Id": "somebody-else", **who.headers, "Idempotency-Key": f"others-{uuid4()}"}
    body = {"json": call["json"]} if "json" in call else {}
    return await town.http.request(call["method"], call["url"], headers=headers, **body)


def elsewhere(label: str, call: Mapping[str, Any]) -> dict[str, Any]:
    """The same call to what is not there."""
    path = label.partition(" ")[2]
    return {**call, "url": re.sub(r"\{\w+\}", NOWHERE, path)}


def is_read(label: str, operation: Mapping[str, Any]) -> bool:
    """Whether everybody may read it."""
    return label.startswith("GET ") and "public" in operation["x-city"]["audience"]


def is_of_a_desk(operation: Mapping[str, Any]) -> bool:
    """Whether those who may work together on all of it."""
    return all(each.startswith("staff:") for each in operation["x-city"]["audience"])
