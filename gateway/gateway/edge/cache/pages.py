"""What counts as a page of a public list, as home and whoever reads it next want it."""

from typing import Any

from pydantic_core import from_json

#: Reading more than this into objects would hold up everybody else for longer than 5 ms.
MOST_BYTES = 262_144


def page_of(body: bytes) -> dict[str, Any] | None:
    """The page, `items` a list of objects; None if it is none, or too large to be looked into."""
    if len(body) > MOST_BYTES:
        return None
    try:
        page = from_json(body, allow_inf_nan=False)
    except ValueError:
        return None
    items = page.get("items") if isinstance(page, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return None
    found: dict[str, Any] = page
    return found


def garbage(body: bytes) -> bool:
    """Whether it is certainly no page: what is too large to be looked into gets the benefit of the doubt."""
    return len(body) <= MOST_BYTES and page_of(body) is None
