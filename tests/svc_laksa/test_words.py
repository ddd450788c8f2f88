"""Everything that can be said of a report has its words, in both languages."""

from itertools import chain

from svc_laksa.reports.rules import TABLE, Action, Role, State
from tests.svc_laksa.town import Town


async def test_no_state_step_or_role_is_without_words(town: Town) -> None:
    texts = town.run.texts
    spoken = chain(
        (f"state.{state}" for state in State),
        (f"next.{state}" for state in State),
        (f"role.{role}" for role in Role),
        (f"step.{action}" for action in Action if action not in (Action.VERIFY, Action.DECIDE)),
        ("step.verify.passed", "step.verify.failed", "step.decide.upheld", "step.decide.declined"),
        ("next.challenged", "next.final"),
    )
    assert [key for key in spoken if not texts.has(key)] == []
    assert texts.missing() == []


async def test_every_open_report_names_who_acts_next_and_until_when(town: Town) -> None:
    made = await town.submit()
    for language, word in (
        ("id", "Batas penyelesaian 18-02-2026 pukul 16.00"),
        ("en", "Due 2026-02-18 16:00"),
    ):
        answer = await town.get(town.citizen, f"/reports/{made['id']}", headers={"Accept-Language": language})
        assert word in answer.json()["next_step"]
        assert answer.headers["content-language"] == language


def test_every_state_but_the_final_ones_has_a_way_out() -> None:
    leaves = {state for row in TABLE for state in row.start if row.to - {state}}
    assert set(State) - leaves == {State.REJECTED, State.WITHDRAWN}
