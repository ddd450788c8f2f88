"""clients.yaml of the city pack: entered once, without keys, and never over what administrators changed."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gateway.pack_clients import SEEDS, check_clients, load_clients
from shared.city.pack import City, load_city
from shared.city.problems import PackError
from shared.seeds import sow_all

CITIES = Path(__file__).resolve().parents[3] / "deploy" / "cities"


async def test_a_front_end_of_the_pack_waits_for_its_first_key(desk: Any) -> None:
    said = {each.code for each in load_clients(desk.run.city)}
    (first,) = await sow_all(desk.run, SEEDS)
    assert (first.inserted, list(first.differ), first.own) == (len(said), [], 1)
    page = (await desk.get("/v1/admin/clients", params={"state": "no_key"})).json()
    assert {item["code"] for item in page["items"]} == said
    assert {item["live_keys"] for item in page["items"]} == {0}
    code = min(said)
    answer = await desk.send("POST", f"/v1/admin/clients/{code}/rotate", {})
    assert await desk.code_for(answer.json()["key"]) == "unauthenticated"
    await desk.send("PATCH", f"/v1/admin/clients/{code}", {"name": "Nama baru", "burst": 5})
    (again,) = await sow_all(desk.run, SEEDS)
    assert (again.inserted, list(again.differ)) == (0, [code])
    async with desk.run.database.transaction() as session:
        row = (await session.execute(text(f"SELECT name, burst FROM clients WHERE code = '{code}'"))).one()
    assert tuple(row) == ("Nama baru", 5)


@pytest.mark.parametrize("city", ["tangerang", "contoh"])
def test_both_packs_name_some_and_none_with_a_key(city: str) -> None:
    there, _ = check_clients(load_city(CITIES / city))
    assert there[0][0] == "clients.yaml"
    assert "key_" not in (CITIES / city / "clients.yaml").read_text()


def test_a_mistake_names_file_and_line_and_a_pack_may_do_without(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(CITIES / "contoh", pack)
    (pack / "clients.yaml").write_text(
        "clients:\n"
        "  - code: one\n"
        "    name: One\n"
        "    type: web\n"
        "    owner: nobody\n"
        "    origins: ['http://localhost:5173']\n"
        "    source: demo\n"
    )
    city: City = load_city(pack)
    with pytest.raises(PackError) as error:
        load_clients(city)
    lines = [line.removeprefix(f"{pack}/") for line in str(error.value).splitlines()]
    assert [line.split(": ")[0] for line in lines] == ["clients.yaml:5", "clients.yaml:6"]
    (pack / "clients.yaml").unlink()
    assert check_clients(city)[1] == [("clients.yaml", "no front ends: administrators register each one")]
