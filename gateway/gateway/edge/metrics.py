"""What the edge counts; every label has a bounded set of values."""

from prometheus_client import Histogram

from gateway.edge.exchange import Exchange
from shared.metrics import Metrics

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class EdgeMetrics:
    """By route template, by client, by service; never by all of them at once, which would have no bound."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.clients = metrics.counter("city_client_requests", "Answers by front end", "client", "status")
        self.sent = metrics.counter("city_http_sent_bytes", "Bytes of answer bodies", "route")
        self.limited = metrics.counter("city_limit_hits", "Requests refused by a rate limit", "policy")
        self.breaker = metrics.gauge("city_breaker_open", "1 open, 0.5 half-open, 0 closed", "service")
        self.failures = metrics.counter("city_upstream_failures", "No answer", "service", "reason")
        self.retries = metrics.counter("city_upstream_retries", "Reads sent a second time", "service")
        self.upstream = Histogram(
            "city_upstream_seconds",
            "Time to the service's answer",
            ["service"],
            buckets=_SECONDS,
            registry=metrics.registry,
        )

    def answered(self, x: Exchange, seconds: float) -> None:
        """Counts one answer."""
        answer, route = x.answer, x.context.route
        method = x.method if x.method in _METHODS else "other"
        self._metrics.answered(route, method, answer.status, seconds)
        client = x.client.code if x.client is not None else "none"
        self.clients.labels(client, f"{answer.status // 100}xx").inc()
        self.sent.labels(route).inc(answer.size)
