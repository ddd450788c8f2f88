"""One round of visits: sixteen at once, each kept in one transaction, whatever happens to the others."""

import asyncio
import random
from dataclasses import dataclass, field

from prometheus_client import Counter, Gauge

from shared import log
from shared.forever import is_absence
from shared.runtime import Runtime
from svc_news.collected.usecases import take_in
from svc_news.fetching.usecases import Asked, FetchFailed, Visit, visit
from svc_news.sources.rules import State, most_fail
from svc_news.sources.usecases import Claimed, Source, claim, count_states, held, note_failure

AT_ONCE = 16
_KEEPING_AT_ONCE = 2
_log = log.get(__name__)


@dataclass(slots=True)
class Collector:
    """What a process knows of its visits: metrics, and how the sources did when last counted."""

    visits: Counter
    sources: Gauge
    states: dict[str, int] = field(default_factory=dict)
    keeping: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_KEEPING_AT_ONCE))
    """However many sources answer at once, requests keep most of the pool's connections."""

    def troubles(self) -> list[str]:
        """For health: one source, or a few, degrade nothing."""
        return ["most news sources do not answer"] if most_fail(self.states) else []


def equip(run: Runtime) -> None:
    """Puts the collector beside the plumbing."""
    made = Collector(
        run.metrics.counter("city_news_visits", "Visits to sources", "outcome"),
        run.metrics.gauge("city_news_sources", "Sources by how they do", "state"),
    )
    run.parts[Collector] = made
    run.degraded.append(made.troubles)


async def collect_due(run: Runtime) -> int:
    """Visits every source that is due; answers how many. One that hangs holds up none of the others."""
    first = await _claim(run)
    if first is None:
        return 0
    workers = (_visit_on(run, first), *(_visit_on(run) for _ in range(AT_ONCE - 1)))
    done = await asyncio.gather(*workers, return_exceptions=True)  # all end before the next round begins
    for each in done:
        if isinstance(each, BaseException):
            raise each
    return sum(each for each in done if isinstance(each, int))


async def measure(run: Runtime) -> None:
    """How the sources do, for metrics and health."""
    made: Collector = run.part(Collector)
    async with run.database.transaction() as session:
        made.states = await count_states(session)
    for state in State:
        made.sources.labels(state.value).set(made.states.get(state, 0))


async def collect_one(run: Runtime, claimed: Claimed) -> None:
    """Asks it in no transaction, then keeps whatever came of that in one.

    What nobody foresaw is a failure of this source, with its trace in the log: the others go on.
    """
    try:
        outcome = await _keep(run, claimed, await _asked(run, claimed))
    except Exception as error:
        if is_absence(error):
            raise
        _log.error("source_unforeseen", source=claimed.code, exc_info=error)
        outcome = await _keep(run, claimed, FetchFailed("unforeseen"))
    made: Collector = run.part(Collector)
    made.visits.labels(outcome).inc()


async def _asked(run: Runtime, claimed: Claimed) -> Visit | FetchFailed:
    try:
        return await visit(run, Asked(claimed.url, claimed.etag, claimed.last_modified), run.clock.now())
    except FetchFailed as error:
        return error


async def _visit_on(run: Runtime, claimed: Claimed | None = None) -> int:
    visited = 0
    claimed = claimed or await _claim(run)
    while claimed is not None:
        await collect_one(run, claimed)
        visited += 1
        claimed = await _claim(run)
    return visited


async def _claim(run: Runtime) -> Claimed | None:
    made: Collector = run.part(Collector)
    async with made.keeping, run.database.transaction() as session:
        return await claim(session, run.clock.now())


async def _keep(run: Runtime, claimed: Claimed, found: Visit | FetchFailed) -> str:
    """The outcome in a word. What came too late, or of an address that was changed meanwhile, is dropped."""
    luck, now = random.random(), run.clock.now()  # noqa: S311 - it only spreads visits
    made: Collector = run.part(Collector)
    async with made.keeping, run.database.transaction() as session:
        source = await held(session, claimed)
        if source is None:
            return "dropped"
        if isinstance(found, FetchFailed):
            await note_failure(session, source, found.code, found.wait, now, luck)
            _log.warning("source_failed", source=claimed.code, error=found.code, failures=source.failures)
            return found.code
        if found.fetched is not None:
            _learn(source, found)
            source.items_taken += await take_in(session, source, found.items, now)
        source.answered(now, luck)
        return "unchanged" if found.fetched is None else "read"


def _learn(source: Source, found: Visit) -> None:
    if found.fetched is not None:
        source.etag, source.last_modified = found.fetched.etag, found.fetched.last_modified
        source.moved_to = found.fetched.moved_to
