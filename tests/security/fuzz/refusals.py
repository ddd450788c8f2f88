"""What the gateway's own desks refuse although it is well formed, by `field code` of the problem.

Codes are the city's, periods begin before they end, and only a reader knows what an address is.
"""

from collections.abc import Mapping

ADMIN, SPEAKER = "/v1/admin", "/provider/v1"
_NOTICE = ("body ends_too_early", "ends_at ends_too_early", "areas unknown")
_SWITCH = ("body version_range", "body switch_link")
_CLIENT = ("burst int_type", "owner agency_unknown", "origins.* origin")
_PROVIDER = (
    "*.id string_too_short",
    "*.en string_too_short",
    "burst int_type",
    "*_limit int_type",
    "*_day int_type",
    "agency unknown",
    "agreement.ends_on in_the_past",
    "code reserved",
)
_POINT = ("lat missing", "lon missing")
_LINK = ("*link provider_link", "*link provider_host")
_ASKED = tuple(f"{name} provider_{why}" for name in ("home.url", "health") for why in ("address", "host"))
#: A provider's texts are measured after markup, and what nobody sees, was taken out of them.
_WORDS = ("*.id string_too_short", "*.en string_too_short")
DESKS: Mapping[str, tuple[str, ...]] = {
    "GET /v1/home": _POINT,
    "GET /v1/search": _POINT,
    f"GET {ADMIN}/clients/{{code}}/usage": ("to range_backwards",),
    f"POST {ADMIN}/clients": _CLIENT,
    f"PATCH {ADMIN}/clients/{{code}}": _CLIENT,
    f"POST {ADMIN}/clients/{{code}}/rotate": ("overlap_hours int_type",),
    f"POST {ADMIN}/providers/{{code}}/rotate-secret": ("overlap_hours int_type",),
    f"POST {ADMIN}/notices": _NOTICE,
    f"PUT {ADMIN}/notices/{{notice_id}}": _NOTICE,
    f"PUT {ADMIN}/flags/{{name}}": ("body version_range",),
    f"PUT {ADMIN}/app-versions/{{platform}}": ("body version_minimum",),
    f"PUT {ADMIN}/menus/{{menu}}/switches/{{code}}": _SWITCH,
    f"POST {ADMIN}/providers": _PROVIDER,
    f"PATCH {ADMIN}/providers/{{code}}": _PROVIDER,
    f"PUT {SPEAKER}/declaration": (
        *_LINK,
        *_ASKED,
        *_WORDS,
        "health provider_health_twice",
        "home.order int_type",
        "menus duplicate",
    ),
    f"PUT {SPEAKER}/home": (*_LINK, *_WORDS),
    f"PUT {SPEAKER}/documents/{{doc_id}}": (
        *(*_LINK, *_WORDS),
        *("kind unknown", "area unknown", "body ends_before_start"),
    ),
    f"PUT {SPEAKER}/requests/{{number}}": (
        *_LINK,
        *_WORDS,
        "kind unknown",
        "number differs",
        "version int_type",
    ),
}
