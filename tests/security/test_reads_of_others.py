"""What is not for everybody is not there for everybody: public reads of private things, by whatever name.

Every public read with a name in its path stands in one of two lists: one of neither fails here.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.local.actors import photo
from tests.journeys.conftest import MONUMENT
from tests.security import offers
from tests.security.callers import Caller
from tests.security.fuzz.people import Person
from tests.security.fuzz.seeds import report_body
from tests.security.test_rights import told
from tests.security.test_things_of_others import NOWHERE, REPORT, RESIDENTS, UPLOAD, is_read
from tests.security.town import Town

ARTICLES, PLACE, ITEM = "/v1/news/articles", "/v1/tourism/places/{ref}", "/ogc/collections/{collection_id}"
SECRETS = "/v1/tourism/shared/{token}"
#: Public reads of what may be hidden: from whom is what the fixture hides.
HIDDEN = frozenset({
    f"GET {REPORT}", f"GET {REPORT}/timeline", f"GET {UPLOAD}", "GET /v1/media/{media_id}",
    f"GET {ARTICLES}/{{ref}}", f"GET {ARTICLES}/{{ref}}.jsonld",
    f"GET {ARTICLES}/{{article_id}}/images/{{media_id}}", "GET /v1/news/agenda/events/{article_id}.ics",
    f"GET {PLACE}", f"GET {PLACE}/reviews", f"GET {ITEM}/items/{{feature_id}}", f"GET {SECRETS}",
    "GET /v1/tourism/datasets/{dataset_id}",
})  # fmt: skip
#: What stands there is the city's and everybody's; who knows the number of an erasure may read how far it is.
OPEN = frozenset({
    "GET /feeds/news.{form}", "GET /feeds/news/kinds/{kind}.{form}", "GET /feeds/news/{district}.{form}",
    f"GET {ITEM}", f"GET {ITEM}/items", f"GET {ITEM}/queryables", "GET /v1/ledger-seals/{service}",
    "GET /v1/news/agenda/{district}.ics", "GET /v1/prices/commodities/{code}",
    "GET /v1/prices/markets/{code}", "GET /v1/erasures/{erasure_id}",
})  # fmt: skip
#: (address of something hidden, the same of what is not there)
Pair = tuple[str, str]


@pytest.fixture(scope="module")
async def hidden(town: Town, everybody: Mapping[str, Person]) -> dict[str, list[Pair]]:
    """Operation -> addresses of things that exist and are not for whoever asks."""
    actors = {role: each.actor for role, each in everybody.items()}
    found = await _of_citizen(town, actors["citizen"])
    found |= await _of_newsroom(town, actors["news_author"])
    return found | await _of_tourism(actors["tourism_editor"], actors["citizen"])


async def _of_citizen(town: Town, citizen: Any) -> dict[str, list[Pair]]:
    """A report that waits for a moderator, a photo on its way and one that only its address opens."""
    made = await citizen.post("/v1/laksa/reports", report_body("pencurian"))
    code = f"{made['code'][:-4]}{'0000' if made['code'][-4:] != '0000' else '1111'}"
    names = [(made["id"], NOWHERE), (made["code"], code)]
    said = {"Tus-Resumable": "1.0.0", "Upload-Length": "100000"}
    upload = (await citizen.call("POST", "/v1/media", **said)).json()["upload_id"]
    first = await citizen.upload(photo(*MONUMENT, town.clock.now(), "demo: satu"))
    second = await citizen.upload(photo(*MONUMENT, town.clock.now(), "demo: dua"))
    signed = f"?{urlsplit(second['urls']['full']).query}"
    return {
        f"GET {REPORT}": pairs(REPORT, *names),
        f"GET {REPORT}/timeline": pairs(f"{REPORT}/timeline", *names),
        f"GET {UPLOAD}": pairs(UPLOAD, (upload, NOWHERE)),
        "GET /v1/media/{media_id}": [
            (f"/v1/media/{first['media_id']}{more}", f"/v1/media/{NOWHERE}{more}") for more in ("", signed)
        ],
    }


async def _of_newsroom(town: Town, author: Any) -> dict[str, list[Pair]]:
    """Drafts with a picture, of an article and of an event."""
    receipt = (await author.upload(photo(*MONUMENT, town.clock.now(), "demo: draf")))["receipt"]
    image = {"receipt": receipt, "alt": offers.both("taman"), "credit": "Demo"}
    draft = await author.post(ARTICLES, offers.article(images=[image]))
    event = await author.post(ARTICLES, offers.article("agenda"))
    names = [(draft[name], missing) for name, missing in (("id", NOWHERE), ("slug", "demo-not-there"))]
    media = draft["images"][0]["media_id"]
    return {
        f"GET {ARTICLES}/{{ref}}": pairs(f"{ARTICLES}/{{ref}}", *names),
        f"GET {ARTICLES}/{{ref}}.jsonld": pairs(f"{ARTICLES}/{{ref}}.jsonld", *names),
        f"GET {ARTICLES}/{{article_id}}/images/{{media_id}}": [
            (f"{ARTICLES}/{draft['id']}/images/{media}", f"{ARTICLES}/{NOWHERE}/images/{NOWHERE}")
        ],
        "GET /v1/news/agenda/events/{article_id}.ics": [
            (f"/v1/news/agenda/events/{event['id']}.ics", f"/v1/news/agenda/events/{NOWHERE}.ics")
        ],
    }


async def _of_tourism(editor: Any, citizen: Any) -> dict[str, list[Pair]]:
    """A place that is not out yet, a plan that is shared no more, data that were withdrawn."""
    places, plans = "/v1/tourism/places", "/v1/tourism/itineraries"
    draft = await editor.post(places, offers.place("belum ada", status="draft"))
    names = [(draft["id"], NOWHERE), (draft["slug"], "demo-not-there")]
    shown = await editor.post(places, offers.place("sudah ada"))
    plan = (await citizen.post(plans, offers.itinerary(shown["id"])))["id"]
    link = (await citizen.post(f"{plans}/{plan}/share"))["link"].rpartition("/")[2]
    await citizen.call("DELETE", f"{plans}/{plan}/share")
    unlike = link[:-8] + ("A" * 8 if link[-8:] != "A" * 8 else "B" * 8)
    kept = await editor.post(
        "/v1/tourism/datasets", offers.dataset() | {"landing_page": "https://data.example/x"}
    )
    await editor.post(f"/v1/tourism/datasets/{kept['id']}/withdraw")
    items = "/ogc/collections/places/items"
    return {
        f"GET {PLACE}": pairs(PLACE, *names),
        f"GET {PLACE}/reviews": pairs(f"{PLACE}/reviews", *names),
        f"GET {ITEM}/items/{{feature_id}}": [(f"{items}/{draft['id']}", f"{items}/{NOWHERE}")],
        f"GET {SECRETS}": pairs(SECRETS, (link, unlike)),
        "GET /v1/tourism/datasets/{dataset_id}": [
            (f"/v1/tourism/datasets/{kept['id']}", f"/v1/tourism/datasets/{NOWHERE}")
        ],
    }


def pairs(path: str, *names: Pair) -> list[Pair]:
    """Two addresses for each two names."""
    before, _, rest = path.partition("{")
    after = rest.partition("}")[2]
    return [(f"{before}{real}{after}", f"{before}{missing}{after}") for real, missing in names]


def test_somebody_decided_of_every_public_read_what_it_may_hide(described: Mapping[str, Any]) -> None:
    named = {label for label, each in described.items() if "{" in label and is_read(label, each)}
    assert named == HIDDEN | OPEN, "decide whether something of it is not for everybody"


async def test_what_is_hidden_is_answered_like_what_is_not_there(
    hidden: Mapping[str, list[Pair]], callers: Mapping[str, Caller], town: Town
) -> None:
    assert hidden.keys() == HIDDEN
    places = asyncio.Semaphore(8)

    async def compared(name: str, two: Pair) -> str:
        async with places:
            headers = {"X-Device-Id": "somebody-else", **callers[name].headers}
            answers = [await town.http.get(address, headers=headers) for address in two]
        gone = [answer.status_code for answer in answers] == [404, 404]
        alike = gone and told(answers[0]) == told(answers[1])
        return "" if alike else f"{name} {two[0]}: {[answer.text[:300] for answer in answers]}"

    wanted = [compared(name, two) for name in RESIDENTS for both in hidden.values() for two in both]
    assert [each for each in await asyncio.gather(*wanted) if each] == []


async def test_what_is_hidden_is_there_for_whoever_it_is_of(
    hidden: Mapping[str, list[Pair]], everybody: Mapping[str, Person]
) -> None:
    citizen = everybody["citizen"].actor
    for label in (f"GET {REPORT}", f"GET {REPORT}/timeline", f"GET {UPLOAD}"):
        for address, _ in hidden[label]:
            assert (await citizen.call("GET", address)).status_code == 200, address
