"""What the gateway made of the events: requests, feeds, seals, inboxes, and what it shows its citizens."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.checks.events import SEALED
from tests.chaos.checks.mismatch import Mismatch, each_once
from tests.chaos.facts import Facts
from tests.chaos.record import Record

_TAKEN_IN = {
    "gateway-requests": ("request_updated.v1",),
    "gateway-media": ("media_attached.v1",),
    "gateway-seals": (SEALED,),
    "gateway-search": ("document_published.v1", "document_withdrawn.v1"),
}


def check_requests(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Every citizen's report stands in the read model once, at its last version."""
    wanted = {
        (r["id"], r["citizen_id"], r["version"], r["code"], r["state"])
        for r in facts.laksa.reports
        if r["citizen_id"] is not None
    }
    rows = [
        (r["entity_id"], r["citizen_id"], r["version"], r["number"], r["state"])
        for r in facts.gateway.requests
    ]
    yield from each_once("gateway requests", wanted, rows, "request {}")


def check_shown(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """`/v1/me/requests` of each citizen: her reports, each once, at its last state, and nobody else's."""
    own: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row in facts.laksa.reports:
        own[row["citizen_id"]].append((row["id"], row["code"], row["state"]))
    for citizen, items in facts.shown.items():
        shown = [(item["id"], item["number"], item["state"]) for item in items]
        yield from each_once(f"my requests of {citizen}", own[citizen], shown, "{}")


def check_feed(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Nobody is told one thing twice, and everybody is told the last."""
    told = Counter((row["entity_id"], row["updated_at"]) for row in facts.gateway.feed)
    for (entity, moment), count in told.items():
        if count > 1:
            yield Mismatch("doubled", "feed", f"{entity} of {moment}, told {count} times")
    last = {row["entity_id"]: row["state"] for row in facts.gateway.feed}  # in the order of its rows
    reports = {r["id"]: r["state"] for r in facts.laksa.reports if r["citizen_id"] is not None}
    for entity in last.keys() - reports.keys():
        yield Mismatch("orphan", "feed", f"{entity}: no such report")
    for entity, state in reports.items():
        if last.get(entity) != state:
            yield Mismatch("lost", "feed", f"{entity} is {state}, its reporter was told {last.get(entity)}")


def check_inbox(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Every event somebody listens to was taken in once, and nothing that was never sent."""
    live = [message for message in facts.messages if message.stream != "DEAD"]
    for consumer, names in _TAKEN_IN.items():
        wanted = [m.event_id for m in live if m.type.partition(".")[2] in names]
        there = [row["event_id"] for row in facts.gateway.inbox if row["consumer"] == consumer]
        yield from each_once(f"inbox of {consumer}", wanted, there, "event {}")
    for row in facts.gateway.inbox:
        if row["consumer"] not in _TAKEN_IN:
            yield Mismatch(
                "orphan", "gateway inbox", f"consumer {row['consumer']}: nobody listens by that name"
            )
    for consumer, count in facts.unread.items():
        if count:
            yield Mismatch("lost", "gateway inbox", f"{consumer} has not taken in {count} messages")


def check_seals(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Every seal that was sent is kept; that they fit the chain is the ledger's own check."""
    wanted = {m.version for m in facts.messages if m.stream == "LAKSA" and m.type == f"laksa.{SEALED}"}
    kept = [row["seq"] for row in facts.gateway.seals if row["service"] == "laksa"]
    yield from each_once("seals", wanted, kept, "seal of link {}")


CHECKS = (check_requests, check_shown, check_feed, check_inbox, check_seals)
