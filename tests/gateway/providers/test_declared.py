"""A system of the city joins a running gateway by declaring itself; nobody else's names can be taken."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from gateway.declarations.usecases import MenuOffer, Part, Section, Wanted
from gateway.providers.models import Provider
from shared.clock import ManualClock
from shared.testing import free_port
from tests.gateway.providers.conftest import Town, until
from tests.providers.sample import IdCardQueue

SERVICES = [{"name": "svc-library", "url": "http://127.0.0.1:1", "prefixes": ["/v1/library"]}]


@pytest.fixture(scope="module")
async def town(open_town: Any) -> AsyncIterator[Town]:
    """A gateway with one service of the city's own, which has a menu and a section."""
    async with open_town(services=json.dumps(SERVICES)) as made:

        async def read(wanted: Wanted, seconds: float) -> Part:
            return Part("ok")

        section = Section("books", 10, "library", read, title={"id": "Buku", "en": "Books"})
        made.declared.tell("library", [section], [MenuOffer("book-loans", "library", "/v1/library")])
        yield made


async def declare(queue: IdCardQueue, **said: Any) -> Any:
    """What a provider says of itself instead of what the sample would say."""
    return await queue.put("/provider/v1/declaration", said)


async def test_a_services_and_a_providers_menu_and_section_stand_in_one_list(town: Town) -> None:
    code, _ = await town.join()
    await until(lambda: town.section(code), bool)
    names = [section.name for section in town.declared.sections()]
    assert names.index("books") < names.index(code)
    menus = town.declared.menus()
    assert menus["book-loans"].link == "/v1/library"
    assert menus[code].link == "https://antrean.example.go.id/"
    assert menus[code].title == {"id": "Antrean KTP-el (demo)", "en": "ID card queue (demo)"}


async def test_pushed_content_is_shown_in_both_languages_and_grows_old(
    town: Town, clock: ManualClock
) -> None:
    code, queue = await town.join()
    assert (await town.part(code)).state == "unavailable"
    pushed = (await queue.push()).json()
    assert (pushed["state"], pushed["items"], pushed["polled"]) == ("ok", 1, False)
    shown = await until(lambda: town.part(code), lambda part: part.state == "ok")
    assert json.loads(shown.items)[0]["title"] == "[Demo] Nomor 1 dilayani"
    english = await town.part(code, "en")
    assert json.loads(english.items)[0]["title"] == "[Demo] Now serving number 1"
    clock.advance(timedelta(minutes=6))
    old = await town.part(code)
    assert (old.state, old.items, old.as_of) == ("stale", shown.items, shown.as_of)
    clock.advance(timedelta(days=1))
    assert await town.part(code) == Part("unavailable", as_of=shown.as_of)
    await queue.push()
    await until(lambda: town.part(code), lambda part: part.state == "ok")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"menus": [{"menu": "book-loans", "link": "https://a.example.go.id/"}]}, "menu_taken"),
        ({"menus": [{"menu": "call-112", "link": "https://a.example.go.id/"}]}, "menu_taken"),
        ({"home": {"section": "books", "title": {"id": "Buku"}}}, "section_taken"),
    ],
)
async def test_what_a_service_has_no_provider_may_take(town: Town, said: dict[str, Any], code: str) -> None:
    _, queue = await town.join()
    refused = await declare(queue, **said)
    assert (refused.status_code, refused.json()["code"]) == (409, code)


async def test_what_a_provider_has_no_other_may_take_even_while_it_is_suspended(town: Town) -> None:
    first, _ = await town.join()
    await town.post(f"/{first}/suspend", {"cause": "other", "reason": "uji"})
    _, other = await town.join()
    menu = {"menu": first, "link": "https://a.example.go.id/"}
    assert (await declare(other, menus=[menu])).json()["code"] == "menu_taken"
    section = {"section": first, "title": {"id": "Lain"}}
    assert (await declare(other, home=section)).json()["code"] == "section_taken"


async def test_a_service_that_joins_later_stands_before_the_provider_that_had_its_names(town: Town) -> None:
    code, _ = await town.join()
    await until(lambda: town.section(code), bool)
    offer = MenuOffer(code, "library", "/v1/library/cards")
    before = town.declared.menus()["book-loans"]
    town.declared.tell(
        "library", (s for s in town.declared.sections() if s.owner == "library"), [before, offer]
    )
    assert town.declared.menus()[code].owner == "library"


async def test_without_the_scope_nothing_of_it_is_taken_and_what_was_agreed_less_vanishes(town: Town) -> None:
    code, queue = await town.join()
    await until(lambda: town.section(code), bool)
    headers = town.admin
    await town.http.patch(f"/v1/admin/providers/{code}", json={"scopes": ["menus"]}, headers=headers)
    await until(lambda: town.section(code), lambda section: section is None)
    assert code in town.declared.menus()
    refused = await queue.join(None)
    assert (refused.status_code, refused.json()["code"]) == (403, "provider_scope_missing")
    assert (await queue.push()).json()["code"] == "provider_scope_missing"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"menus": [{"menu": "x-y", "link": "javascript:alert(1)"}]}, "menus.0.link"),
        ({"menus": [{"menu": "x-y", "link": "/v1/a"}] * 2}, "menus"),
        ({"menus": [{"menu": "x-y", "link": "/v1/a"}]}, "menus.0.title"),
        ({"menus": [{"menu": f"x-{n}", "link": "/v1/a"} for n in range(21)]}, "menus"),
        ({"home": {"section": "my_requests", "title": {"id": "X"}}}, "home.section"),
        ({"home": {"section": "x", "title": {"id": "X"}, "url": "http://10.0.0.1/"}}, "home.url"),
        ({"home": {"section": "x", "title": {"id": "X"}, "order": 99}}, "home.order"),
        ({"home": {"section": "x", "title": {"id": "X"}, "url": "https://127.1/admin"}}, "home.url"),
        ({"home": {"section": "x", "title": {"id": "\u202e"}}}, "home.title.id"),
        ({"link": "https://user:pass@a.example.go.id/"}, "link"),
    ],
)
async def test_a_declaration_that_would_harm_is_refused_by_field(
    town: Town, said: dict[str, Any], field: str
) -> None:
    if not town.queues:
        await town.join()
    refused = await declare(town.queues[0], **said)
    assert (refused.status_code, [e["field"] for e in refused.json()["errors"]]) == (422, [field])


async def test_what_is_pushed_is_made_plain_and_bounded(town: Town) -> None:
    code, queue = await town.join()
    item = {"id": "a", "title": {"id": "<img src=x onerror=alert(1)>Buka\u202e<script>x</script>"}}
    assert (await queue.put("/provider/v1/home", {"items": [item]})).status_code == 200
    shown = await until(lambda: town.part(code), lambda part: part.state == "ok")
    assert json.loads(shown.items) == [
        {"id": "a", "title": "Buka", "summary": None, "link": None, "at": None}
    ]
    for wrong in ([item] * 11, [{**item, "link": "http://a.example.go.id"}], [{"id": "a"}], "x"):
        assert (await queue.put("/provider/v1/home", {"items": wrong})).status_code == 422
    heavy = await queue.put("/provider/v1/home", {"items": [], "more": "x" * 2_000_000})
    assert heavy.status_code == 413


async def test_nothing_is_pushed_to_a_section_that_is_asked_for_or_that_is_not_there(town: Town) -> None:
    _, queue = await town.join(url="http://127.0.0.1:9/home.json")
    assert (await queue.push()).json()["code"] == "home_not_pushed"
    await declare(queue)
    assert (await queue.push()).json()["code"] == "home_not_pushed"


async def test_every_worker_and_every_restart_shows_the_same(open_town: Any, town: Town) -> None:
    code, queue = await town.join()
    await queue.push()
    url = town.run.settings.database_url.get_secret_value()
    async with open_town(database_url=url) as other:
        shown = await until(lambda: other.part(code), lambda part: part.state == "ok")
        queue.now_serving = 2
        await queue.push()
        later = await until(lambda: other.part(code), lambda part: part.items != shown.items)
        assert b"Nomor 2" in later.items
        assert code in other.declared.menus()


async def test_saying_the_same_again_purges_nothing_and_sends_no_questions(
    town: Town, clock: ManualClock
) -> None:
    code, queue = await town.join()
    await queue.push()
    before = await told(town, code)
    clock.advance(timedelta(seconds=30))
    assert (await queue.push()).json()["as_of"].startswith("2026")
    assert await told(town, code) == before
    clock.advance(timedelta(minutes=6))
    await queue.push()
    assert await told(town, code) == before + 1, "it had become stale, and is fresh again"
    url = f"http://127.0.0.1:{free_port()}/home.json"
    await queue.join(url)
    await until(queue.standing, lambda standing: standing["home"]["failures"] == 1)
    await queue.join(f"{url}?again")
    standing = (await queue.standing())["home"]
    assert standing["next_poll_at"] > standing["polled_at"]


async def told(town: Town, code: str) -> int:
    """How often workers were told of a provider."""
    async with town.run.database.transaction() as session:
        return int((await session.get_one(Provider, code)).told)
