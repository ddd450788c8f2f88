"""Front-end keys in memory: no database on the way of a request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from gateway.clients.rules import key_hash
from gateway.edge.gcra import Policy
from shared.clock import Clock
from shared.errors import Unauthenticated, Unavailable


class ClientUnknown(Unauthenticated):
    code = "client_unknown"


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """What the edge knows of a front end or partner."""

    code: str
    kind: str
    platform: str | None
    origins: frozenset[bytes]
    policy: Policy
    limit_key: bytes


class ClientKeys:
    """Hash of a key -> client. Replaced as a whole: by event, or every 5 s while the broker is away."""

    def __init__(self) -> None:
        self._by_hash: Mapping[bytes, tuple[ClientRecord, datetime | None]] | None = None
        self.origins: frozenset[bytes] = frozenset()

    @property
    def loaded(self) -> bool:
        """Whether the registry was ever read."""
        return self._by_hash is not None

    def load(self, rows: Iterable[Any]) -> None:
        """Takes the rows of `clients.queries.all_active`."""
        found: dict[bytes, tuple[ClientRecord, datetime | None]] = {}
        for row in rows:
            record = _record(row)
            found[row.key_hash] = (record, None)
            if row.old_key_hash is not None:
                found[row.old_key_hash] = (record, row.old_key_until)
        self._by_hash = MappingProxyType(found)
        self.origins = frozenset(o for record, _ in found.values() for o in record.origins)

    def find(self, key: bytes | None, clock: Clock) -> ClientRecord:
        """Whose key it is. 401 `client_unknown` if nobody's; 503 before the registry was ever read."""
        if self._by_hash is None:
            raise Unavailable
        known = self._by_hash.get(key_hash(key)) if key is not None else None
        if known is None or (known[1] is not None and known[1] <= clock.now()):
            raise ClientUnknown
        return known[0]


def _record(row: Any) -> ClientRecord:
    return ClientRecord(
        code=row.code,
        kind=row.kind,
        platform=row.platform,
        origins=frozenset(o.encode() for o in row.origins),
        policy=Policy("key", row.rate_per_second, row.burst),
        limit_key=b"k:" + row.code.encode(),
    )
