"""What the edge counts; every label has a bounded set of values."""

from collections.abc import Callable

from prometheus_client import Histogram

from gateway.edge.exchange import Exchange
from gateway.usage.rules import Usage
from shared.metrics import Metrics

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_Counters = tuple[Callable[[], None], Callable[[float], None], Callable[[float], None]]
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class EdgeMetrics:
    """By route template, by client, by service; never by all of them at once, which would have no bound."""

    def __init__(self, metrics: Metrics, usage: Usage) -> None:
        self._metrics, self._usage = metrics, usage
        self._routes: dict[tuple[str, str, int], _Counters] = {}
        self._clients: dict[tuple[str, int], Callable[[], None]] = {}
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
        """Counts one answer. The labelled children are kept: finding them costs more than counting."""
        answer, kind = x.answer, x.answer.status // 100
        key = (x.context.route, x.method, kind)
        count, observe, add = self._routes.get(key) or self._route(*key)
        count()
        observe(seconds)
        add(answer.size)
        if x.client is not None:
            self._usage.answered(x.client.code, x.headers, answer.status, answer.size)
        client = (x.client.code if x.client is not None else "none", kind)
        (self._clients.get(client) or self._client(*client))()

    def _route(self, route: str, method: str, kind: int) -> _Counters:
        known = method if method in _METHODS else "other"
        counters = (
            self._metrics.requests.labels(route, known, f"{kind}xx").inc,
            self._metrics.latency.labels(route).observe,
            self.sent.labels(route).inc,
        )
        if known == method:
            self._routes[route, method, kind] = counters
        return counters

    def _client(self, code: str, kind: int) -> Callable[[], None]:
        self._clients[code, kind] = count = self.clients.labels(code, f"{kind}xx").inc
        return count
