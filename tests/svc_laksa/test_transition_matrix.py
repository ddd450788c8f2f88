"""Every state x action x role: what the table below does not list is refused, in the promised order."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from shared.auth import Audience, Caller
from shared.routes import CityRoute
from svc_laksa.checks import api as checks
from svc_laksa.questions import api as questions
from svc_laksa.reports import rules
from svc_laksa.reports.models import Report
from svc_laksa.reports.rules import Action, Role, State
from svc_laksa.submissions import api as submissions
from svc_laksa.work import api as work
from tests.svc_laksa.town import CENTRE, Town

#: Written apart from the code: action -> (states, who). `challenged` is done with an objection still open.
ALLOWED: dict[str, list[tuple[str, str]]] = {
    "moderate": [("moderation", "moderator")],
    "assign": [("received assigned reopened", "officer head")],
    "start": [("assigned reopened", "officer head crew")],
    "ask": [("received assigned in_work reopened", "officer head")],
    "answer": [("question", "reporter")],
    "resume": [("question coordination", "officer head"), ("coordination", "moderator")],
    "hand-over": [("received assigned in_work reopened", "officer head"), ("coordination", "moderator")],
    "coordinate": [("received assigned in_work reopened", "officer head")],
    "finish": [("in_work", "officer head crew")],
    "verify": [("finished", "verifier")],
    "reject": [
        ("received assigned in_work reopened", "officer head"),
        ("moderation coordination", "moderator"),
    ],
    "challenge": [("done", "reporter")],
    "challenge/decide": [("challenged", "moderator")],
    "withdraw": [("moderation received assigned in_work question coordination reopened", "reporter")],
}
STATES = [*map(str, State), "challenged"]
STAFF = ("officer", "head", "crew", "verifier", "moderator")
PUBLIC_ROUTES = {"answer", "withdraw", "challenge"}
ROUTERS = (work.router, questions.router, checks.router, submissions.router)


def allowed(action: str, state: str, who: str) -> bool:
    return any(state in states.split() and who in people.split() for states, people in ALLOWED[action])


def ever(action: str, who: str) -> bool:
    return any(who in people.split() for _, people in ALLOWED[action])


def expected(action: str, state: str, who: str) -> set[int]:
    """404 for who has nothing to do with it, 403 for a role that never does it, 409 for the wrong moment."""
    if who == "guest":
        return {404} if action in PUBLIC_ROUTES else {401}
    if who in ("other", "reporter") and action not in PUBLIC_ROUTES:
        return {403}
    if who in ("other", "stranger"):
        return {404, 403}
    if not ever(action, who):
        return {403}
    return {200} if allowed(action, state, who) else {409}


def body_of(town: Town, action: str, caller: Caller) -> dict[str, Any]:
    bodies: dict[str, dict[str, Any]] = {
        "ask": {"question": "?"},
        "answer": {"answer": "!"},
        "hand-over": {"agency": "dlh", "reason": "x"},
        "coordinate": {"reason": "x"},
        "verify": {"passed": True},
        "reject": {"reason_code": "not_ours", "note": "x"},
        "challenge": {"reason": "x"},
        "challenge/decide": {"upheld": True, "note": "x"},
    }
    if action == "finish" and caller.kind == "staff":
        return {"evidence": [{"receipt": town.receipt(caller), "point": CENTRE}]}
    return bodies.get(action, {})


async def put(town: Town, made: dict[str, Any], state: str) -> None:
    """Stands the report in `state`, as if it had come there."""
    challenged = state == "challenged"
    stands = State.DONE if challenged else State(state)
    now = town.clock.now()
    async with town.run.database.transaction() as session:
        await session.execute(
            update(Report).values(
                state=stands,
                challenged=challenged,
                agency="dpupr",
                hand_overs=0,
                resumes_to=State.ASSIGNED if stands in (State.QUESTION, State.COORDINATION) else None,
                waits_for=rules.waits_for(stands, challenged),
                listed=rules.is_listed("name_hidden", stands),
                stopped_at=now if stands in rules.STOPPED else None,
                closed_at=now if stands in rules.CLOSED else None,
                final_at=None,
            )
        )


@pytest.mark.parametrize("action", ALLOWED)
async def test_what_the_table_does_not_list_is_refused(town: Town, action: str) -> None:
    made = await town.submit()
    town.clock.advance(timedelta(minutes=1))
    people = {name: getattr(town, name) for name in (*STAFF, "stranger", "other", "guest")}
    people["reporter"] = town.citizen
    seen: Counter[int] = Counter()
    for state in STATES:
        for who, caller in people.items():
            await put(town, made, state)
            body = body_of(town, action, caller)
            answer = await town.post(caller, f"/reports/{made['id']}/{action}", body)
            assert answer.status_code in expected(action, state, who), (state, action, who, answer.text)
            seen[answer.status_code] += 1
    assert seen[200] == sum(len(s.split()) * len(w.split()) for s, w in ALLOWED[action])


def test_the_routes_admit_exactly_those_the_table_names() -> None:
    stand_ins = {Action.MODERATE, Action.VERIFY, Action.DECIDE}  # in a police unit, see rules.roles_towards
    for route in (r for router in ROUTERS for r in router.routes if isinstance(r, CityRoute)):
        name = route.path.rpartition("{ref}/")[2].replace("-", "_").replace("challenge/decide", "decide")
        if not name or name.startswith("/"):
            continue
        action = Action(name)
        admitted = {role for a in route.audiences if a.kind == "staff" for role in a.any_of}
        staff = {role for role in rules.roles_of(action) if role.startswith("laksa_")}
        assert admitted == staff | (rules.DESK if action in stand_ins else set()), name
        assert (Role.REPORTER in rules.roles_of(action)) == (Audience("citizen") in route.audiences), name


async def test_refusals_come_in_the_promised_order(town: Town) -> None:
    """404 before 403 before 412 before 409 before 422 of the use case."""
    made = await town.submit()
    path = f"/reports/{made['id']}"
    stale = {"If_Match": '"9.x"'}
    answers = [
        await town.post(town.stranger, f"{path}/finish", {}, **stale),
        await town.post(town.verifier, f"{path}/start", {}, **stale),
        await town.post(town.officer, f"{path}/finish", {}, **stale),
        await town.post(town.officer, f"{path}/finish", {}),
    ]
    await town.act(town.officer, made, "assign")
    await town.act(town.officer, made, "start")
    answers.append(await town.post(town.officer, f"{path}/finish", {}))
    assert [answer.status_code for answer in answers] == [404, 403, 412, 409, 422]


async def test_only_a_version_that_was_seen_can_be_changed_if_the_client_says_which(town: Town) -> None:
    made = await town.submit()
    read = await town.get(town.officer, f"/reports/{made['id']}")
    etag = read.headers["etag"]
    assert etag.startswith('"1.')
    first = await town.post(town.officer, f"/reports/{made['id']}/assign", {}, If_Match=etag)
    second = await town.post(town.head, f"/reports/{made['id']}/assign", {}, If_Match=etag)
    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["code"] == "version_stale"
    again = await town.get(town.officer, f"/reports/{made['id']}", headers={"If-None-Match": etag})
    assert again.status_code == 200
    tag = again.headers["etag"]
    same = await town.get(town.officer, f"/reports/{made['id']}", headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")


def test_an_overdue_report_stays_where_it_stands() -> None:
    for state in State:
        row = rules.transition(Action.EXPIRE, state, frozenset({Role.SYSTEM}))
        if row is not None:
            assert row.to == {state}
    assert rules.transition(Action.EXPIRE, State.QUESTION, frozenset({Role.SYSTEM})) is None
