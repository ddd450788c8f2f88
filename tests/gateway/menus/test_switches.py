"""All switches in one list: whoever forgot one finds it, also of a menu that is no more."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gateway.declarations.usecases import Declarations, MenuOffer
from gateway.menus import queries
from shared.clock import ManualClock
from shared.testing import QueryRecorder

ALL = "/v1/admin/menus/switches"


@pytest.fixture
def listed(town: Any, staff: Any) -> Any:
    """`await listed(**query)`: the answer."""

    async def read(**query: Any) -> Any:
        answer = await town.clients[0].get(ALL, params=query, headers=staff("admin"))
        assert answer.status_code == 200, answer.text
        return answer

    return read


async def walked(listed: Any, **query: Any) -> list[tuple[str, str, str, bool]]:
    """Every page, in order."""
    found, cursor = [], ""
    while cursor is not None:
        page = (await listed(limit=2, **query, **({"cursor": cursor} if cursor else {}))).json()
        assert len(page["items"]) <= 2
        found += [(each["menu"], each["code"], each["state"], each["menu_known"]) for each in page["items"]]
        cursor = page["next"]
    return found


async def test_the_switch_longest_untouched_comes_first_whatever_menu_it_is_of(
    town: Any, listed: Any, switch: Any, clock: ManualClock
) -> None:
    declared = [worker.state.runtime.part(Declarations) for worker in town.workers]
    for each in declared:
        each.tell("demo-provider", [], [MenuOffer("demo-menu", "demo-provider", "https://x.example/")])
    for menu, code, state in (
        ("demo-menu", "old", "off"),
        ("agenda", "b", "on"),
        ("agenda", "a", "on"),
        ("call-112", "x", "off"),
        ("city-news", "n", "on"),
    ):
        assert (await switch(menu, code, state=state)).status_code == 200
        clock.advance(timedelta(seconds=menu != "agenda"))
    for each in declared:
        each.forget("demo-provider")
    everything = [
        ("demo-menu", "old", "off", False),
        ("agenda", "a", "on", True),
        ("agenda", "b", "on", True),
        ("call-112", "x", "off", True),
        ("city-news", "n", "on", True),
    ]
    assert await walked(listed) == everything
    assert await walked(listed, state="off") == [everything[0], everything[3]]
    assert (await listed(state="link")).json() == {"items": [], "next": None}
    await switch("demo-menu", "old", state="off")  # a menu nobody knows can be changed and taken back
    assert (await walked(listed))[-1] == everything[0]


async def test_a_page_is_one_query_on_an_index_and_knows_its_tag(town: Any, listed: Any, switch: Any) -> None:
    await switch("agenda", state="on")
    database = town.workers[0].state.runtime.database
    with QueryRecorder().on(database) as recorded:
        first = await listed()
    assert sum("ORDER BY menu_switches.changed_at" in statement for statement in recorded.statements) == 1
    for state in (None, "off"):
        async with database.transaction() as session:
            for way in ("seqscan", "bitmapscan"):
                await session.execute(text(f"SET LOCAL enable_{way} = off"))
            wanted = queries.every(state, None, 20).compile(
                dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True}
            )
            plan = " ".join((await session.scalars(text(f"EXPLAIN {wanted}"))).all())
        assert "ix_menu_switches_" in plan
        assert "Sort" not in plan
    assert first.headers["ETag"]


async def test_the_list_is_for_admins_and_refuses_what_is_none_of_its_own(
    town: Any, staff: Any, listed: Any, switch: Any
) -> None:
    asker = town.clients[0]
    assert (await asker.get(ALL)).status_code == 401
    assert (await asker.get(ALL, headers=staff("ops"))).status_code == 403
    for code in ("a", "b"):
        await switch("agenda", code, state="on")
    cursor = (await listed(limit=1, state="on")).json()["next"]
    for query in ({"cursor": cursor}, {"cursor": "x"}, {"cursor": cursor, "state": "off"}):
        answer = await asker.get(ALL, params=query, headers=staff("admin"))
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")
    assert (await asker.get(ALL, params={"state": "gone"}, headers=staff("admin"))).status_code == 422
