"""Services and menus as everybody sees them: counted, switched, and true about who answers."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from gateway.declarations.usecases import Declarations, MenuOffer
from gateway.edge import fresh
from gateway.edge.proxy import Proxy
from gateway.menus.rules import MOST_SWITCHES
from shared.testing import served


async def test_a_guest_sees_14_services_and_36_menus(town: Any) -> None:
    await town.until("city-news", "native")  # or the service's first document makes a new answer in between
    answer = await town.clients[0].get("/v1/menus", headers={"Accept-Language": "en"})
    services = answer.json()["services"]
    assert len(services) == 14
    assert sum(len(service["menus"]) for service in services) == 36
    assert answer.headers["Content-Language"] == "en"
    assert "X-App-Platform" in answer.headers["Vary"]
    again = await town.clients[0].get(
        "/v1/menus", headers={"Accept-Language": "en", "If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


async def test_whatever_cannot_be_used_says_why(town: Any) -> None:
    menus = await town.menus(language="id")
    assert {menu["state"] for menu in menus.values()} <= {"native", "linked", "unavailable"}
    away = [menu for menu in menus.values() if menu["state"] == "unavailable"]
    assert all(menu["reason"] and menu["reason_code"] and menu["link"] is None for menu in away)
    assert menus["ktp-el"]["reason"] == "Belum tersedia."
    assert (await town.menus(language="en"))["ktp-el"]["reason"] == "Not available yet."
    assert menus["call-112"]["instead"] == "tel:112"


async def test_a_document_that_states_a_menu_takes_over_the_packs(town: Any) -> None:
    menu = await town.until("city-news", "native")
    assert (menu["owner"], menu["link"], menu["reason"]) == ("news", "/v1/news/articles", None)
    assert menu["name"] == "Berita kota"


async def test_a_service_that_stops_takes_its_menu_away_and_brings_it_back(town: Any) -> None:
    await town.until("city-news", "native")
    await town.stop()
    for worker in (0, 1):
        away = await town.until("city-news", "unavailable", worker, language="en")
        assert away["reason"].startswith("This service cannot be reached")
        assert (away["reason_code"], away["owner"]) == ("owner_not_answering", "news")
    assert len(await town.menus()) == 36
    await town.start()
    for worker in (0, 1):
        await town.until("city-news", "native", worker)


async def test_a_service_that_answers_garbage_or_too_late_is_away(
    town: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "_DOCUMENT_SECONDS", 0.3)

    async def hanging(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(1)
        await PlainTextResponse("late")(scope, receive, send)

    async def garbage(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("<html>not found</html>")(scope, receive, send)

    async def wrong(scope: Any, receive: Any, send: Any) -> None:
        status = 200 if Request(scope).url.path == "/openapi.json" else 404
        await PlainTextResponse('["no document"]', status)(scope, receive, send)

    await town.stop()
    for odd in (garbage, wrong, hanging):
        await town.start(odd)
        await town.until("city-news", "unavailable")
        await asyncio.sleep(0.5)
        assert (await town.menus())["city-news"]["state"] == "unavailable"
        await town.stop()
    await town.start()
    await town.until("city-news", "native")


async def test_a_service_whose_breaker_opens_is_away_until_it_answers(town: Any) -> None:
    await town.until("city-news", "native")
    breaker = town.workers[0].state.runtime.part(Proxy)._upstreams["svc-news"].breaker
    for _ in range(40):
        breaker.failed()
    await town.until("city-news", "unavailable")
    breaker.succeeded()
    await town.until("city-news", "native")


async def test_a_path_of_a_service_that_never_spoke_waits_for_it(town: Any) -> None:
    vacancies = (await town.menus())["vacancies"]
    assert (vacancies["state"], vacancies["reason_code"]) == ("unavailable", "owner_not_answering")


async def test_a_provider_serves_a_menu_of_the_list_or_one_of_its_own(town: Any) -> None:
    declared: Declarations = town.workers[0].state.runtime.part(Declarations)
    own = MenuOffer(
        "zoo", "zoo", "https://zoo.example/", {"id": "Kebun", "en": "Zoo"}, "tourism-and-transport"
    )
    apart = MenuOffer("choir", "zoo", "https://zoo.example/choir", {"id": "Paduan suara", "en": "Choir"})
    declared.tell("zoo", (), (MenuOffer("kia", "zoo", "https://zoo.example/kia"), own, apart))
    menus = await town.menus(language="en")
    assert (menus["kia"]["state"], menus["kia"]["link"]) == ("linked", "https://zoo.example/kia")
    assert (menus["zoo"]["name"], menus["choir"]["name"]) == ("Zoo", "Choir")
    answer = (await town.clients[0].get("/v1/menus")).json()["services"]
    places = {menu["id"]: service["id"] for service in answer for menu in service["menus"]}
    assert (places["zoo"], places["choir"]) == ("tourism-and-transport", "more")
    declared.stands("zoo", "owner_not_answering")
    assert (await town.menus())["zoo"]["state"] == "unavailable"
    declared.stands("zoo", "a_reason_nobody_has_a_text_for")
    assert (await town.menus(language="en"))["zoo"]["reason"].startswith("This service cannot be reached")
    declared.forget("zoo")
    assert len(await town.menus()) == 36


async def test_a_menu_is_switched_off_on_every_worker_and_on_again(town: Any, switch: Any) -> None:
    reason = {"id": "Sedang dirapikan", "en": "Being tidied"}
    answer = await switch("city-news", state="off", reason=reason)
    assert answer.status_code == 200, answer.text
    for worker in (0, 1):
        away = await town.until("city-news", "unavailable", worker, language="en")
        assert away["reason"] == "Being tidied"
        assert (await town.menus(worker, language="id"))["city-news"]["reason"] == "Sedang dirapikan"
    await switch("city-news", state="on")
    for worker in (0, 1):
        await town.until("city-news", "native", worker)


async def test_a_switch_is_for_the_apps_it_names(town: Any, switch: Any) -> None:
    await switch("city-news", "old", state="off", platforms=["android"], below_version="1.10.0")
    await town.until("city-news", "unavailable", platform="android", version="1.9.9")
    for platform, version in (("android", "1.10.0"), ("android", "junk"), ("ios", "1.9.9"), ("web", "1.0.0")):
        menus = await town.menus(platform=platform, version=version)
        assert menus["city-news"]["state"] == "native", (platform, version)
    await switch("city-news", "english", state="link", link="https://news.example/en", languages=["en"])
    await town.until("city-news", "linked", language="en")
    assert (await town.menus(language="id"))["city-news"]["state"] == "native"


async def test_the_narrower_switch_counts(town: Any, switch: Any) -> None:
    await switch("city-news", "all", state="off")
    await switch("city-news", "ios", state="on", platforms=["ios"])
    await town.until("city-news", "unavailable", platform="android")
    await town.until("city-news", "native", platform="ios")


async def test_an_unknown_platform_sees_what_browsers_see(town: Any, switch: Any) -> None:
    await switch("city-news", state="off", platforms=["web"])
    for platform in ("web", "symbian", ""):
        await town.until("city-news", "unavailable", platform=platform)
    assert (await town.menus(platform="android"))["city-news"]["state"] == "native"


async def test_staff_have_menus_beside_those_of_everybody(town: Any, staff: Any, switch: Any) -> None:
    path, asker = "/v1/menus/staff", town.clients[0]
    assert (await asker.get(path)).status_code == 401
    assert (await asker.get(path, headers=staff(kind="citizen"))).status_code == 403
    seen = (await asker.get(path, headers=staff("admin"))).json()
    assert [menu["id"] for menu in seen["staff"]] == ["notices"]
    assert seen["staff"][0]["state"] == "native"
    assert sum(len(service["menus"]) for service in seen["services"]) == 36
    assert [menu["id"] for menu in (await asker.get(path, headers=staff("editor"))).json()["staff"]] == [
        "newsroom"
    ]
    assert "notices" not in await town.menus()
    await switch("agenda", "pilot", state="link", link="https://agenda.example/", segment="staff")
    async with asyncio.timeout(10):
        while "https://agenda.example/" not in (await asker.get(path, headers=staff("admin"))).text:
            await asyncio.sleep(0.02)
    assert (await town.menus())["agenda"]["state"] == "unavailable"


async def test_switches_outlive_a_restart(town: Any, switch: Any) -> None:
    """What a new worker reads is what the database has, whatever the pack says."""
    await switch("city-news", state="off")
    app = town.make_worker()
    async with served(app) as url, AsyncClient(base_url=url, headers=town.clients[0].headers) as caller:
        async with asyncio.timeout(10):
            while any(ask() for ask in app.state.runtime.not_ready):
                await asyncio.sleep(0.02)
        services = (await caller.get("/v1/menus")).json()["services"]
    codes = {menu["id"]: menu["reason_code"] for service in services for menu in service["menus"]}
    assert codes["city-news"] == "menu_switched_off"


async def test_a_switch_is_changed_by_whoever_saw_it_last(town: Any, staff: Any, switch: Any) -> None:
    first = await switch("agenda", state="off")
    held = {"If-Match": first.headers["ETag"]}
    assert (await switch("agenda", headers=held, state="on")).status_code == 200
    assert (await switch("agenda", headers=held, state="off")).status_code == 412
    listed = (await town.clients[0].get("/v1/admin/menus/agenda/switches", headers=staff("admin"))).json()
    assert [(each["code"], each["state"], each["version"]) for each in listed["items"]] == [("test", "on", 2)]


@pytest.mark.parametrize(
    "body",
    [
        {"state": "link"},
        {"state": "off", "link": "https://x.example/"},
        {"state": "link", "link": "javascript:alert(1)"},
        {"state": "off", "from_version": "2.0", "below_version": "1.0"},
        {"state": "off", "from_version": "old"},
        {"state": "gone"},
    ],
)
async def test_a_switch_that_makes_no_sense_is_refused(switch: Any, body: dict[str, Any]) -> None:
    answer = await switch("agenda", **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_the_audit_says_where_a_menu_was_led_though_the_switch_is_gone(
    town: Any, staff: Any, switch: Any
) -> None:
    aim = {"platforms": ["android"], "below_version": "2.0.0", "languages": ["id"]}
    assert (await switch("call-112", state="link", link="https://elsewhere.example/", **aim)).is_success
    assert (await switch("call-112", state="off", reason={"id": "Rusak", "en": "Broken"}, **aim)).is_success
    gone = "/v1/admin/menus/call-112/switches/test"
    assert (await town.clients[0].delete(gone, headers=staff("admin"))).status_code == 204
    told = {"params": {"subject": "menu:call-112"}, "headers": staff("admin")}
    lines = (await town.clients[0].get("/v1/admin/audits", **told)).json()["items"]
    assert [line["action"] for line in lines] == ["menu_switch_dropped", "menu_switched", "menu_switched"]
    dropped, changed, first = [line["facts"] for line in lines]
    meant = {**aim, "from_version": None, "segment": "everybody"}
    reason = {"id": "Rusak", "en": "Broken"}
    led = {"state": "link", "link": "https://elsewhere.example/", "reason": {}}
    off = {"state": "off", "link": None, "reason": reason}
    assert first == {"code": "test", "version": 1, "after": led | meant}
    assert changed == {"code": "test", "version": 2, "before": led, "after": off}
    assert dropped == {"code": "test", "version": 3, "before": off | meant}


async def test_switches_are_for_admins_known_menus_and_few(town: Any, staff: Any, switch: Any) -> None:
    path, asker = "/v1/admin/menus/agenda/switches/x", town.clients[0]
    assert (await asker.put(path, json={"state": "off"})).status_code == 401
    assert (await asker.put(path, json={"state": "off"}, headers=staff("ops"))).status_code == 403
    assert (await switch("no-such-menu", state="off")).status_code == 404
    for number in range(MOST_SWITCHES):
        assert (await switch("agenda", f"s{number}", state="on")).status_code == 200
    full = await switch("agenda", "one-more", state="on")
    assert (full.status_code, full.json()["code"]) == (409, "switches_full")
    assert (await switch("agenda", "s1", state="off")).status_code == 200
