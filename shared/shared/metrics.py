"""Prometheus metrics of one process; labels are bounded (route template, method, status class)."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics import disable_created_metrics
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class _First(Collector):
    """Registered before all others, so that whoever counts for himself hands over before anything is read."""

    def __init__(self, ready: list[Callable[[], None]]) -> None:
        self._ready = ready

    def collect(self) -> list[Metric]:
        """Nothing of its own."""
        for hand_over in self._ready:
            hand_over()
        return []


class Metrics:
    """A registry of its own per app, so that two apps in one process do not mix."""

    def __init__(self) -> None:
        # When each counter was made would be a third of all series.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.before_reading: list[Callable[[], None]] = []
        self.registry.register(_First(self.before_reading))
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = self.counter("city_http_requests", "Answers", "route", "method", "status")
        self.latency = Histogram(
            "city_http_seconds", "Time to answer", ["route"], buckets=_SECONDS, registry=self.registry
        )
        self.events_sent = self.counter("city_events_sent", "Events acknowledged by the broker", "type")
        self.events_handled = self.counter("city_events_handled", "Events taken in", "consumer", "outcome")
        self.outbox_lag = self.gauge("city_outbox_lag_seconds", "Age of the oldest event not yet sent")
        self.due_lag = self.gauge("city_due_lag_seconds", "How late the most overdue timer is")
        self.due_parked = self.gauge("city_due_parked", "Timers given up after repeated failure")
        self.unchained = self.gauge("city_ledger_unchained", "Ledger entries not yet in the chain")
        self.broker_up = self.gauge("city_broker_up", "1 while connected to the broker")

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        """A counter in this app's registry."""
        return Counter(name, text, labels, registry=self.registry)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        """A gauge in this app's registry."""
        return Gauge(name, text, labels, registry=self.registry)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Counts one answer."""
        self.requests.labels(route, method, f"{status // 100}xx").inc()
        self.latency.labels(route).observe(seconds)

    def exposition(self) -> bytes:
        """The text format promtool reads."""
        return generate_latest(self.registry)
