"""No line of the audits changes, moves or goes unseen, in the list or in the chain."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gateway import commands
from gateway.audits import usecases as audits
from shared.chain.verify import Seal

_THIRD = "(SELECT entry_id FROM chain WHERE seq = 3)"
_FOURTH = "(SELECT entry_id FROM chain WHERE seq = 4)"
_LAST_TWO = "SELECT entry_id FROM chain WHERE seq > 4"
_FORGED = (
    "INSERT INTO audits SELECT gen_random_uuid(), gen_random_uuid(), at, actor, action, subject, facts"
    f" FROM audits WHERE entry_id = {_THIRD}"
)


async def test_what_nobody_touched_is_whole(archive: Any) -> None:
    verdict = await archive.verdict()
    assert (verdict.links, verdict.waiting, verdict.broken) == (6, 0, None)
    assert (await archive.verdict(await archive.head())).broken is None


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (f"UPDATE audits SET facts = '{{\"place\": 9}}' WHERE entry_id = {_THIRD}", "differs from its entry"),
        (f"UPDATE audits SET actor = 'somebody' WHERE entry_id = {_THIRD}", "differs from its entry"),
        (f"UPDATE audits SET action = 'menu_seen' WHERE entry_id = {_THIRD}", "differs from its entry"),
        (f"UPDATE audits SET subject = 'menu:9' WHERE entry_id = {_THIRD}", "differs from its entry"),
        (f"UPDATE audits SET at = at + interval '1 us' WHERE entry_id = {_THIRD}", "differs from its entry"),
        (f"DELETE FROM audits WHERE entry_id = {_THIRD}", "its line was taken out of the list"),
        (_FORGED, "its entry is missing"),
        (f'UPDATE entries SET facts = facts || \'{{"actor": "x"}}\' WHERE id = {_THIRD}', "link 3: entry"),
        (f"DELETE FROM entries WHERE id = {_THIRD}", "link 3: its entry"),
        ("DELETE FROM chain WHERE seq = 3", "link 3: missing"),
        ("DELETE FROM chain WHERE seq = 6", "neither chained nor waiting"),
    ],
)
async def test_an_edit_or_a_deletion_is_found_where_it_was_made(
    archive: Any, statement: str, found: str
) -> None:
    assert found in ((await archive.after(statement)).broken or "")


async def test_two_links_that_changed_places_are_found(archive: Any) -> None:
    verdict = await archive.after(
        "UPDATE chain SET seq = -3 WHERE seq = 3",
        "UPDATE chain SET seq = 3 WHERE seq = 4",
        "UPDATE chain SET seq = 4 WHERE seq = -3",
    )
    assert "link 3: entry" in (verdict.broken or "")


async def test_lines_that_changed_entries_are_found(archive: Any) -> None:
    verdict = await archive.after(
        "ALTER TABLE audits DROP CONSTRAINT uq_audits_entry_id",
        f"UPDATE audits SET entry_id = CASE entry_id WHEN {_THIRD} THEN {_FOURTH} ELSE {_THIRD} END"
        f" WHERE entry_id IN ({_THIRD}, {_FOURTH})",
    )
    assert "its entry is missing" in (verdict.broken or "")


async def test_a_cut_end_is_found_by_the_seal_or_by_a_head_kept_elsewhere(archive: Any) -> None:
    head = await archive.head()
    cut = (
        f"DELETE FROM audits WHERE entry_id IN ({_LAST_TWO})",
        f"DELETE FROM entries WHERE id IN ({_LAST_TWO})",
        "DELETE FROM chain WHERE seq > 4",
    )
    seal = f"INSERT INTO seals (service, seq, hash, at) VALUES ('gateway', 6, '\\x{head.hash.hex()}', now())"
    assert "sealed up to 6 and ends at 4" in ((await archive.after(seal, *cut)).broken or "")
    assert (await archive.after(*cut)).broken is None, "a database rewritten as a whole agrees with itself"
    assert "sealed up to 6 and ends at 4" in ((await archive.after(*cut, heads=(head,))).broken or "")
    assert "differs from the seal" in ((await archive.verdict(Seal(4, bytes(32)))).broken or "")


async def test_the_running_gateway_may_add_lines_and_never_change_one(archive: Any) -> None:
    for statement in ("UPDATE audits SET actor = 'x'", "DELETE FROM audits", "TRUNCATE audits"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with archive.run.database.transaction() as session:
                await session.execute(text(statement))


async def test_the_verdict_is_printed_with_the_head_to_keep(archive: Any) -> None:
    head = await archive.head()
    printed = commands.verdict_table(await archive.verdict(), [])
    assert f"head     6:{head.hash.hex()}" in printed
    assert commands.heads_given([f"6:{head.hash.hex()}"]) == [head]
    broken = await archive.after("UPDATE audits SET actor = 'x'")
    assert "BROKEN: audit" in commands.verdict_table(broken, [head])


async def test_a_line_not_yet_chained_is_no_fault(archive: Any) -> None:
    async with archive.run.database.transaction() as session:
        await audits.record(session, "command", "x_done", "x:1", now=archive.clock.now())
    verdict = await archive.verdict()
    assert (verdict.waiting, verdict.broken) == (1, None)
