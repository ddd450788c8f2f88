"""Where a check of Schemathesis cannot apply as it stands: narrowly, each with its reason.

A schema says which requests are well formed. Some are well formed and yet refused, by a status that the
document states; Schemathesis knows that of 401, 403, 404, 409 and 429, the others are named here.
"""

from collections.abc import Mapping
from typing import Any

#: Schemathesis's own lists, to which the exceptions are added.
ANSWERS = ("2xx", "3xx", "401", "403", "404", "409", "429", "5xx")
REFUSALS = ("400", "401", "403", "404", "405", "406", "409", "415", "422", "428", "429", "5xx")
REPORTS, PRICES, NEWS, TOURISM = "/v1/laksa/reports", "/v1/prices", "/v1/news", "/v1/tourism"
_ONE = "/{market}/{day}/{commodity}/{level}"
#: Well formed, and refused with 422 for what the city pack or another system knows.
UNKNOWABLE = {
    f"GET {REPORTS}": "codes of categories and areas are the city pack's; a box may stand on its head",
    f"POST {REPORTS}": "category, answers and the city's borders are the pack's; receipts are signed",
    f"POST {REPORTS}/{{ref}}/answer": "receipts are signed by the gateway",
    f"POST {REPORTS}/{{ref}}/finish": "receipts are signed, and evidence is younger than the work",
    f"POST {REPORTS}/{{ref}}/hand-over": "codes of agencies are the city pack's",
    f"GET {PRICES}/latest": "codes of markets and commodities are the city's",
    f"GET {PRICES}/compare": "the same",
    f"GET {PRICES}/trend": "the same; the last day is not before the first, nor three years behind it",
    f"GET {PRICES}/trend.svg": "the same",
    f"GET {PRICES}/basket": "the same; each thing once",
    f"GET {PRICES}/exports/datapackage.json": "the last day is not before the first",
    f"GET {PRICES}/exports/panel-harga.csv": "the same",
    f"GET {PRICES}/exports/wfp.csv": "the same",
    f"GET {PRICES}/observations{_ONE}": "days of the calendar begin in 1970",
    f"GET {PRICES}/observations{_ONE}/history": "the same",
    f"PATCH {PRICES}/observations{_ONE}": "the same; a state with a price has one, the others have none",
    f"POST {PRICES}/observations": "the same; a day to come has no price, and units are the commodity's",
    f"POST {PRICES}/reviews{_ONE}/approve": "days of the calendar begin in 1970",
    f"POST {PRICES}/reviews{_ONE}/reject": "the same",
    f"POST {PRICES}/commodities": "kinds of commodities and units are the city's",
    f"PUT {PRICES}/commodities/{{code}}": "the same",
    f"POST {PRICES}/imports": "only its reader knows whether a text is a table of prices",
    f"POST {PRICES}/watches": "codes are the city's, and what has no price cannot be watched",
    f"GET {NEWS}/articles": "codes of districts are the pack's; the end is not before the beginning",
    f"GET {NEWS}/agenda": "the same",
    f"GET {NEWS}/collected": "codes of districts and of sources are the city's",
    f"POST {NEWS}/articles": "a claim belongs to one kind, an event to another, its times to each other",
    f"PUT {NEWS}/articles/{{ref}}": "the same",
    f"POST {NEWS}/articles/{{article_id}}/correct": "the same",
    f"POST {NEWS}/articles/{{article_id}}/schedule": "a moment to come",
    f"POST {NEWS}/sources": "only its reader knows whether an address leads outside",
    f"PATCH {NEWS}/sources/{{code}}": "the same",
    f"GET {TOURISM}/places": "codes are the city's; a box may stand on its head",
    f"GET {TOURISM}/events": "codes are the city's; a latitude comes with its longitude",
    f"GET {TOURISM}/nearby": "a mix names kinds of places of the pack, and how many",
    f"GET {TOURISM}/route": "two numbers on the earth, within the city and around it",
    f"POST {TOURISM}/route": "the same",
    f"POST {TOURISM}/hours/read": "only its reader knows what written hours mean",
    f"POST {TOURISM}/places": "kinds are the pack's, tags OpenStreetMap's, hours have a reader",
    f"PUT {TOURISM}/places/{{ref}}": "the same",
    f"POST {TOURISM}/places/{{ref}}/reviews": "receipts are signed",
    f"PUT {TOURISM}/reviews/{{review_id}}": "the same",
    f"POST {TOURISM}/itineraries": "places are on the map; a day begins before it ends",
    f"PUT {TOURISM}/itineraries/{{itinerary_id}}": "the same",
    f"POST {TOURISM}/datasets": "agencies are the pack's; only a parser knows an address",
    f"PUT {TOURISM}/datasets/{{dataset_id}}": "the same",
    "POST /v1/auth/otp": "which numbers are mobile ones, the numbering plan knows",
    "POST /v1/media": "only its decoder knows whether a file is a photo",
    "PATCH /v1/media/uploads/{upload_id}": "only its decoder knows whether a file is a photo",
    "POST /v1/media/uploads/{upload_id}": "only its decoder knows whether a file is a photo",
}
_SUM = "upload-checksum"
"""Schemathesis fills a header whose pattern it cannot write with `0`: 400; and knows no body's sum: 460."""
#: tus 1.0.0 (https://tus.io/protocols/resumable-upload) answers a missing or other version with 412.
_TUS = "Tus-Resumable"


def rule(label: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    """A line of Schemathesis's `operations`, from what the document says: new operations need none here."""
    named = {parameter["name"].lower(): parameter for parameter in operation.get("parameters", ())}
    more = {
        "400": bool({"cursor", _SUM} & named.keys()) or _may_lack_its_key(named) or " /ogc/" in label,
        "412": "if-match" in named or _TUS.lower() in named,
        "415": label == "POST /v1/media",  # with Tus-Resumable the body is a part, without it a photo
        "422": label in UNKNOWABLE,
        "460": _SUM in named,
    }
    positive = [status for status, so in more.items() if so]
    checks: dict[str, Any] = {}
    made: dict[str, Any] = {"include-name": label, "checks": checks}
    if positive:  # a cursor or a version is opaque: only one that we gave is good
        checks["positive_data_acceptance"] = {"expected-statuses": [*ANSWERS, *positive]}
    if _TUS.lower() in named:
        checks["negative_data_rejection"] = {"expected-statuses": [*REFUSALS, "412", "413"]}
        checks["missing_required_header"] = {"expected-statuses": ["400", "401", "404", "412", "422"]}
    if "text/event-stream" in operation.get("responses", {}).get("200", {}).get("content", {}):
        made |= {"request-timeout": 1, "max-stream-events": 1}  # it never ends by itself
    return made


def _may_lack_its_key(named: Mapping[str, Any]) -> bool:
    """Whether the key may be left out only because the body has an id of its own, which is optional too."""
    return not named.get("idempotency-key", {"required": True})["required"]
