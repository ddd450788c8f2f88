"""An answered write is never lost, whatever is killed while it is under way (reliability.md, 1).

One kill test for the whole file. A comparison that finds nothing must be one that could have found something,
so each kind of tampering afterwards has to be listed.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest
from sqlalchemy import text

from shared.ids import new_id
from tests.chaos.comparing import compare
from tests.chaos.conftest import Aftermath
from tests.chaos.databases import gateway_facts, laksa_facts
from tests.chaos.facts import Facts, Row
from tests.chaos.killing import TARGETS
from tests.chaos.record import Record, Write
from tests.chaos.running import LEAST_WRITES

_ONE = "(SELECT id FROM reports WHERE citizen_id IS NOT NULL AND version > 2 ORDER BY id LIMIT 1)"
_COPY = "INSERT INTO {0} SELECT (jsonb_populate_record(t, '{1}')).* FROM {0} t {2}"
_NEXT = "(SELECT jsonb_populate_record(t, jsonb_build_object('version', version + 1)) AS r FROM {0} t {1}) s"
_GONE = " ".join(
    f"DELETE FROM {table} WHERE report_id = {_ONE};" for table in ("report_texts", "report_files")
)

IN_LAKSA = {
    "a report is gone": (
        f"{_GONE} DELETE FROM report_steps WHERE report_id = {_ONE}; DELETE FROM reports WHERE id = {_ONE}",
        {("lost", "laksa database"), ("orphan", "ledger"), ("orphan", "feed")},
    ),
    "a step is gone": (
        f"DELETE FROM report_steps WHERE report_id = {_ONE} AND version = 2",
        {("lost", "laksa database"), ("orphan", "ledger"), ("orphan", "outbox")},
    ),
    "a step was done twice": (
        (
            f"INSERT INTO report_steps SELECT (s.r).* FROM "
            f"{_NEXT.format('report_steps', f'WHERE report_id = {_ONE} ORDER BY version DESC LIMIT 1')};"
            f"UPDATE reports SET version = version + 1 WHERE id = {_ONE}"
        ),
        {("doubled", "laksa database"), ("lost", "ledger"), ("lost", "outbox"), ("lost", "gateway requests")},
    ),
    "a report that nobody sent": (
        _COPY.format("reports", f'{{"id": "{new_id()}", "code": "LKS-0000-0000"}}', "LIMIT 1"),
        {("orphan", "laksa database")},
    ),
    "a kept answer is gone": (
        "DELETE FROM idempotency WHERE key = (SELECT min(key) FROM idempotency)",
        {("lost", "laksa database")},
    ),
    "a kept answer without an effect": (
        _COPY.format("idempotency", '{"key": "nobody-used-it"}', "LIMIT 1"),
        {("orphan", "laksa database")},
    ),
    "a text of no step": (
        _COPY.format("report_texts", '{"version": 99}', "LIMIT 1"),
        {("orphan", "laksa database")},
    ),
    "an entry is gone": (
        f"DELETE FROM entries WHERE entity_id = {_ONE} AND entity_version = 2",
        {("lost", "ledger"), ("wrong", "ledger")},
    ),
    "an entry was altered": (
        f'UPDATE entries SET facts = facts || \'{{"to": "done"}}\' WHERE entity_id = {_ONE}',
        {("wrong", "ledger")},
    ),
    "the chain was cut": (
        "DELETE FROM chain WHERE seq = (SELECT max(seq) FROM chain)",
        {("lost", "ledger"), ("wrong", "ledger")},
    ),
    "an event was not written": (
        f"DELETE FROM outbox WHERE entity_id = {_ONE}::text AND type LIKE '%.request_updated.v1'",
        {("lost", "outbox"), ("orphan", "stream LAKSA")},
    ),
    "an event was not sent": (
        "UPDATE outbox SET sent_at = NULL WHERE id = (SELECT min(id::text) FROM outbox)::uuid",
        {("lost", "stream LAKSA")},
    ),
    "a timer is gone": ("DELETE FROM due", {("lost", "timers")}),
    "a timer of no report": (_COPY.format("due", '{"entity_id": "x"}', "LIMIT 1"), {("orphan", "timers")}),
}
IN_GATEWAY = {
    "a request stands where it stood": (
        "UPDATE requests SET version = version - 1 WHERE entity_id = (SELECT min(entity_id) FROM requests)",
        {("lost", "gateway requests"), ("orphan", "gateway requests")},
    ),
    "somebody is told twice": (
        (
            "INSERT INTO feed (citizen_id, event, payload, created_at)"
            " SELECT citizen_id, event, payload, created_at FROM feed ORDER BY id DESC LIMIT 1"
        ),
        {("doubled", "feed")},
    ),
    "an event was not taken in": (
        "DELETE FROM inbox WHERE consumer = 'gateway-requests'",
        {("lost", "inbox of gateway-requests")},
    ),
    "an event that never was": (
        _COPY.format("inbox", f'{{"event_id": "{new_id()}"}}', "WHERE consumer = 'gateway-media' LIMIT 1"),
        {("orphan", "inbox of gateway-media")},
    ),
    "a photo is not known to be used": (
        "UPDATE media SET attached_at = NULL",
        {("lost", "gateway media")},
    ),
    "a photo is gone": (
        "DELETE FROM media",
        {("lost", "gateway media"), ("orphan", "media store")},
    ),
    "a photo was stored twice": (
        _COPY.format("media", f'{{"id": "{new_id()}", "folder": "00/x"}}', "LIMIT 1"),
        {("doubled", "gateway media"), ("lost", "media store")},
    ),
    "a session goes on": (
        "UPDATE sessions SET revoked_at = NULL",
        {("lost", "gateway database"), ("orphan", "gateway outbox")},
    ),
    "a seal is gone": ("DELETE FROM seals", {("lost", "seals")}),
}


async def test_after_the_kills_the_city_says_what_it_promised_once_each(aftermath: Aftermath) -> None:
    assert aftermath.mismatches == []
    assert len(aftermath.ran.record.acknowledged()) >= LEAST_WRITES


async def test_every_client_learnt_in_the_end_what_became_of_its_writes(aftermath: Aftermath) -> None:
    assert aftermath.ran.record.unknown() == []


async def test_everything_was_killed_while_writes_were_under_way(aftermath: Aftermath) -> None:
    kills = aftermath.ran.kills
    assert {kill.target for kill in kills} == set(TARGETS)  # six kills or more hit each
    assert all(kill.in_flight for kill in kills)


async def test_the_writes_were_a_mix(aftermath: Aftermath) -> None:
    counts = aftermath.ran.record.counts()
    assert all(counts[action] > 0 for action in ("submit", "upload", "assign", "start", "finish", "verify"))


@pytest.mark.parametrize("tampering", IN_LAKSA)
async def test_tampering_with_svc_laksas_database_is_listed(aftermath: Aftermath, tampering: str) -> None:
    script, expected = IN_LAKSA[tampering]
    async with aftermath.town.database("laksa") as connection:
        for statement in script.split(";"):
            await connection.execute(text(statement))
        laksa = await laksa_facts(connection, aftermath.ran.facts.gateway.seals)
    assert expected <= _listed(aftermath.ran.record, replace(aftermath.ran.facts, laksa=laksa))


@pytest.mark.parametrize("tampering", IN_GATEWAY)
async def test_tampering_with_the_gateways_database_is_listed(aftermath: Aftermath, tampering: str) -> None:
    script, expected = IN_GATEWAY[tampering]
    async with aftermath.town.database("gateway") as connection:
        await connection.execute(text(script))
        gateway = await gateway_facts(connection)
    assert expected <= _listed(aftermath.ran.record, replace(aftermath.ran.facts, gateway=gateway))


def forget_a_message(record: Record, facts: Facts) -> None:
    del facts.messages[0]


def send_a_message_twice(record: Record, facts: Facts) -> None:
    facts.messages.append(facts.messages[0])


def send_a_message_of_nothing(record: Record, facts: Facts) -> None:
    facts.messages.append(replace(facts.messages[0], event_id=str(new_id()), message_id="x"))


def swap_two_messages(record: Record, facts: Facts) -> None:
    longest = max(facts.laksa.reports, key=lambda report: int(report["version"]))
    own = [m for m in facts.messages if m.entity == longest["id"]]
    first, last = facts.messages.index(own[0]), facts.messages.index(own[-1])
    facts.messages[first], facts.messages[last] = facts.messages[last], facts.messages[first]


def leave_a_message_unread(record: Record, facts: Facts) -> None:
    facts.unread["gateway-media of LAKSA"] = 1


def hide_a_request(record: Record, facts: Facts) -> None:
    _longest(facts).pop()


def show_a_request_twice(record: Record, facts: Facts) -> None:
    _longest(facts).append(_longest(facts)[0])


def show_a_request_of_somebody_else(record: Record, facts: Facts) -> None:
    others = [items for items in facts.shown.values() if items and items is not _longest(facts)]
    _longest(facts).append(others[0][0])


def shorten_a_timeline(record: Record, facts: Facts) -> None:
    report = next(report for report, items in facts.timelines.items() if items)
    facts.timelines[report] = facts.timelines[report][:-1]


def lose_a_file(record: Record, facts: Facts) -> None:
    next(iter(facts.folders.values())).popitem()


def alter_a_file(record: Record, facts: Facts) -> None:
    next(iter(facts.folders.values()))["thumb.jpg"] = "0" * 64


def leave_a_file_of_no_row(record: Record, facts: Facts) -> None:
    facts.folders["00/nobody"] = {"full.jpg": "0" * 64}


def promise_a_report(record: Record, facts: Facts) -> None:
    answer = {"id": str(new_id()), "code": "LKS-0000-0000", "version": 1, "state": "received"}
    record.writes["promised"] = Write("promised", "submit", "resident 0", answer=answer)


def promise_another_state(record: Record, facts: Facts) -> None:
    write = record.acknowledged("verify")[0]
    write.answer = {**(write.answer or {}), "state": "withdrawn"}


def refuse_a_write(record: Record, facts: Facts) -> None:
    record.writes["refused"] = Write("refused", "assign", "laksa_officer", "x", refused="409 wrong_state")


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (forget_a_message, ("lost", "stream LAKSA")),
        (send_a_message_twice, ("doubled", "stream LAKSA")),
        (send_a_message_of_nothing, ("orphan", "stream LAKSA")),
        (swap_two_messages, ("wrong", "stream LAKSA")),
        (leave_a_message_unread, ("lost", "gateway inbox")),
        (hide_a_request, ("lost", "my requests")),
        (show_a_request_twice, ("doubled", "my requests")),
        (show_a_request_of_somebody_else, ("orphan", "my requests")),
        (shorten_a_timeline, ("lost", "timeline")),
        (lose_a_file, ("lost", "media store")),
        (alter_a_file, ("wrong", "media store")),
        (leave_a_file_of_no_row, ("orphan", "media store")),
        (promise_a_report, ("lost", "laksa database")),
        (promise_another_state, ("wrong", "laksa database")),
        (refuse_a_write, ("wrong", "clients")),
    ],
)
async def test_what_streams_files_answers_and_clients_say_is_held_against_the_rest(
    aftermath: Aftermath, tamper: Callable[[Record, Facts], None], expected: tuple[str, str]
) -> None:
    record, facts = deepcopy(aftermath.ran.record), deepcopy(aftermath.ran.facts)
    tamper(record, facts)
    assert expected in _listed(record, facts)


def _listed(record: Record, facts: Facts) -> set[tuple[str, str]]:
    """(kind, where) of what the comparison lists; whose requests they are is left out."""
    return {(m.kind, m.where.partition(" of 0")[0]) for m in compare(record, facts)}


def _longest(facts: Facts) -> list[Row]:
    return max(facts.shown.values(), key=len)
