"""Where a check of Schemathesis cannot apply as it stands: narrowly, each with its reason.

A schema says which requests are well formed. Some are well formed and yet refused, by a status that the
document states; Schemathesis knows that of 401, 403, 404, 409 and 429, the others are named here.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from tests.security.fuzz.refusals import DESKS, SPEAKER

#: Schemathesis's own lists, to which the exceptions are added.
ANSWERS = ("2xx", "3xx", "401", "403", "404", "409", "429", "5xx")
REFUSALS = ("400", "401", "403", "404", "405", "406", "409", "415", "422", "428", "429", "5xx")
UPLOAD = "/v1/media/uploads/{upload_id}"
REPORTS, PRICES, NEWS, TOURISM = "/v1/laksa/reports", "/v1/prices", "/v1/news", "/v1/tourism"
#: What only we can make, and a key that may be left out only beside an id: 400.
OPAQUE = ("bad_cursor", "idempotency_key_*")
_ONE = "/{market}/{day}/{commodity}/{level}"
#: Well formed, and refused with 422 for what the city pack or another system knows: LAKSA and the gateway.
UNKNOWABLE = {
    f"GET {REPORTS}": "codes of categories and areas are the city pack's; a box may stand on its head",
    f"POST {REPORTS}": "category, answers and the city's borders are the pack's; receipts are signed",
    f"POST {REPORTS}/{{ref}}/answer": "receipts are signed by the gateway",
    f"POST {REPORTS}/{{ref}}/finish": "receipts are signed, and evidence is younger than the work",
    f"POST {REPORTS}/{{ref}}/hand-over": "codes of agencies are the city pack's",
    "POST /v1/auth/otp": "which numbers are mobile ones, the numbering plan knows",
    "POST /v1/media": "only its decoder knows whether a file is a photo",
    f"PATCH {UPLOAD}": "only its decoder knows whether a file is a photo",
    f"POST {UPLOAD}": "only its decoder knows whether a file is a photo",
}
_CODES = ("market unknown", "commodity unknown")
_RANGE = (
    "from range_too_long", "from too_long_line", "from after_to", "to range_backwards",
    "from date_parsing", "to date_parsing",
)  # fmt: skip
_DAY = ("day date_parsing",)
_SURVEYED = (*_DAY, "day not_begun", "day too_long_ago")
_LISTED = ("district unknown", "category unknown", "lat missing", "lon missing", "bbox invalid")
_ARTICLE = (
    "*claim not_of_this_kind", "*claim missing", "*event not_of_this_kind", "*event missing",
    "*event.* either_time_or_day", "*event.* ends_before_start", "*event.* too_far_apart",
    "*event.* out_of_range", "*event.area unknown",
    "*districts.* unknown", "*images.* missing", "*images.* unknown", "media_receipt_bad",
    "*expires_at in_the_past", "*expires_at out_of_range", "*slug looks_like_an_id",
)  # fmt: skip
_SOURCE = ("*url refused_url", "url source_url_taken", "district unknown")
_THING = (
    "references repeated", "references.*.price int_type", "references.*.valid_* date_parsing",
    "local_units repeated", "local_units.*.factor greater_than",
    "local_units.*.factor less_than_equal", "local_units.*.factor decimal_*", "references.* range_backwards",
)  # fmt: skip
_PLACE = (
    "category unknown", "tags osm_tags", "accessibility osm_tags", "hours hours_*", "ramadan_hours hours_*",
    "photos.* receipt_or_id", "photos unknown", "media_receipt_bad", "place_outside_city",
    "entry_fee int_type",
)  # fmt: skip
_PLAN = (
    "stops.*.place_id unknown",
    "* begins_before_ends",
    "* stops_twice",
    "day *_than_equal",
    "day less_than",
    "stops.*.stay_minutes int_type",
)
_AREA = ("from outside_route_area", "to outside_route_area", "via.* outside_route_area")
_DATASET = (
    "distributions too_short",
    "agency unknown",
    "*_url web_address",
    "licence web_address",
    "landing_page web_address",
    "body period_backwards",
)
#: The same of prices, news, tourism and the desks, by `field code` of the problem (`*`: any; the number of
#: an item): codes are the city's, periods begin before they end, only a reader knows what an address, a day
#: of the calendar, written hours or a table mean, and 10.0 is an integer to JSON Schema alone.
NAMED: Mapping[str, tuple[str, ...]] = {
    f"GET {PRICES}/latest": _CODES,
    f"GET {PRICES}/compare": _CODES,
    f"GET {PRICES}/trend": _CODES + _RANGE,
    f"GET {PRICES}/trend.svg": _CODES + _RANGE,
    f"GET {PRICES}/basket": ("item unknown", "item repeated", "item none_of_it"),
    f"GET {PRICES}/exports/datapackage.json": _RANGE,
    f"GET {PRICES}/exports/panel-harga.csv": _RANGE,
    f"GET {PRICES}/exports/wfp.csv": _RANGE,
    f"GET {PRICES}/observations{_ONE}": _DAY,
    f"GET {PRICES}/observations{_ONE}/history": _DAY,
    f"PATCH {PRICES}/observations{_ONE}": (
        *(*_SURVEYED, "price int_type", "price zero_is_no_price", "price too_small"),
        *("unit unknown", "body price_missing", "body price_not_expected"),
    ),
    f"POST {PRICES}/observations": (
        *(*_SURVEYED, "market unknown", "rows repeated", "rows.* price_missing"),
        *("rows.* price_not_expected", "rows.*.price int_type", "rows.*.price zero_is_no_price"),
        "rows.*.observed_at datetime_parsing",
    ),
    f"POST {PRICES}/reviews{_ONE}/approve": _DAY,
    f"POST {PRICES}/reviews{_ONE}/reject": _DAY,
    f"POST {PRICES}/commodities": _THING,
    f"PUT {PRICES}/commodities/{{code}}": _THING,
    f"POST {PRICES}/imports": ("import_unreadable", "market unknown"),
    f"POST {PRICES}/watches": (*_CODES, "no_price_yet", "percent int_type"),
    f"GET {NEWS}/articles": (
        "district unknown",
        "to ends_before_start",
        "from out_of_range",
        "to out_of_range",
    ),
    f"GET {NEWS}/agenda": (
        "district unknown",
        "to ends_before_start",
        "from out_of_range",
        "to out_of_range",
    ),
    f"GET {NEWS}/collected": ("district unknown", "source unknown"),
    f"POST {NEWS}/articles": _ARTICLE,
    f"PUT {NEWS}/articles/{{ref}}": _ARTICLE,
    f"POST {NEWS}/articles/{{article_id}}/correct": _ARTICLE,
    f"POST {NEWS}/articles/{{article_id}}/schedule": ("at in_the_past", "at out_of_range"),
    f"POST {NEWS}/sources": _SOURCE,
    f"PATCH {NEWS}/sources/{{code}}": _SOURCE,
    f"GET {TOURISM}/places": _LISTED,
    f"GET {TOURISM}/events": _LISTED,
    f"GET {TOURISM}/nearby": ("mix unknown_mix", "arrive_at invalid"),
    f"GET {TOURISM}/route": (*_AREA, "from invalid", "to invalid", "via.* invalid"),
    f"POST {TOURISM}/route": _AREA,
    f"POST {TOURISM}/hours/read": ("hours hours_*",),
    f"POST {TOURISM}/places": _PLACE,
    f"PUT {TOURISM}/places/{{ref}}": _PLACE,
    f"POST {TOURISM}/places/{{ref}}/reviews": ("media_receipt_bad", "rating int_type"),
    f"PUT {TOURISM}/reviews/{{review_id}}": (
        *("media_receipt_bad", "photos too_long"),
        *("keep unknown", "rating int_type"),
    ),
    f"POST {TOURISM}/itineraries": _PLAN,
    f"PUT {TOURISM}/itineraries/{{itinerary_id}}": _PLAN,
    f"GET {TOURISM}/itineraries/{{itinerary_id}}/plan": ("day *_than_equal", "day less_than"),
    f"POST {TOURISM}/datasets": _DATASET,
    f"PUT {TOURISM}/datasets/{{dataset_id}}": _DATASET,
    **DESKS,
}
#: Where OGC API - Features wants 400 (requirements query-param-unknown and query-param-invalid) for a value
#: that no schema here describes, or for a name that another collection has.
STANDARD: Mapping[str, tuple[str, ...]] = {
    "GET /ogc/collections/{collection_id}/items": (
        "name unknown_parameter", "code unknown_parameter", "category unknown_parameter",
        "district unknown_parameter", "village unknown_parameter", "bbox bbox_*", "datetime datetime_*",
        "limit *", "bad_parameter",
    ),
}  # fmt: skip
_SUM = "upload-checksum"
"""Schemathesis fills a header whose pattern it cannot write with `0`: 400; and knows no body's sum: 460."""
#: tus 1.0.0 (https://tus.io/protocols/resumable-upload) answers a missing or other version with 412.
_TUS = "Tus-Resumable"


def rule(label: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    """A line of Schemathesis's `operations`, from what the document says: new operations need none here."""
    named = {parameter["name"].lower(): parameter for parameter in operation.get("parameters", ())}
    told = NAMED.get(label, ())
    more = {
        "400": bool({"cursor", _SUM} & named.keys()) or _may_lack_its_key(named) or label in STANDARD,
        "412": "if-match" in named or _TUS.lower() in named,
        "413": _TUS.lower() in named,  # more bytes than the upload has left, or than it was said to have
        "415": label == "POST /v1/media",  # with Tus-Resumable the body is a part, without it a photo
        "422": label in UNKNOWABLE or bool(told),
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


def unnamed(label: str, status: int, problem: Mapping[str, Any]) -> list[str]:
    """What something well formed was refused for, unless it is named above."""
    if label in UNKNOWABLE:
        return []
    faults = {f"{each['field']} {each['code']}" for each in problem.get("errors") or ()} or {problem["code"]}
    named = (*STANDARD.get(label, ()), *OPAQUE) if status == 400 else NAMED.get(label, ())
    found = {re.sub(r"(?<=\.)[0-9]+", "*", each) for each in faults}
    return sorted(each for each in found if not any(fnmatchcase(each, name) for name in named))


def is_sound(check: str, label: str, headers: Mapping[str, str], told: str) -> bool:
    """Whether a case was rightly taken although a check calls it wrong; `told` is what is wrong of it.

    A header that nobody knows is ignored everywhere: Schemathesis allows for it except beside a header that
    is a number, as those of uploads are. Whoever gives an upload up by POST sends no part of a file: what
    describes one is not read. A provider's texts are measured after what nobody sees was taken out.
    """
    if check not in ("negative_data_rejection", "missing_required_header"):
        return False
    if label.endswith(f" {UPLOAD}"):
        gives_up = label.startswith("POST ") and headers.get("X-HTTP-Method-Override") == "DELETE"
        return gives_up or "object with unexpected properties" in told
    faults = re.findall(r"violates (.*) at (\S+)", told)
    return label.startswith(f"PUT {SPEAKER}/") and bool(faults) and all(map(_is_of_length, faults))


def _is_of_length(fault: tuple[str, str]) -> bool:
    words, place = fault
    lengths = set(re.findall(r"`(\w+)`", words)) <= {"maxLength", "minLength"}
    return lengths and re.search(r"/properties/(id|en)(/anyOf/0)?$", place) is not None
