"""Events: written beside each step, sent once each, in the order of the steps."""

from collections import defaultdict
from collections.abc import Iterator

from svc_laksa.reports.documents import EVENTS
from svc_laksa.reports.rules import Action
from tests.chaos.checks.mismatch import Mismatch, each_once
from tests.chaos.facts import Facts, Row
from tests.chaos.record import Record

SEALED = "chain_sealed.v1"
REVOKED = "gateway.session_revoked.v1"


def check_written(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Of each step its own event, the reporter's news, and that files are used: each once."""
    citizens = {row["id"]: row["citizen_id"] for row in facts.laksa.reports}
    with_files = {(row["report_id"], row["version"]) for row in facts.laksa.files}
    wanted = []
    for step in facts.laksa.steps:
        place = (step["report_id"], step["version"])
        wanted.append((*place, f"laksa.{EVENTS[Action(step['action'])].name}"))
        if citizens.get(place[0]) is not None:
            wanted.append((*place, "laksa.request_updated.v1"))
        if place in with_files:
            wanted.append((*place, "laksa.media_attached.v1"))
    kinds = {kind for _, _, kind in wanted} | {f"laksa.{event.name}" for event in EVENTS.values()}
    rows = [(r["entity_id"], r["version"], r["type"]) for r in facts.laksa.outbox if r["type"] in kinds]
    yield from each_once("outbox", wanted, rows, "event of {}")


def check_sent(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Everything in an outbox is on its stream once, and nothing else; none waits, none is out of order."""
    for stream, outbox in (("LAKSA", facts.laksa.outbox), ("GATEWAY", facts.gateway.outbox)):
        there = [message for message in facts.messages if message.stream == stream]
        ids = [row["id"] for row in outbox]
        yield from each_once(f"stream {stream}", ids, [m.event_id for m in there], "event {}")
        yield from each_once(f"stream {stream}", ids, [m.message_id for m in there], "message id {}")
        yield from _unsent(stream, outbox)
        yield from _disorder(facts, stream)
    for letter in (message for message in facts.messages if message.stream == "DEAD"):
        yield Mismatch("lost", "stream DEAD", f"{letter.type} {letter.event_id}: nobody could take it in")


def check_sign_outs(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Each acknowledged sign-out ended one session, and was told once."""
    ended = [row["id"] for row in facts.gateway.sessions if row["revoked_at"] is not None]
    told = [row["entity_id"] for row in facts.gateway.outbox if row["type"] == REVOKED]
    yield from each_once("gateway outbox", ended, told, "end of session {}")
    tried = [write for write in record.writes.values() if write.action == "sign_out"]
    done = len([write for write in tried if write.acknowledged])
    if len(ended) < done:
        yield Mismatch(
            "lost", "gateway database", f"{done} sign-outs acknowledged, {len(ended)} sessions ended"
        )
    elif len(ended) > len(tried):
        yield Mismatch("orphan", "gateway database", f"{len(ended)} sessions ended, {len(tried)} wanted")


def _unsent(stream: str, outbox: list[Row]) -> Iterator[Mismatch]:
    for row in outbox:
        if row["sent_at"] is None:
            yield Mismatch("lost", f"stream {stream}", f"{row['type']} {row['id']} is not marked as sent")


def _disorder(facts: Facts, stream: str) -> Iterator[Mismatch]:
    """Of one entity no older version follows a newer one, and none is missing."""
    versions: dict[str, list[int]] = defaultdict(list)
    for message in facts.messages:
        if message.stream == stream and not message.type.endswith((SEALED, REVOKED)):
            versions[message.entity].append(message.version)
    for entity, seen in versions.items():
        if seen != sorted(seen):
            yield Mismatch("wrong", f"stream {stream}", f"the events of {entity} came as {seen}")
        if set(seen) != set(range(1, max(seen) + 1)):
            yield Mismatch(
                "lost", f"stream {stream}", f"versions of {entity}: there are only {sorted(set(seen))}"
            )


CHECKS = (check_written, check_sent, check_sign_outs)
