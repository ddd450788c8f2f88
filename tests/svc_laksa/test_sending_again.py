"""A bad connection sends the same report again and again: it is one report."""

import asyncio
from collections import Counter
from typing import Any

from sqlalchemy import text

from shared.ids import new_id
from tests.svc_laksa.town import Town, report


async def test_the_same_id_sent_twenty_times_at_once_is_one_report(lasting_town: Town) -> None:
    town, before = lasting_town, await lasting_town.count()
    body, headers = report(id=str(new_id())), lasting_town.headers(lasting_town.citizen)
    send = [town.client.post("/v1/laksa/reports", json=body, headers=headers) for _ in range(20)]
    answers = await asyncio.gather(*send)
    outcomes = Counter(answer.status_code for answer in answers)
    assert set(outcomes) <= {201, 409}
    assert outcomes[201] >= 1
    assert await town.count() == before + 1
    again = await town.client.post("/v1/laksa/reports", json=body, headers=headers)
    assert (again.status_code, again.json()["id"]) == (201, body["id"])
    assert again.headers["location"] == f"/v1/laksa/reports/{body['id']}"


async def test_one_s_own_id_under_another_key_gives_the_report_again(town: Town) -> None:
    body = report(id=str(new_id()))
    first = await town.post(town.citizen, "/reports", body)
    second = await town.post(town.citizen, "/reports", body)
    assert (first.json()["code"], await town.count()) == (second.json()["code"], await town.count())
    changed = await town.post(town.citizen, "/reports", body | {"description": "Lain"})
    assert (changed.status_code, changed.json()["code"]) == (422, "idempotency_key_reused")
    taken = await town.post(town.other, "/reports", body)
    assert (taken.status_code, taken.json()["code"]) == (409, "id_taken")


async def test_old_code_goes_on_beside_a_column_that_a_newer_migration_added(
    lasting_town: Town, databases: Any
) -> None:
    url = lasting_town.run.settings.database_url.get_secret_value()
    owner = type(lasting_town.run.database)(databases.owner_url(url), "laksa")
    tables = ("report_steps", "report_texts")
    await lasting_town.submit()  # on a connection that remembers its statements
    try:
        for change in ("ADD COLUMN later text NOT NULL DEFAULT 'x'", "DROP COLUMN later"):
            async with owner.transaction() as session:
                for table in tables:
                    await session.execute(text(f"ALTER TABLE {table} {change}"))
            assert (await lasting_town.submit())["state"]
    finally:
        await owner.close()
