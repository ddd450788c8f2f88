"""A snapshot says of every report what the newest event said of it, page by page on the primary key."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from shared.auth import Caller
from shared.contracts.city import DocumentPublishedV1, RequestUpdatedV1
from shared.ids import new_id
from shared.testing import QueryRecorder
from tests.svc_laksa.town import Town

SYSTEM = Caller(kind="system", sub="gateway")


async def snapshot(town: Town, kind: str, limit: int = 3) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        path = f"/internal/snapshots/{kind}"
        answer = await town.client.get(path, params=query, headers=town.headers(SYSTEM))
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        query["after"] = answer.json()["next"]
        if query["after"] is None:
            return items


async def many(town: Town) -> list[dict[str, Any]]:
    """Reports in most states: of residents and of a guest, public, confidential, moderated and held back."""
    made = [await town.submit() for _ in range(8)]
    made.append(await town.submit(town.guest))
    made.append(await town.submit(town.other, category="tagihan-air", attributes={"nomor": "12"}))
    town.clock.advance(timedelta(minutes=7))
    await town.done(made[0])
    await town.done(made[1])
    await town.act(town.citizen, made[1], "challenge", {"reason": "x"})
    await town.act(town.officer, made[2], "assign")
    await town.act(town.officer, made[2], "ask", {"question": "?"})
    await town.act(town.officer, made[3], "reject", {"reason_code": "not_ours", "note": "x"})
    await town.act(town.officer, made[4], "hand-over", {"agency": "dishub", "reason": "x"})
    await town.act(town.citizen, made[5], "withdraw")
    made += [await town.submit(category="lainnya") for _ in range(2)]
    town.clock.advance(timedelta(minutes=3))
    await town.act(town.moderator, made[-1], "moderate")
    return made


async def newest(town: Town, made: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """By report: the newest event of that name, and of withdrawn documents none."""
    found = {}
    for each in made:
        events = [e for e in await town.events(each["id"]) if e.name in (name, "document_withdrawn.v1")]
        if events and (events[-1].name == name or name == RequestUpdatedV1.name):
            found[each["id"]] = [e for e in events if e.name == name][-1]
    return found


async def test_requests_say_what_the_newest_events_said(town: Town) -> None:
    made = await many(town)
    told = await newest(town, made, RequestUpdatedV1.name)
    items = await snapshot(town, "requests")
    assert [item["id"] for item in items] == sorted(told)
    assert len(items) == len(made) - 1  # the guest's is nobody's request
    for item in items:
        event = told[item["id"]]
        assert RequestUpdatedV1.model_validate(item["data"]) == RequestUpdatedV1.model_validate(event.data)
        assert (item["version"], item["at"]) == (
            event.entityversion,
            event.time.isoformat().replace("+00:00", "Z"),
        )


async def test_documents_are_the_listed_reports_as_they_were_published(town: Town) -> None:
    made = await many(town)
    told = await newest(town, made, DocumentPublishedV1.name)
    items = await snapshot(town, "documents")
    assert {item["id"]: item["data"] for item in items} == {i: e.data for i, e in told.items()}
    assert made[-1]["id"] in told
    assert made[5]["id"] not in told  # withdrawn
    assert made[9]["id"] not in told  # confidential
    assert made[-2]["id"] not in told  # not moderated yet


async def test_a_page_costs_one_statement_on_the_primary_key(town: Town) -> None:
    for _ in range(4):
        await town.submit()
    for kind in ("requests", "documents"):
        with QueryRecorder().on(town.run.database) as asked:
            await snapshot(town, kind, limit=1_000)
        assert sum(statement.startswith("SELECT") for statement in asked.statements) == 1
        async with town.run.database.transaction() as session:
            for way in ("seqscan", "bitmapscan", "sort"):  # these rows are few: all ways cost the same
                await session.execute(text(f"SET LOCAL enable_{way} = off"))
            where = "citizen_id IS NOT NULL" if kind == "requests" else "listed"
            plan = await session.scalars(
                text(f"EXPLAIN SELECT * FROM reports WHERE {where} AND id > :after ORDER BY id LIMIT 500"),
                {"after": new_id()},
            )
            assert "pk_reports" in "\n".join(plan)
