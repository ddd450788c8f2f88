"""Due work: each report has the timers of its state, and no timer is without its report."""

from collections.abc import Iterator

from tests.chaos.checks.mismatch import Mismatch, each_once
from tests.chaos.facts import Facts, Row
from tests.chaos.record import Record

_CLOSED = ("done", "rejected", "withdrawn")


def check_timers(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Nothing was due during the run, so what should be waiting is all there."""
    wanted = [(kind, report["id"]) for report in facts.laksa.reports for kind in _kinds(report)]
    there = [(row["kind"], row["entity_id"]) for row in facts.laksa.due]
    yield from each_once("timers", wanted, there, "timer {}")
    for row in facts.laksa.due:
        if row["parked_at"] is not None or row["attempts"]:
            yield Mismatch("wrong", "timers", f"{row['kind']} of {row['entity_id']} failed")


def _kinds(report: Row) -> Iterator[str]:
    if report["state"] == "question":
        yield "question_unanswered"
    elif report["state"] not in _CLOSED and report["overdue_at"] is None:
        yield "deadline_passed"
    if report["state"] == "done" and not report["challenged"] and report["final_at"] is None:
        yield "challenge_closed"


CHECKS = (check_timers,)
