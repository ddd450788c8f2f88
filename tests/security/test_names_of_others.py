"""What a query or a body names may be somebody else's: then it is answered like what is not there.

Every member and parameter that names a thing (an id, a receipt, a picture, a token) is found in the merged
document; one that nobody decided on fails here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.actors import photo
from tests.journeys.conftest import MONUMENT
from tests.security import offers
from tests.security.fuzz.people import Person
from tests.security.fuzz.seeds import Seeds, report_body
from tests.security.test_rights import told
from tests.security.test_rights_of_all import example
from tests.security.test_things_of_others import NOWHERE, REPORT
from tests.security.town import Town

NAMES = re.compile(
    r"((^|_)(id|ids|ref|refs|receipt|receipts|media|photos|subject)|token|Token)(\[\])?$|^keep\[\]$"
)
REPORTS, PLACES, PLANS = "/v1/laksa/reports", "/v1/tourism/places", "/v1/tourism/itineraries"
ARTICLES, REVIEWS = "/v1/news/articles", "/v1/tourism/reviews/{review_id}"
PUT_ARTICLE, CORRECT = f"PUT {ARTICLES}/{{ref}}", f"POST {ARTICLES}/{{article_id}}/correct"
RECEIPT, PICTURE, PLACE, FOLLOW = "receipt", "picture", "place", "follow token"
#: (operation, member) -> who sends it, and what is taken from somebody else.
OTHERS: Mapping[tuple[str, str], tuple[str, str]] = {
    (f"POST {REPORTS}", "media[]"): ("citizen", RECEIPT),
    (f"POST {REPORT}/answer", "media[]"): ("citizen", RECEIPT),
    (f"POST {REPORT}/finish", "evidence[].receipt"): ("crew", RECEIPT),
    (f"POST {ARTICLES}", "images[].receipt"): ("news_author", RECEIPT),
    (f"POST {ARTICLES}", "images[].media_id"): ("news_author", PICTURE),
    (PUT_ARTICLE, "images[].receipt"): ("news_author", RECEIPT),
    (PUT_ARTICLE, "images[].media_id"): ("news_author", PICTURE),
    (CORRECT, "article.images[].receipt"): ("editor", RECEIPT),
    (CORRECT, "article.images[].media_id"): ("editor", PICTURE),
    (f"POST {PLACES}", "photos[].receipt"): ("tourism_editor", RECEIPT),
    (f"POST {PLACES}", "photos[].media_id"): ("tourism_editor", PICTURE),
    (f"PUT {PLACES}/{{ref}}", "photos[].receipt"): ("tourism_editor", RECEIPT),
    (f"PUT {PLACES}/{{ref}}", "photos[].media_id"): ("tourism_editor", PICTURE),
    (f"POST {PLACES}/{{ref}}/reviews", "photos[]"): ("citizen", RECEIPT),
    (f"POST {PLACES}/{{ref}}/reviews", "keep[]"): ("citizen", PICTURE),
    (f"PUT {REVIEWS}", "photos[]"): ("citizen", RECEIPT),
    (f"PUT {REVIEWS}", "keep[]"): ("citizen", PICTURE),
    (f"POST {PLANS}", "stops[].place_id"): ("citizen", PLACE),
    (f"PUT {PLANS}/{{itinerary_id}}", "stops[].place_id"): ("citizen", PLACE),
    **{
        (f"{verb} {REPORT}{step}", "X-Follow-Token"): ("guest", FOLLOW)
        for verb, step in (
            *(("GET", ""), ("GET", "/timeline")),
            *(("POST", "/answer"), ("POST", "/challenge"), ("POST", "/withdraw")),
        )
    },
}
#: What names nothing that is anybody's, or is itself what proves whose it is; and the test that knows.
FREE: Mapping[tuple[str, str], str] = {
    ("POST /v1/auth/logout", "refresh_token"): "whoever has it is signed in: accounts/test_sessions.py",
    ("POST /v1/auth/refresh", "refresh_token"): "whoever has it is signed in: accounts/test_sessions.py",
    ("POST /v1/auth/otp/verify", "challenge_id"): "only with the code that was sent: accounts/test_codes.py",
    (f"POST {REPORTS}", "id"): "made by the app; a taken one is 409: svc_laksa/test_sending_again.py",
    ("PUT /provider/v1/requests/{number}", "subject"): "by signature: providers/test_statuses.py",
    ("PUT /provider/v1/home", "items[].id"): "the provider's own, within its section",
    ("GET /v1/admin/audits", "subject"): "administrators read all of them",
    ("GET /v1/me/stream", "last_event_id"): "a place in one's own feed: streams/test_stream.py",
    ("GET /v1/stream", "last_event_id"): "a place in what everybody hears",
    ("POST /v1/prices/commodities", "panel_id"): "the number of a commodity at the ministry",
}
#: What stands beside the name in an item of a list.
BESIDE: Mapping[str, Mapping[str, Any]] = {
    "images": {"alt": offers.both("taman"), "credit": "Demo"},
    "photos": {"alt": offers.both("museum")},
}


@pytest.fixture(scope="module")
async def taken(town: Town, everybody: Mapping[str, Person]) -> dict[str, tuple[str, str]]:
    """Kind -> (the name of something of somebody else's, a name of nothing); and a report the guest sent."""
    other, editor = await town.resident(1), everybody["tourism_editor"].actor
    theirs = await other.upload(photo(*MONUMENT, town.clock.now(), "demo: orang lain"))
    receipt, draft = theirs["receipt"], await editor.post(PLACES, offers.place("rahasia", status="draft"))
    guest, another = town.guest(), town.guest()
    for number, who in enumerate((guest, another)):
        who.headers["X-Device-Id"] = f"names-of-others-{number}"
    mine, hers = [await who.post(REPORTS, report_body("pencurian")) for who in (guest, another)]
    token = hers["follow_token"]
    return {
        RECEIPT: (receipt, receipt[:-4] + ("AAAA" if receipt[-4:] != "AAAA" else "BBBB")),
        PICTURE: (theirs["media_id"], NOWHERE),
        PLACE: (draft["id"], NOWHERE),
        FOLLOW: (token, token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")),
        "mine": (mine["id"], NOWHERE),
    }


def test_somebody_decided_of_every_name_in_queries_and_bodies_whose_it_is(
    described: Mapping[str, Any], merged: Mapping[str, Any]
) -> None:
    found = {(label, name) for label, each in described.items() for name in names(merged, each)}
    assert found == OTHERS.keys() | FREE.keys(), "decide whose it may be"


async def test_what_is_named_and_somebody_elses_is_answered_like_what_is_not_there(
    described: Mapping[str, Any],
    everybody: Mapping[str, Person],
    seeds: Seeds,
    taken: Mapping[str, tuple[str, str]],
    town: Town,
) -> None:
    unlike = []
    for (label, member), (role, kind) in OTHERS.items():
        call = example(label, described[label], seeds, role)
        if kind == FOLLOW:
            call["url"] = label.partition(" ")[2].replace("{ref}", taken["mine"][0])
        answers = [await sent(town, everybody[role], call, member, each) for each in taken[kind]]
        refused = {answer.status_code for answer in answers} <= {404, 422}
        if not refused or told(answers[0]) != told(answers[1]):
            unlike.append((label, member, [answer.text[:400] for answer in answers]))
        elif kind in (RECEIPT, PICTURE) and not re.search("media|photos|images|keep", answers[0].text):
            unlike.append((label, member, f"refused for something else: {answers[0].text[:400]}"))
    assert unlike == []


async def sent(town: Town, who: Person, call: Mapping[str, Any], member: str, value: str) -> Any:
    """The call of somebody who may, with one name in it changed."""
    headers = {**call["headers"], **who.actor.headers, "Idempotency-Key": f"names-{uuid4()}"}
    body = {"json": call["json"]} if "json" in call else {}
    if member == "X-Follow-Token":
        headers |= {member: value, "X-Device-Id": "somebody-else"}
    else:
        body = {"json": put(call["json"], member, value)}
    return await town.http.request(
        call["method"], call["url"], params=call["params"], headers=headers, **body
    )


def put(body: Mapping[str, Any], member: str, value: str) -> dict[str, Any]:
    """A copy with that value where `images[].receipt` and the like lead."""
    first, _, rest = member.partition(".")
    name = first.removesuffix("[]")
    within = {**BESIDE.get(name, {})} if first != name else body.get(name, {})
    inner = put(within, rest, value) if rest else value
    return {**body, name: [inner] if first != name else inner}


def names(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    """Query parameters, headers and members of the body that name a thing."""
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        if parameter["in"] in ("query", "header") and name != "X-Device-Id" and NAMES.search(name):
            yield name
    for media in operation.get("requestBody", {}).get("content", {}).values():
        yield from (
            each for each in members(document, media["schema"]) if NAMES.search(each.rpartition(".")[2])
        )


def members(document: Mapping[str, Any], schema: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Where values stand in a body: `note`, `media[]`, `images[].receipt`; a text's languages are none."""
    while "$ref" in schema:
        part: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            part = part[step]
        schema = part
    options = [each for word in ("anyOf", "oneOf", "allOf") for each in schema.get(word, ())]
    inside = schema.get("properties", {})
    if options:
        for name in {name for each in options for name in members(document, each, place)}:
            yield name
    elif schema.get("type") == "array":
        yield from members(document, schema.get("items", {}), f"{place}[]")
    elif inside and not inside.keys() <= {"id", "en"}:
        for name, each in inside.items():
            yield from members(document, each, f"{place}.{name}" if place else name)
    elif not inside and schema.get("type") != "null":
        yield place
