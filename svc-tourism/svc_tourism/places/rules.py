"""What a place is made of; pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shared.city.areas import Plane
from shared.city.areas_file import BoundingBox

Status = Literal["draft", "published", "closed", "withdrawn"]
Wheelchair = Literal["yes", "limited", "no", "unknown"]
Action = Literal["created", "changed", "checked"]
Group = Literal["location", "hours", "price", "contact", "accessibility", "description"]
#: Facts that are checked together, and the columns each group has.
GROUPS: Mapping[Group, tuple[str, ...]] = {
    "location": ("lat", "lon", "address"),
    "hours": ("opening_hours", "ramadan_hours"),
    "price": ("price", "entry_fee"),
    "contact": ("contact", "website"),
    "accessibility": ("wheelchair", "accessibility"),
    "description": ("name", "description", "category", "tags"),
}
#: What an edit may change; `facts`, stars and what follows from these are not told twice.
EDITED = (
    *dict.fromkeys(column for columns in GROUPS.values() for column in columns),
    "hours_text", "photos", "status", "source", "attribution",
)  # fmt: skip
LISTED = frozenset({"published", "closed"})
"""What the public finds: also what is closed for a while, and says so."""
_TAG_KEY = re.compile(r"[a-z][a-z0-9_-]*(?::[a-z0-9_-]+)*")
_MOST_TAGS, _LONGEST_KEY, _LONGEST_VALUE = 60, 63, 255  # OSM's API keeps 255 characters of either


@dataclass(frozen=True, slots=True)
class Target:
    """The place that a request is about: its id or slug, and the version its sender saw."""

    ref: str
    if_match: str | None = None


def plane_of(box: BoundingBox) -> Plane:
    """The city's plane: equirectangular (lon·cos φ, lat) in metres, φ the middle of its box in whole degrees.

    Whole degrees, so that a city may mend its box without moving what is stored; between 11° south and north
    that is wrong by 0.17 % at most.
    """
    return Plane(round((box.south + box.north) / 2))


def name_key(name: str) -> str:
    """Small plain letters and digits, single spaces: what lists are ordered by and prefixes sought in."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain))[:200]


def slug_of(name: str, number: str) -> str:
    """`pasar-lama-7kq4dm2p`: readable, and its own whatever other places are called."""
    return "-".join([name_key(name).replace(" ", "-")[:60].strip("-"), number]).strip("-")


def fault_of_tags(tags: Mapping[str, str]) -> str | None:
    """Why these are no tags of OpenStreetMap; None if they may be."""
    if len(tags) > _MOST_TAGS:
        return f"more than {_MOST_TAGS} tags"
    for key, value in tags.items():
        if len(key) > _LONGEST_KEY or not _TAG_KEY.fullmatch(key):
            return "a key has small letters, digits, _ and -, parted by colons"
        if not value.strip() or len(value) > _LONGEST_VALUE or any(ord(each) < 32 for each in value):
            return f"a value has 1 to {_LONGEST_VALUE} visible characters"
    return None


def fact(
    source: str, *, by: str | None = None, agency: str | None = None, at: str | None = None
) -> dict[str, Any]:
    """What is kept of a group of facts: who checked it (a staff id, shown to nobody), when, from where."""
    return {"by": by, "agency": agency, "at": at, "source": source}


def groups_told(values: Mapping[str, Any]) -> list[Group]:
    """The groups of which these values tell anything."""
    return [group for group, columns in GROUPS.items() if any(_told(values.get(each)) for each in columns)]


def groups_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Group]:
    """The groups in which the two differ."""
    return [
        group
        for group, columns in GROUPS.items()
        if any(before.get(each) != after.get(each) for each in columns)
    ]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What an edit changed, column by column; before it was there nothing is told."""
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in EDITED
        if before.get(name) != after.get(name)
    }


def _told(value: Any) -> bool:
    return value not in (None, "", "unknown") and value != {}
