"""Rotating refresh tokens: a lost answer signs nobody out, a copied token signs everybody out."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from gateway.accounts import queries
from gateway.accounts import usecases as accounts
from gateway.codes import usecases as codes
from gateway.passwords import usecases as passwords
from shared.clock import ManualClock
from shared.paging import encode
from shared.testing import QueryRecorder

MINUTE = timedelta(minutes=1)


def claims(access_token: str) -> dict[str, Any]:
    body = access_token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return said


async def test_a_refresh_gives_the_next_pair_for_the_same_session(someone: Any, clock: ManualClock) -> None:
    first = await someone.citizen()
    clock.advance(9 * MINUTE)
    second = (await someone.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert claims(second["access_token"])["sid"] == claims(first["access_token"])["sid"]
    assert second["expires_in"] == 600
    clock.advance(5 * MINUTE)
    assert (await someone.me(first["access_token"])).status_code == 401
    assert (await someone.me(second["access_token"])).status_code == 200


async def test_an_access_token_says_no_more_than_who_is_calling(someone: Any) -> None:
    signed_in = await someone.citizen()
    assert set(claims(signed_in["access_token"])) == {"iss", "aud", "iat", "exp", "kind", "sub", "sid"}


async def test_a_repeated_refresh_gets_the_very_same_successor_within_thirty_seconds(
    someone: Any, clock: ManualClock
) -> None:
    token = (await someone.citizen())["refresh_token"]
    first = (await someone.refresh(token)).json()["refresh_token"]
    clock.advance(timedelta(seconds=30))
    assert (await someone.refresh(token)).json()["refresh_token"] == first
    assert (await someone.refresh(first)).status_code == 200


async def test_ten_refreshes_at_once_agree_on_the_successor(someone: Any) -> None:
    token = (await someone.citizen())["refresh_token"]
    answers = await asyncio.gather(*(someone.refresh(token) for _ in range(10)))
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["refresh_token"] for a in answers}) == 1


@pytest.mark.parametrize("away", [2 * MINUTE, timedelta(days=3), timedelta(days=89)])
async def test_an_answer_lost_on_a_bad_connection_signs_nobody_out(
    someone: Any, clock: ManualClock, away: timedelta
) -> None:
    token = (await someone.citizen())["refresh_token"]
    lost = (await someone.refresh(token)).json()["refresh_token"]
    clock.advance(away)
    found = (await someone.refresh(token)).json()["refresh_token"]
    assert found != lost
    assert (await someone.refresh(found)).status_code == 200
    assert await someone.ended_sessions() == []


async def test_a_token_older_than_the_one_before_ends_the_session_for_everybody(someone: Any) -> None:
    stolen = await someone.citizen()
    second = (await someone.refresh(stolen["refresh_token"])).json()
    third = (await someone.refresh(second["refresh_token"])).json()
    refused = await someone.refresh(stolen["refresh_token"])
    assert (refused.status_code, refused.json()["code"]) == (401, "session_ended")
    assert (await someone.refresh(third["refresh_token"])).json()["code"] == "session_ended"
    assert await someone.ended_sessions() == [claims(stolen["access_token"])["sid"]]


async def test_a_thief_who_refreshes_first_is_found_out_at_the_owners_next_refresh(
    someone: Any, clock: ManualClock
) -> None:
    copied = (await someone.citizen())["refresh_token"]
    owners = (await someone.refresh(copied)).json()["refresh_token"]
    clock.advance(5 * MINUTE)
    thiefs = (await someone.refresh(copied)).json()["refresh_token"]
    clock.advance(5 * MINUTE)
    assert (await someone.refresh(owners)).json()["code"] == "session_ended"
    assert (await someone.refresh(thiefs)).json()["code"] == "session_ended"
    assert len(await someone.ended_sessions()) == 1


async def test_a_thief_in_step_with_the_owner_is_found_out_too(someone: Any, clock: ManualClock) -> None:
    copied = (await someone.citizen())["refresh_token"]
    owners = (await someone.refresh(copied)).json()["refresh_token"]
    thiefs = (await someone.refresh(copied)).json()["refresh_token"]
    assert owners == thiefs
    for _ in range(3):
        clock.advance(4 * MINUTE)
        answers = [await someone.refresh(owners)]
        clock.advance(4 * MINUTE)
        answers.append(await someone.refresh(thiefs))
        if {a.status_code for a in answers} != {200}:
            break
        owners, thiefs = (a.json()["refresh_token"] for a in answers)
    else:
        pytest.fail("both went on side by side")
    assert len(await someone.ended_sessions()) == 1


async def test_an_ended_session_is_refused_at_the_door(someone: Any, client: AsyncClient) -> None:
    one, other = await someone.citizen(), await someone.citizen()
    sid = claims(one["access_token"])["sid"]
    ended = await client.delete(f"/v1/me/sessions/{sid}", headers=auth(other))
    assert ended.status_code == 204
    await someone.edge_hears()
    assert (await someone.me(one["access_token"])).status_code == 401
    assert (await someone.me(other["access_token"])).status_code == 200
    assert (await someone.refresh(one["refresh_token"])).json()["code"] == "session_ended"


async def test_workers_hear_of_an_ended_session_within_a_second(two_workers: Any) -> None:
    here, there = two_workers
    signed_in = await here.citizen()
    token = signed_in["access_token"]
    await until(lambda: there.me(token), 200, seconds=10)
    await here.client.post("/v1/auth/logout", json={}, headers=auth(signed_in))
    assert await until(lambda: there.me(token), 401, seconds=5) < 1


async def until(ask: Callable[[], Awaitable[Response]], status: int, seconds: float) -> float:
    """Asks again and again until the answer has this status; answers how long it took."""
    began = time.perf_counter()
    while (await ask()).status_code != status:
        assert time.perf_counter() - began < seconds
        await asyncio.sleep(0.02)
    return time.perf_counter() - began


async def test_the_edge_reads_which_sessions_ended_lately(someone: Any, clock: ManualClock) -> None:
    signed_in = await someone.citizen()
    await someone.client.post("/v1/auth/logout", json={}, headers=auth(signed_in))
    since = clock.now()
    async with someone.run.database.transaction() as session:
        assert await queries.revoked_sessions(session, since) == {claims(signed_in["access_token"])["sid"]}
        assert await queries.revoked_sessions(session, since + MINUTE) == set()


@pytest.mark.parametrize("change", [0, 20, 40, 60, 85])
async def test_a_made_up_token_ends_nothing(someone: Any, change: int) -> None:
    token = (await someone.citizen())["refresh_token"]
    made_up = token[:change] + ("A" if token[change] != "A" else "B") + token[change + 1 :]
    if made_up[:85] == token[:85]:
        made_up = token + "A"
    for text in (made_up, "", token[:40], "x" * 200, "£"):
        assert (await someone.refresh(text)).status_code in (401, 422)
    assert await someone.ended_sessions() == []
    assert (await someone.refresh(token)).status_code == 200


async def test_a_token_belongs_to_the_front_end_it_was_given_to(someone: Any) -> None:
    token = (await someone.citizen())["refresh_token"]
    assert (await someone.refresh(token, **{"X-Api-Key": someone.other_key})).json()[
        "code"
    ] == "session_ended"
    assert (await someone.refresh(token)).status_code == 200


async def test_signing_out_works_with_either_token_and_twice(someone: Any, client: AsyncClient) -> None:
    one, other = await someone.citizen(), await someone.citizen()
    for _ in range(2):
        body = {"refresh_token": one["refresh_token"]}
        assert (await client.post("/v1/auth/logout", json=body)).status_code == 204
    assert (await client.post("/v1/auth/logout", json={}, headers=auth(other))).status_code == 204
    assert (await client.post("/v1/auth/logout", json={})).status_code == 401
    assert (await client.post("/v1/auth/logout", json={"refresh_token": "nonsense"})).status_code == 204
    ended = {claims(each["access_token"])["sid"] for each in (one, other)}
    assert set(await someone.ended_sessions()) == ended


async def test_a_person_sees_her_sessions_and_nobody_elses(someone: Any, client: AsyncClient) -> None:
    mine = [await someone.citizen() for _ in range(3)]
    await someone.citizen("0812 9999 0000")
    page = (await client.get("/v1/me/sessions?limit=2", headers=auth(mine[0]))).json()
    rest = (await client.get(f"/v1/me/sessions?limit=2&cursor={page['next']}", headers=auth(mine[0]))).json()
    listed = [*page["items"], *rest["items"]]
    assert [s["id"] for s in listed] == [claims(m["access_token"])["sid"] for m in reversed(mine)]
    assert [s["current"] for s in listed] == [False, False, True]
    assert {s["client"] for s in listed} == {"web"}
    assert rest["next"] is None


async def test_the_list_of_sessions_costs_one_query(someone: Any, client: AsyncClient) -> None:
    mine = [await someone.citizen() for _ in range(3)]
    with QueryRecorder().on(someone.run.database) as seen:
        await client.get("/v1/me/sessions", headers=auth(mine[0]))
    assert len(seen) == 1


async def test_a_cursor_of_somebody_else_or_of_nobody_is_refused(someone: Any, client: AsyncClient) -> None:
    mine, theirs = await someone.citizen(), await someone.citizen("0812 9999 0000")
    whose = {"person": theirs["citizen"]["id"]}
    odd = encode(["not an id"], {"person": mine["citizen"]["id"]})
    for cursor in (encode([str(UUID(int=1))], whose), odd, "nonsense"):
        refused = await client.get(f"/v1/me/sessions?cursor={cursor}", headers=auth(mine))
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_cursor")


async def test_ending_anothers_session_is_like_ending_none(someone: Any, client: AsyncClient) -> None:
    mine, theirs = await someone.citizen(), await someone.citizen("0812 9999 0000")
    for sid in (claims(theirs["access_token"])["sid"], str(UUID(int=1))):
        refused = await client.delete(f"/v1/me/sessions/{sid}", headers=auth(mine))
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert (await someone.me(theirs["access_token"])).status_code == 200


async def test_a_resident_stays_signed_in_while_she_comes_back_within_ninety_days(
    someone: Any, clock: ManualClock
) -> None:
    token = (await someone.citizen())["refresh_token"]
    for _ in range(4):
        clock.advance(timedelta(days=89))
        token = (await someone.refresh(token)).json()["refresh_token"]
    clock.advance(timedelta(days=9))
    assert (await someone.refresh(token)).json()["code"] == "session_ended"


async def test_beyond_a_hundred_sessions_the_oldest_ends(someone: Any, clock: ManualClock) -> None:
    first = await someone.citizen()
    for _ in range(100):
        await someone.citizen()
    assert await someone.ended_sessions() == [claims(first["access_token"])["sid"]]


async def test_finished_rows_leave_the_database_in_batches(
    someone: Any, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await someone.citizen()
        await someone.staff(f"nobody {_}")
    clock.advance(timedelta(days=92))
    async with someone.run.database.transaction() as session:
        for slice_ in (accounts, codes, passwords):
            monkeypatch.setattr(slice_, "FORGOTTEN_AT_ONCE", 2)
            gone = [await slice_.forget_old(session, clock.now()) for _ in range(3)]
            assert gone == [2, 1, 0]


async def test_what_is_still_needed_stays(someone: Any, clock: ManualClock) -> None:
    signed_in = await someone.citizen()
    await someone.staff("nobody")
    clock.advance(timedelta(hours=23))
    async with someone.run.database.transaction() as session:
        for slice_ in (accounts, codes, passwords):
            assert await slice_.forget_old(session, clock.now()) == 0
    assert (await someone.refresh(signed_in["refresh_token"])).status_code == 200


def auth(signed_in: dict[str, Any]) -> dict[str, str]:
    """The header of somebody signed in."""
    return {"Authorization": f"Bearer {signed_in['access_token']}"}
