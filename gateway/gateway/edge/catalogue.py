"""What all services offer, in memory: the route table and the merged OpenAPI document, replaced as one."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.documents import rules
from gateway.edge.routes import Endpoint, RouteTable, endpoints
from shared import log
from shared.settings import ServiceAddress

_log = log.get(__name__)


class Catalogue:
    """Holds the gateway's own document and the one in force of each service."""

    def __init__(self, own: Mapping[str, Any], services: Sequence[ServiceAddress], **info: str) -> None:
        self._own, self._info = own, info
        self._services = {s.name: s for s in services}
        self._documents: dict[str, Mapping[str, Any]] = {}
        self._refused: dict[str, str] = {}
        self.etags: dict[str, str] = {}
        self.on_change: list[Callable[[str, Mapping[str, Any]], None]] = []
        self.table = RouteTable()
        self.body, self.etag = b"", ""
        self.tags: frozenset[str] = frozenset()
        """Of every public read."""
        self._rebuild()

    def offer(self, service: str, etag: str, document: Any) -> str | None:
        """Takes a service's document into force, or answers why not; then the one before stays."""
        self.etags[service] = etag
        taken = [*self._own["paths"], *self._others(service)]
        reason = rules.why_refused(document, self._services[service].prefixes, taken)
        if reason is not None:
            self._refused[service] = reason
            _log.error("document_refused", service=service, reason=reason)
            return reason
        self._refused.pop(service, None)
        for other in self._refused:
            self.etags.pop(other, None)  # what stood in its way may be gone: ask again
        self._documents[service] = document
        self._rebuild()
        for tell in self.on_change:
            tell(service, document)
        return None

    def find(self, path: str) -> Endpoint | None:
        """The endpoint of a decoded path."""
        return self.table.find(path)

    def awaits(self, path: str) -> bool:
        """Whether the path belongs to a service that never gave a document: then it is 503, not 404."""
        return any(
            rules.within(path, prefix)
            for service in self._services.values()
            if service.name not in self._documents
            for prefix in service.prefixes
        )

    def problems(self) -> dict[str, Mapping[str, Any]]:
        """The problem codes of the gateway and of each service, as their documents tell them."""
        documents = {"gateway": self._own, **dict(sorted(self._documents.items()))}
        return {name: document.get("x-problems", {}) for name, document in documents.items()}

    def troubles(self) -> list[str]:
        """For health: documents that were refused, services that never gave one."""
        absent = [f"{name}: no document yet" for name in self._services if name not in self._documents]
        return absent + [f"{name}: document refused: {why}" for name, why in self._refused.items()]

    def _others(self, service: str) -> list[str]:
        return [path for name, d in self._documents.items() if name != service for path in d["paths"]]

    def _rebuild(self) -> None:
        found = endpoints(None, self._own)
        for service, document in self._documents.items():
            found += endpoints(service, document)
        others = {name.removeprefix("svc-"): d for name, d in self._documents.items()}
        document = rules.merged(self._own, others, **self._info)
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        self.table = RouteTable(found)
        reads = (o for each in found for o in each.operations.values() if o.keeping is not None)
        self.tags = frozenset(tag for read in reads for tag in read.city.tags)
        self.body, self.etag = body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
