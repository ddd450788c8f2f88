"""What the edge counts; every label has a bounded set of values."""

from collections.abc import Callable

from prometheus_client import Histogram

from gateway.edge.exchange import Exchange
from gateway.usage.rules import Usage
from shared.metrics import Metrics

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class EdgeMetrics:
    """By route template, by client, by service; never by all of them at once, which would have no bound."""

    def __init__(self, metrics: Metrics, usage: Usage) -> None:
        self._metrics, self._usage = metrics, usage
        self._observe: dict[str, Callable[[float], None]] = {}
        self._answers: dict[tuple[str, str, int], int] = {}
        self._bytes: dict[str, int] = {}
        self._clients: dict[tuple[str, int], int] = {}
        metrics.before_reading.append(self._hand_over)
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
        """Counts one answer: in numbers of its own until somebody reads them, which is cheaper by far."""
        answer, client, route, method = x.answer, x.client, x.context.route, x.method
        kind = answer.status // 100
        key = (route, method if method in _METHODS else "other", kind)
        self._answers[key] = self._answers.get(key, 0) + 1
        self._bytes[route] = self._bytes.get(route, 0) + answer.size
        (self._observe.get(route) or self._observer(route))(seconds)
        if client is not None:
            self._usage.answered(client.code, x.headers, answer.status, answer.size)
        whose = (client.code if client is not None else "none", kind)
        self._clients[whose] = self._clients.get(whose, 0) + 1

    def _observer(self, route: str) -> Callable[[float], None]:
        self._observe[route] = observe = self._metrics.latency.labels(route).observe
        return observe

    def _hand_over(self) -> None:
        """To those who are read; the counting goes on with nothing."""
        answers, self._answers = self._answers, {}
        sent, self._bytes = self._bytes, {}
        clients, self._clients = self._clients, {}
        for (route, method, kind), count in answers.items():
            self._metrics.requests.labels(route, method, f"{kind}xx").inc(count)
        for route, size in sent.items():
            self.sent.labels(route).inc(size)
        for (code, kind), count in clients.items():
            self.clients.labels(code, f"{kind}xx").inc(count)
