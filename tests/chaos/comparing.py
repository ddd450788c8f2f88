"""The clients' record against what the city says: every mismatch, none is only counted."""

from collections.abc import Callable, Iterator
from itertools import chain

from tests.chaos.checks import events, ledger, media, readers, reports, timers
from tests.chaos.checks.mismatch import Mismatch
from tests.chaos.facts import Facts
from tests.chaos.record import Record

CHECKS: tuple[Callable[[Record, Facts], Iterator[Mismatch]], ...] = (
    *reports.CHECKS,
    *ledger.CHECKS,
    *events.CHECKS,
    *readers.CHECKS,
    *media.CHECKS,
    *timers.CHECKS,
)


def compare(record: Record, facts: Facts) -> list[Mismatch]:
    """What does not agree, sorted. A write of unknown outcome may have been done once or not at all."""
    said = (Mismatch("wrong", "clients", f"{what}: {why}") for what, why in record.noticed)
    refused = (
        Mismatch("wrong", "clients", f"{write.action} {write.key} was refused: {write.refused}")
        for write in record.writes.values()
        if write.refused is not None
    )
    found = (mismatch for check in CHECKS for mismatch in check(record, facts))
    return sorted(set(chain(said, refused, found)))
