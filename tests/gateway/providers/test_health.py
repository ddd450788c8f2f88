"""A provider that is not asked for content may be asked whether it is there: down, its menus say so."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.fetching.client import Fetcher, FetchFailed
from gateway.provided.queries import Claimed
from gateway.provided.usecases import refuse_unagreed
from shared.clock import ManualClock
from shared.testing import free_port
from tests.gateway.providers.conftest import Town, until
from tests.gateway.providers.test_asked import HOSTILE, enemy, hangs, whole
from tests.providers.sample import IdCardQueue

UP = b"HTTP/1.1 204 No Content\r\n\r\n"


async def declare(queue: IdCardQueue, health: str | None, **more: Any) -> Any:
    title = {"id": "Antrean (demo)"}
    menus = [{"menu": queue.menu, "link": "/v1/antrean", "title": title}]
    return await queue.put("/provider/v1/declaration", {"menus": menus, "health": health, **more})


async def failed(town: Town, queue: IdCardQueue, clock: ManualClock, times: int) -> dict[str, Any]:
    """How it stands after so many failures in a row."""
    for number in range(1, times + 1):
        clock.advance(timedelta(seconds=61))
        await until(queue.standing, lambda s, n=number: s["health"]["failures"] >= n)
    found: dict[str, Any] = await queue.standing()
    return found


async def test_with_menus_alone_it_is_down_after_two_failures_says_so_and_heals(
    town: Town, clock: ManualClock
) -> None:
    code, queue = await town.join()
    async with enemy() as its:
        its.act = lambda writer: whole(writer, UP)
        answer = await declare(queue, f"http://127.0.0.1:{its.port}/health")
        assert answer.status_code == 200, answer.text
        well = await until(queue.standing, lambda s: s["health"]["polled_at"] is not None)
        assert (well["is_down"], well["health"]["last_error"], well["home"]) == (False, None, None)
        assert town.declared.why_down(code) is None
        its.act = hangs
        down = await failed(town, queue, clock, 2)
        assert (down["is_down"], down["health"]["last_error"]["code"]) == (True, "timeout")
        await until(lambda: town.declared.why_down(code), lambda why: why == "owner_not_answering")
        its.act = lambda writer: whole(writer, UP)
        clock.advance(timedelta(seconds=61))
        await until(lambda: town.declared.why_down(code), lambda why: why is None)
        assert (await queue.standing())["is_down"] is False


async def test_what_is_pushed_stands_beside_it_and_saying_the_same_again_heals_nothing(
    town: Town, clock: ManualClock
) -> None:
    code, queue = await town.join()
    health, title = f"http://127.0.0.1:{free_port()}/health", {"id": "Antrean (demo)"}
    home = {"section": code, "title": title}
    assert (await declare(queue, health, home=home)).status_code == 200
    pushed = (await queue.push()).json()
    assert (pushed["polled"], pushed["failures"], pushed["next_poll_at"]) == (False, 0, None)
    down = await failed(town, queue, clock, 2)
    assert (down["home"]["failures"], down["home"]["state"], down["is_down"]) == (0, "ok", True)
    assert (await declare(queue, health, home=home)).status_code == 200
    assert (await queue.standing())["is_down"] is True
    await declare(queue, None, home=home)
    assert (await queue.standing())["is_down"] is False
    assert (await queue.standing())["health"] is None
    await until(lambda: town.declared.why_down(code), lambda why: why is None)


@pytest.mark.parametrize(
    ("health", "home", "code"),
    [
        ("http://10.0.0.1/", None, "provider_address"),
        ("https://evil.example/", None, "provider_host"),
        ("https://a.example.go.id/", "https://a.example.go.id/home.json", "provider_health_twice"),
    ],
)
async def test_it_is_asked_where_its_content_might_be_and_not_twice(
    town: Town, health: str, home: str | None, code: str
) -> None:
    _, queue = await town.join()
    section = {"section": queue.name, "title": {"id": "x"}, "url": home}
    answer = await declare(queue, health, **({"home": section} if home else {}))
    wrong = [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert (answer.status_code, wrong) == (422, [("health", code)])


@pytest.mark.parametrize("name", ["100 MB told", "headers for ever", "a redirect inside", "500", "no HTTP"])
async def test_whatever_it_answers_but_2xx_is_no_health(name: str) -> None:
    act, word = HOSTILE[name]
    async with enemy() as its:
        its.act = act
        asked = Fetcher(local=True, seconds=5).check(f"http://127.0.0.1:{its.port}/")
        if name == "100 MB told":  # 200, and nothing of it is read
            await asked
            return
        with pytest.raises(FetchFailed) as failure:
            await asked
    assert failure.value.code == word


def test_an_address_that_is_not_agreed_any_more_is_not_asked() -> None:
    def claimed(host: str) -> Claimed:
        return Claimed("antrean", f"https://{host}/home.json", None, None, ["example.go.id"])

    refuse_unagreed(Fetcher(), claimed("a.example.go.id"))
    for host in ("evil.example", "127.0.0.1"):
        with pytest.raises(FetchFailed) as failure:
            refuse_unagreed(Fetcher(), claimed(host))
        assert failure.value.code == "foreign_host"
