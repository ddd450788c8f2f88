"""What a provider shows leads to the apps of the city or to the hosts agreed with it, and nowhere else."""

import json
from typing import Any

import pytest

from gateway.provided import rules
from shared.clock import ManualClock
from shared.ids import new_id
from tests.gateway.providers.conftest import NEW, Town, until
from tests.gateway.providers.test_documents import DOCUMENT
from tests.gateway.providers.test_statuses import known

HOSTS = ("antrean.example.go.id", "xn--caf-dma.example")
ELSEWHERE = "https://example.go.id.evil.example/masuk"


@pytest.mark.parametrize(
    "said",
    [
        "/v1/menus", "https://antrean.example.go.id/a", "https://loket.antrean.example.go.id:8443/",
        "https://ANTREAN.example.go.id./", "https://café.example/",
    ],
)  # fmt: skip
def test_a_path_of_ours_an_agreed_host_and_what_is_below_it_are_agreed(said: str) -> None:
    assert rules.agreed(rules.link(said), HOSTS)


@pytest.mark.parametrize(
    "said",
    [
        "https://example.go.id/", "https://lain.example.go.id/", "https://fantrean.example.go.id/", ELSEWHERE,
        "https://evil.example/?antrean.example.go.id", "https://evil.example/#@antrean.example.go.id",
    ],
)  # fmt: skip
def test_every_other_host_is_not(said: str) -> None:
    assert not rules.agreed(rules.link(said), HOSTS)
    assert not rules.agreed(rules.link("https://antrean.example.go.id/"), ())


def refused(answer: Any) -> list[tuple[str, str]]:
    """What is wrong, by field and code; in both languages the text says which hosts may be."""
    assert answer.status_code == 422, answer.text
    errors = answer.json()["errors"]
    assert all("example.go.id" in error["message"] for error in errors), errors
    return [(error["field"], error["code"]) for error in errors]


async def test_a_link_elsewhere_is_refused_by_field_wherever_it_stands(
    town: Town, clock: ManualClock
) -> None:
    code, queue = await town.join()
    title = {"id": "Antrean (demo)"}
    menus = [
        {"menu": f"{code}-{n}", "link": link, "title": title} for n, link in enumerate(("/a", ELSEWHERE))
    ]
    declared = await queue.put("/provider/v1/declaration", {"menus": menus, "link": ELSEWHERE})
    assert refused(declared) == [("menus.1.link", "provider_host"), ("link", "provider_host")]
    home = {"section": code, "title": title, "url": ELSEWHERE}
    asked = await queue.put("/provider/v1/declaration", {"home": home})
    assert refused(asked) == [("home.url", "provider_host")]
    items = [{"id": str(n), "title": title, "link": link} for n, link in enumerate(("/a", ELSEWHERE))]
    assert refused(await queue.put("/provider/v1/home", {"items": items})) == [
        ("items.1.link", "provider_host")
    ]
    document = await queue.put("/provider/v1/documents/a", DOCUMENT | {"link": ELSEWHERE})
    assert refused(document) == [("link", "provider_host")]
    status = {
        "subject": await known(town, code, queue, str(new_id())), "kind": "antrean", "number": "KTP-7",
        "state": "menunggu", "version": 1, "state_label": {"id": "Menunggu"}, "next_step": {"id": "Tunggu"},
        "link": ELSEWHERE, "closed": False,
    }  # fmt: skip
    told = await queue.send("/provider/v1/requests/KTP-7", status, clock.now())
    assert refused(told) == [("link", "provider_host")]


async def test_in_english_too_the_text_names_the_hosts(town: Town) -> None:
    _, queue = await town.join()
    items = [{"id": "a", "title": {"id": "x"}, "link": ELSEWHERE}]
    queue._http.headers["Accept-Language"] = "en"
    (error,) = (await queue.put("/provider/v1/home", {"items": items})).json()["errors"]
    assert "lead to a host that was agreed with the city: example.go.id." in error["message"]


@pytest.mark.parametrize(
    "host",
    [
        "https://example.go.id",
        "example.go.id/a",
        "EXAMPLE.go.id",
        "localhost",
        "127.0.0.1",
        "a.b:8443",
        "*.go.id",
    ],
)
async def test_only_names_of_hosts_are_registered(town: Town, host: str) -> None:
    wrong = await town.post("", {**NEW, "code": "salah", "hosts": [host]})
    assert (wrong.status_code, [e["field"] for e in wrong.json()["errors"]]) == (422, ["hosts.0"])
    assert (await town.post("", {**NEW, "code": "salah", "hosts": ["a.id"] * 21})).status_code == 422
    without = {name: value for name, value in NEW.items() if name != "hosts"}
    assert (await town.post("", {**without, "code": "salah"})).status_code == 422


async def test_a_host_taken_back_takes_menus_and_links_of_the_section_with_it(town: Town) -> None:
    code, queue = await town.join(hosts=["antrean.example.go.id", "b.example"])
    await queue.push()
    shown = await until(lambda: town.part(code), lambda part: part.state == "ok")
    assert json.loads(shown.items)[0]["link"] == "https://antrean.example.go.id/antrean"
    changed = await change(town, code, ["b.example", "b.example"])
    assert changed["hosts"] == ["b.example"]
    await until(lambda: town.declared.menus().get(code), lambda offer: offer is None)
    part = await until(lambda: town.part(code), lambda part: part != shown)
    assert (part.state, [item["link"] for item in json.loads(part.items)]) == ("ok", [None])
    mine = await town.http.get("/v1/me/providers?limit=100", headers=town.signed_in("c-9"))
    assert [item["link"] for item in mine.json()["items"] if item["code"] == code] == [None]
    linked = await town.http.post(f"/v1/me/providers/{code}/link", headers=town.signed_in("c-9"))
    assert linked.json()["link"] is None
    await change(town, code, ["antrean.example.go.id"])
    await until(lambda: town.declared.menus().get(code), bool)
    assert await until(lambda: town.part(code), lambda part: part.items == shown.items)


async def change(town: Town, code: str, hosts: list[str]) -> dict[str, Any]:
    path = f"/v1/admin/providers/{code}"
    answer = await town.http.patch(path, json={"hosts": hosts}, headers=town.admin)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed
