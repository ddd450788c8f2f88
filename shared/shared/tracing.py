"""Traces (W3C trace context): spans of the few requests the edge chose; of the others one flag is looked at.

A span says which route, event or service, how it ended and how long it took: no URL, no query, no person.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import random
from typing import TYPE_CHECKING, Literal

from shared.metrics import Metrics
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.otlp import Collector, Span

Kind = Literal["server", "client", "producer", "consumer", "internal"]
Facts = Mapping[str, str | int]
_SAMPLED = frozenset("13579bdf")


class Tracing:
    """Of one process. Without TRACES_URL it is off, passes on what it is told, and loads no library."""

    def __init__(self, service: str, settings: Settings, metrics: Metrics) -> None:
        self._ratio = settings.traces_ratio if settings.traces_url else 0.0
        self.collector: Collector | None = None
        if settings.traces_url:
            from shared import otlp

            self.collector = otlp.Collector(service, settings.traces_url, metrics)

    def chosen(self) -> bool:
        """Whether a new request is to be traced; asked at the edge alone, and no client has a say in it."""
        return self._ratio > 0 and random() < self._ratio  # noqa: S311 - no secret hangs on it

    def start(self, name: str, kind: Kind, parent: str | None, facts: Facts | None = None) -> "Span | None":
        """A span of a trace that was chosen, below `parent` (a traceparent) or at its root; None when off."""
        return self.collector.start(name, kind, parent, facts) if self.collector is not None else None

    def follow(self, name: str, kind: Kind, parent: str | None, facts: Facts | None = None) -> "Span | None":
        """The same if the flag of `parent` says that its trace was chosen."""
        chosen = parent is not None and parent[-1] in _SAMPLED
        return self.start(name, kind, parent, facts) if chosen else None

    @contextmanager
    def around(
        self, name: str, kind: Kind, parent: str | None, facts: Facts | None = None
    ) -> Iterator[str | None]:
        """`follow` around a piece of work; yields the traceparent for whatever follows from it."""
        span = self.follow(name, kind, parent, facts)
        if span is None:
            yield parent
            return
        failed = True
        try:
            yield span.traceparent
            failed = False
        finally:
            span.end(failed=failed)


def unsampled(traceparent: str) -> str:
    """The same trace with the flag taken back: what a client says of it does not count."""
    return f"{traceparent[:-2]}00"
