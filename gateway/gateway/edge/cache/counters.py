"""What the cache counts; labels are route templates, and words of its own."""

from gateway.edge.cache.store import Store
from shared.metrics import Metrics


class CacheMetrics:
    """How reads were answered, and what became of what was kept."""

    def __init__(self, metrics: Metrics, store: Store) -> None:
        self._requests = metrics.counter("city_cache_requests", "Reads that may be kept", "route", "outcome")
        self._counted: dict[tuple[str, str], int] = {}
        metrics.before_reading.append(self._hand_over)
        self.purged = metrics.counter("city_cache_purged", "Entries no longer fresh", "reason")
        evicted = metrics.gauge("city_cache_evicted", "Entries that gave way to others since the start")
        evicted.set_function(lambda: store.evicted)
        metrics.gauge("city_cache_bytes", "Memory of kept answers").set_function(lambda: store.bytes)
        metrics.gauge("city_cache_entries", "Answers kept").set_function(lambda: len(store))

    def answered(self, route: str, outcome: str) -> None:
        """hit, miss, stale, revalidated, or bypass: asked of the service as it came."""
        key = (route, outcome)
        self._counted[key] = self._counted.get(key, 0) + 1

    def _hand_over(self) -> None:
        counted, self._counted = self._counted, {}
        for labels, count in counted.items():
            self._requests.labels(*labels).inc(count)
