"""How much of a section is sent."""

from pydantic_core import from_json, to_json


def fit(items: bytes, most: int) -> tuple[bytes, bool]:
    """A JSON array in at most `most` bytes, and whether items had to go from its end. At least `[]`."""
    if len(items) <= most:
        return items, False
    kept, size = [], len("[]")
    for item in from_json(items):
        written = to_json(item)
        size += len(written) + 1
        if size - 1 > most:
            break
        kept.append(written)
    return b"[%s]" % b",".join(kept), True
