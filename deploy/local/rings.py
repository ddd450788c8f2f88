"""The rings of keys in secrets.json: a new key joins, becomes the current one, and older ones are dropped."""

import time
from pathlib import Path
from typing import Any

from deploy.local.secret_store import Ring, load_secrets, new_key, save_secrets

_STORED = {"fields": "field_keys", "lookup": "lookup_keys"}
#: Seconds that something made with an old key may still be out there, where no row tells of it.
_TRACES = {
    "fields": 0,
    "lookup": 86_400,  # codes and counters of sign-in carry no key id, and live a day
    "media": 2 * 3_600,  # an address of a photo is good for two hours at most
}


class Rings:
    """Field and look-up keys belong to one service, `short`; media keys to all of them, `short` is empty."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.known = folder, load_secrets(folder)

    def save(self) -> None:
        """Writes secrets.json."""
        save_secrets(self._folder, self.known)

    def of(self, kind: str, short: str) -> Ring:
        """Key id -> key, the current one first."""
        ring: Ring = self.known["media_signing_key"] if kind == "media" else self.known[_STORED[kind]][short]
        return ring

    def add(self, kind: str, short: str) -> str:
        """A new key at the end: readable, not yet current; answers its id."""
        ring = self.of(kind, short)
        name = f"k{1 + max(int(each.removeprefix('k')) for each in ring)}"
        self._set(kind, short, {**ring, name: new_key()})
        return name

    def promote(self, kind: str, short: str, name: str, *, alone: bool) -> None:
        """The key is the current one from now on; with `alone` no other is left."""
        ring = self.of(kind, short)
        others = {} if alone else {key: value for key, value in ring.items() if key != name}
        self._set(kind, short, {name: ring[name], **others})
        self._since()[f"{kind}.{short}"] = int(time.time())

    def drop_older(self, kind: str, short: str) -> str:
        """Keeps the current key alone, unless it is too early; tells what was done, empty for nothing."""
        ring = self.of(kind, short)
        left = self._since().get(f"{kind}.{short}", 0) + _TRACES[kind] - time.time()
        if len(ring) == 1:
            return ""
        if left > 0:
            hours = f"{left / 3_600:.1f} h"
            return f"{kind}: the old key is needed for another {hours}; run make rekey again then"
        self._set(kind, short, dict([next(iter(ring.items()))]))
        return f"{kind}: only the current key is left"

    def _since(self) -> dict[str, Any]:
        """When each ring's current key became that (Unix seconds)."""
        since: dict[str, Any] = self.known.setdefault("current_since", {})
        return since

    def _set(self, kind: str, short: str, ring: Ring) -> None:
        if kind == "media":
            self.known["media_signing_key"] = ring
        else:
            self.known[_STORED[kind]][short] = ring
