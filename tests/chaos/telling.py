"""What a kill test prints: every mismatch, the figures, and the line that counts."""

from collections import Counter
from collections.abc import Iterator
from statistics import median

from tests.chaos.checks.mismatch import KINDS, Mismatch
from tests.chaos.killing import TARGETS
from tests.chaos.running import Ran

_PLURAL = {"lost": "lost", "doubled": "doubled", "orphan": "orphans", "wrong": "otherwise wrong"}


def told(ran: Ran, mismatches: list[Mismatch]) -> str:
    """The whole report, as lines of text."""
    return "\n".join([*_table(mismatches), *_figures(ran), "", verdict(mismatches)])


def verdict(mismatches: list[Mismatch]) -> str:
    """`lost 0, doubled 0, orphans 0, otherwise wrong 0`."""
    counts = Counter(mismatch.kind for mismatch in mismatches)
    return ", ".join(f"{_PLURAL[kind]} {counts[kind]}" for kind in KINDS)


def _table(mismatches: list[Mismatch]) -> Iterator[str]:
    if mismatches:
        yield f"{'':8}  {'where':24}  what does not agree"
    for each in mismatches:
        yield f"{each.kind:8}  {each.where:24}  {each.what}"


def _figures(ran: Ran) -> Iterator[str]:
    writes, killed = ran.record.counts(), Counter(kill.target for kill in ran.kills)
    seconds = [kill.seconds for kill in ran.kills if kill.seconds is not None]
    laksa, gateway = ran.facts.laksa, ran.facts.gateway
    yield ""
    yield f"seed       {ran.plan.seed}"
    yield f"writes     {sum(writes.values()):,} acknowledged: {_list(writes)}"
    yield f"           in {ran.working_seconds:.0f} s; {len(ran.record.unknown())} of unknown outcome"
    yield f"on the way {_list(ran.answers)}"
    yield f"kills      {len(ran.kills)}: {_list(Counter({t: killed[t] for t in TARGETS}))}"
    yield f"in flight  {median(kill.in_flight for kill in ran.kills):.0f} writes at a kill, in the median"
    yield (
        f"recovery   median {median(seconds):.1f} s, longest {max(seconds):.1f} s"
        f" ({len(seconds)} waited for); all events in {ran.settling_seconds:.1f} s after the last write"
    )
    yield (
        f"compared   {len(laksa.reports):,} reports, {len(laksa.steps):,} steps, {len(laksa.chained):,} links"
        f", {len(ran.facts.messages):,} messages, {len(gateway.media):,} photos, {len(gateway.seals)} seals"
    )
    yield f"swept      {ran.swept} photos stored and never noted, as the cleaner does after a day"


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common()) or "none"
