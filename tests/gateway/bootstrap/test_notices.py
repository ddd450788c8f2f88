"""Notices: who writes them, who sees them, and when."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import text

from gateway.notices import usecases
from gateway.notices.rules import KEPT, MOST_SHOWN
from shared.clock import ManualClock

DESK = "/v1/admin/notices"


@pytest.fixture
def notice(clock: ManualClock) -> Any:
    """`notice(starts=0, ends=60, **fields)`: a body; minutes from now."""

    def make(starts: float = 0, ends: float = 60, **more: Any) -> dict[str, Any]:
        now = clock.now()
        times = {"starts_at": now + timedelta(minutes=starts), "ends_at": now + timedelta(minutes=ends)}
        said = {"title": {"id": "Banjir", "en": "Flood"}, "text": {"id": "Hindari", "en": "Avoid"}}
        return {**said, **{name: at.isoformat() for name, at in times.items()}, **more}

    return make


@pytest.fixture
def titles(begin: Any) -> Any:
    """`await titles(platform)`: what everybody sees."""

    async def read(platform: str = "android", language: str = "id") -> list[str]:
        return [each["title"] for each in (await begin(platform, "1.0.0", language))["notices"]]

    return read


async def test_a_notice_is_seen_from_its_beginning_to_its_end(
    client: AsyncClient, clock: ManualClock, staff: Any, notice: Any, titles: Any, until: Any
) -> None:
    body = notice(starts=5, ends=15, areas=["36.71.01"], level="danger")
    written = await client.post(DESK, json=body, headers=staff("ops"))
    assert written.status_code == 201, written.text
    now = await client.post(DESK, json=notice(ends=30), headers=staff("ops"))
    await until(titles, ["Banjir"])
    clock.advance(timedelta(minutes=5))
    await until(titles, ["Banjir", "Banjir"])
    assert await titles(language="en") == ["Flood", "Flood"]
    clock.advance(timedelta(minutes=10))
    await until(titles, ["Banjir"])
    held = {"If-Match": now.headers["ETag"]}
    gone = await client.delete(now.headers["Location"], headers=staff("ops") | held)
    assert gone.status_code == 204
    await until(titles, [])
    listed = (await client.get(DESK, headers=staff("admin"))).json()["items"]
    assert {each["id"] for each in listed} == {written.json()["id"], now.json()["id"]}


async def test_a_notice_is_for_the_platforms_it_names_and_can_be_changed(
    client: AsyncClient, staff: Any, notice: Any, titles: Any, until: Any
) -> None:
    written = await client.post(DESK, json=notice(platforms=["ios"]), headers=staff("admin"))
    where = written.headers["Location"]

    async def on_ios() -> list[str]:
        found: list[str] = await titles("ios")
        return found

    await until(on_ios, ["Banjir"])
    assert await titles("android") == []
    held = {"If-Match": written.headers["ETag"]}
    body = notice(title={"id": "Surut", "en": "Over"}, platforms=["ios"])
    assert (await client.put(where, json=body, headers=staff("admin") | held)).status_code == 200
    await until(on_ios, ["Surut"])
    assert (await client.put(where, json=body, headers=staff("admin") | held)).status_code == 412
    assert (await client.get(where, headers=staff("admin"))).json()["author"] == "s1"
    assert (await client.delete(where, headers=staff("admin"))).status_code == 204
    await until(on_ios, [])


async def test_the_same_notice_sent_twice_is_one(client: AsyncClient, staff: Any, notice: Any) -> None:
    headers, body = staff("admin"), notice(starts=500, ends=501)
    first, again = [await client.post(DESK, json=body, headers=headers) for _ in range(2)]
    assert first.json()["id"] == again.json()["id"]
    assert (
        await client.post(DESK, json=body, headers={"Authorization": headers["Authorization"]})
    ).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"areas": ["99.99"]},
        {"link": "javascript:alert(1)"},
        {"starts": 10, "ends": 5},
        {"starts": -9, "ends": -5},
    ],
)
async def test_a_notice_that_leads_astray_is_refused(
    client: AsyncClient, staff: Any, notice: Any, wrong: dict[str, Any]
) -> None:
    answer = await client.post(DESK, json=notice(**wrong), headers=staff("admin"))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_guests_and_other_staff_write_no_notices(client: AsyncClient, staff: Any, notice: Any) -> None:
    assert (await client.post(DESK, json=notice())).status_code == 401
    assert (await client.post(DESK, json=notice(), headers=staff("leader"))).status_code == 403


async def test_nobody_is_shown_more_than_five_and_the_gravest_come_first(
    client: AsyncClient, staff: Any, notice: Any, begin: Any, until: Any
) -> None:
    made = []
    for level in ("info", "danger", "warning", "info", "info", "info"):
        text = {"id": "x" * 280, "en": "y" * 280}
        written = await client.post(DESK, json=notice(level=level, text=text), headers=staff("admin"))
        made.append(written.headers["Location"])

    async def levels() -> list[str]:
        return [each["level"] for each in (await begin())["notices"]]

    await until(levels, ["danger", "warning", "info", "info", "info"])
    assert len(await levels()) == MOST_SHOWN
    assert len((await client.get("/v1/bootstrap")).content) < 4_096
    for where in made:
        await client.delete(where, headers=staff("admin"))
    await until(levels, [])


async def test_the_audit_keeps_what_was_told_and_what_it_said_before(
    client: AsyncClient, app: FastAPI, staff: Any, notice: Any
) -> None:
    first = notice(starts=600, ends=700, link="/v1/menus", areas=["36.71.01"])
    where = (await client.post(DESK, json=first, headers=staff("ops"))).headers["Location"]
    second = {**first, "text": {"id": "Dibuka", "en": "Open"}, "link": "https://elsewhere.example/"}
    assert (await client.put(where, json=second, headers=staff("ops"))).status_code == 200
    assert (await client.delete(where, headers=staff("ops"))).status_code == 204
    wanted = text("SELECT action, facts FROM audits WHERE subject = :subject ORDER BY id")
    async with app.state.runtime.database.transaction() as session:
        found = await session.execute(wanted, {"subject": f"notice:{where.rpartition('/')[2]}"})
    written, changed, withdrawn = [tuple(row) for row in found]
    assert written[0] == "notice_written"
    assert {"title": first["title"], "text": first["text"], "link": "/v1/menus"}.items() <= written[1][
        "after"
    ].items()
    assert (written[1]["after"]["areas"], "before" in written[1]) == (["36.71.01"], False)
    assert changed == (
        "notice_changed",
        {
            "version": 2,
            "before": {"text": first["text"], "link": "/v1/menus"},
            "after": {"text": second["text"], "link": "https://elsewhere.example/"},
        },
    )
    assert (withdrawn[0], list(withdrawn[1]["before"])) == ("notice_withdrawn", ["ends_at"])


async def test_a_notice_is_forgotten_a_year_after_its_end(app: FastAPI, clock: ManualClock) -> None:
    run = app.state.runtime
    async with run.database.transaction() as session:
        assert await usecases.forget_old(session, clock.now()) == 0
        before = len(await usecases.page(session, None, 100))
        assert await usecases.forget_old(session, clock.now() + KEPT + timedelta(days=2)) == before > 0
        await session.rollback()
