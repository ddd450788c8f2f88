"""The ledger: an entry a step, a link an entry, and every link recomputed."""

from collections.abc import Iterator

from tests.chaos.checks.mismatch import Mismatch, each_once
from tests.chaos.facts import Facts
from tests.chaos.record import Record


def check_entries(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Every version of every report once."""
    steps = [(row["report_id"], row["version"]) for row in facts.laksa.steps]
    entries = [(row["report_id"], row["version"]) for row in facts.laksa.entries]
    yield from each_once("ledger", steps, entries, "entry of {}")


def check_chain(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Everything chained once, from the first link to the last, as the gateway's seals say."""
    entries = [row["id"] for row in facts.laksa.entries]
    yield from each_once("ledger", entries, [row["entry_id"] for row in facts.laksa.chained], "link to {}")
    if facts.laksa.verdict.waiting:
        yield Mismatch("lost", "ledger", f"{facts.laksa.verdict.waiting} entries are not chained")
    if facts.laksa.verdict.broken:
        yield Mismatch("wrong", "ledger", facts.laksa.verdict.broken)


CHECKS = (check_entries, check_chain)
