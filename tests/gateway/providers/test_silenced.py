"""While a provider may not speak, nothing it told of a resident's requests is seen; she may leave it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from gateway.streams.rules import Hub, Listener
from shared.clock import ManualClock
from shared.ids import new_id
from shared.testing import QueryRecorder
from tests.gateway.providers.conftest import AGREEMENT, Town, until
from tests.gateway.providers.test_statuses import known, listed
from tests.providers.sample import IdCardQueue

SUSPENSION = {"reason": "uji", "cause": "other"}
Silence = Callable[[Town, str], Awaitable[Any]]


@pytest.fixture
def me() -> str:
    return str(new_id())


@pytest.fixture
async def told(town: Town, me: str, clock: ManualClock) -> tuple[str, IdCardQueue]:
    """A provider that has told her of one request; a second one has told her of another."""
    for _ in range(2):
        code, queue = await town.join()
        await known(town, code, queue, me)
        assert (await queue.say(7, "menunggu", clock.now())).json()["taken"] is True
    return code, queue


async def suspend(town: Town, code: str) -> None:
    assert (await town.post(f"/{code}/suspend", SUSPENSION)).status_code == 200


async def resume(town: Town, code: str) -> None:
    assert (await town.post(f"/{code}/resume")).status_code == 200


async def change(town: Town, code: str, **said: Any) -> None:
    answer = await town.http.patch(f"/v1/admin/providers/{code}", json=said, headers=town.admin)
    assert answer.status_code == 200, answer.text


async def kinds(town: Town, me: str) -> set[str]:
    return {item["kind"] for item in await listed(town, me)}


async def own_part(town: Town, me: str) -> set[str]:
    """The kinds in her own part of home."""
    sections = (await town.http.get("/v1/home", headers=town.signed_in(me))).json()["sections"]
    return {item["kind"] for s in sections if s["name"] == "my_requests" for item in s["items"]}


async def mine(town: Town, me: str) -> dict[str, dict[str, Any]]:
    """The providers she is shown, by code."""
    answer = await town.http.get("/v1/me/providers?limit=100", headers=town.signed_in(me))
    return {item["code"]: item for item in answer.json()["items"]}


@pytest.mark.parametrize(
    ("silence", "back", "state"),
    [
        (suspend, resume, "suspended"),
        (
            lambda town, code: change(town, code, scopes=["menus", "home"]),
            lambda town, code: change(town, code, scopes=["requests"]),
            "ended",
        ),
    ],
)
async def test_what_it_told_of_her_leaves_list_and_home_at_once_and_comes_back(
    town: Town, told: tuple[str, IdCardQueue], me: str, silence: Silence, back: Silence, state: str
) -> None:
    code, _ = told
    both, its = await kinds(town, me), {f"provider_{code}_antrean"}
    assert len(both) == 2
    assert await own_part(town, me) == both
    await silence(town, code)
    assert await kinds(town, me) == await own_part(town, me) == both - its
    shown = (await mine(town, me))[code]
    assert (shown["linked"], shown["state"], shown["link"]) == (True, state, None)
    assert code not in await mine(town, str(new_id())), "who is not known there is offered nothing"
    await back(town, code)
    assert await kinds(town, me) == await own_part(town, me) == both
    assert (await mine(town, me))[code]["state"] == "active"


async def test_with_the_agreement_it_ends_and_comes_back_and_she_can_leave_meanwhile(
    town: Town, told: tuple[str, IdCardQueue], me: str, clock: ManualClock
) -> None:
    code, _ = told
    its = f"provider_{code}_antrean"
    today = clock.now().astimezone(town.run.city.zone).date()
    await change(town, code, agreement=AGREEMENT | {"ends_on": today.isoformat()})
    assert its in await kinds(town, me)
    clock.advance(timedelta(days=1))
    assert its not in await kinds(town, me)
    assert its not in await own_part(town, me)
    assert (await mine(town, me))[code]["state"] == "ended"
    await change(town, code, agreement=AGREEMENT)
    assert its in await kinds(town, me)
    await suspend(town, code)
    left = await town.http.delete(f"/v1/me/providers/{code}/link", headers=town.signed_in(me))
    assert left.status_code == 204
    assert code not in await mine(town, me)
    await resume(town, code)
    assert its not in await kinds(town, me), "she has left it"


async def test_pages_leave_out_what_is_silenced_and_go_on_where_they_were(
    town: Town, me: str, clock: ManualClock
) -> None:
    joined = [await town.join() for _ in range(2)]
    for number in range(6):
        code, queue = joined[number % 2]
        await known(town, code, queue, me, number)
        clock.advance(timedelta(seconds=1))
        await queue.say(number, "menunggu", clock.now())
    first = (await page(town, me)).json()
    assert [item["number"] for item in first["items"]] == ["KTP-5", "KTP-4"]
    await suspend(town, joined[0][0])
    with QueryRecorder().on(town.run.database) as queries:
        rest = (await page(town, me, cursor=first["next"])).json()
    assert [item["number"] for item in rest["items"]] == ["KTP-3", "KTP-1"]
    assert rest["next"] is None
    assert sum("FROM requests" in statement for statement in queries.statements) == 1


async def page(town: Town, me: str, **more: str) -> Any:
    params = {"limit": "2", **more}
    return await town.http.get("/v1/me/requests", params=params, headers=town.signed_in(me))


async def test_open_streams_are_told_to_read_again_once_and_hear_nothing_old_of_it(
    town: Town, told: tuple[str, IdCardQueue], me: str, clock: ManualClock
) -> None:
    code, queue = told
    hub: Hub = town.run.part(Hub)

    def listens(person: str, last_id: int) -> Listener:
        ends_at = clock.now() + timedelta(minutes=10)
        listener = Listener(person, sid=None, language="id", last_id=last_id, ends_at=ends_at)
        assert hub.admit(listener)
        return listener

    hers, another, heard = listens(me, 1 << 60), listens(str(new_id()), 1 << 60), b""
    await queue.push()
    await suspend(town, code)

    def hear() -> bytes:
        nonlocal heard
        heard += hers.take()
        return heard

    await until(hear, lambda said: b"event: reload" in said)
    late = listens(me, 0)
    said = await until(late.take, bool)
    assert (b"antrean" in said, f"provider_{code}_".encode() in said) == (True, False)
    await resume(town, code)
    await until(hear, lambda said: said.count(b"event: reload") == 2)
    assert heard.count(b"event: ") == 2, "not for its content"
    assert another.take() == b""
    for listener in (hers, another, late):
        hub.release(listener)
