"""The same people in prices, news and tourism: what a resident says, and what staff say among themselves."""

from datetime import date, timedelta
from typing import Any

from deploy.local.actors import Actor
from shared.clock import SystemClock
from tests.security import offers
from tests.security.offers import OIL, RICE
from tests.security.walk import Walk

PRICES, NEWS, TOURISM = "/v1/prices", "/v1/news", "/v1/tourism"
ONE = "/{market}/{day}/{commodity}/{level}"
#: What may be left empty of a place, and must not be a canary: everybody reads it.
UNSAID = dict.fromkeys(("address", "ramadan_hours", "website", "attribution"))


async def everything_of_shops(walk: Walk, demo: dict[str, Any], resident: Actor) -> str:
    """A resident and the staff of the three write into every field there is; a place with a public review."""
    staff = {}
    for key in ("market_surveyor", "price_supervisor", "news_author", "editor", "tourism_editor"):
        staff[key] = walk.actor()
        await walk.sign_in_staff(staff[key], demo["staff"][key])
    await _prices(walk, staff["market_surveyor"], staff["price_supervisor"])
    await walk.send(resident, "POST", f"{PRICES}/watches", offers.watch(market="anyar"))
    await _articles(walk, staff["news_author"], staff["editor"])
    places = await _places(walk, staff["tourism_editor"])
    await _reviews(walk, resident, staff["tourism_editor"], places)
    await _itineraries(walk, resident, places[0])
    return places[0]


async def _prices(walk: Walk, surveyor: Actor, supervisor: Actor) -> None:
    today = SystemClock().now().date()
    reason = walk.canaries.new("staff: a surveyor's reason")
    for step in ("approve", "reject"):
        market = {"approve": "bandeng", "reject": "poris"}[step]
        for back, price in ((3, 15_700), (2, 15_700), (1, 15_700), (0, 157_000)):
            sent = offers.batch(market, today - timedelta(days=back), minyakita=price)
            sent["rows"][0]["reason"] = reason
            await walk.send(surveyor, "POST", f"{PRICES}/observations", sent)
        spot = where(market, today, OIL)
        await walk.send(supervisor, "POST", f"{PRICES}/reviews{ONE}/{step}", **spot)
    await surveyor.post(f"{PRICES}/observations", offers.batch("anyar", today, beras_premium=15_000))
    corrected = {"price": 15_100, "unit": None}
    await walk.send(
        surveyor, "PATCH", f"{PRICES}/observations{ONE}", corrected, **where("anyar", today, RICE)
    )
    await walk.send(supervisor, "POST", f"{PRICES}/markets", offers.MARKET | {"code": "demo"})
    await walk.send(supervisor, "PUT", f"{PRICES}/markets/{{code}}", offers.MARKET, code="demo")
    new = offers.COMMODITY | {"code": "demo", "unit": "kg", "source": "demo"}
    await walk.send(supervisor, "POST", f"{PRICES}/commodities", new)
    await walk.send(supervisor, "PUT", f"{PRICES}/commodities/{{code}}", offers.COMMODITY, code="demo")


def where(market: str, day: date, commodity: str) -> dict[str, str]:
    """One price."""
    return {"market": market, "day": str(day), "commodity": commodity, "level": "retail"}


async def _articles(walk: Walk, author: Actor, editor: Actor) -> None:
    path, unsaid = f"{NEWS}/articles", dict.fromkeys(("slug", "byline"))
    draft = offers.article(title={"id": walk.canaries.new("staff: the title of a draft")}, **unsaid)
    made = await walk.send(author, "POST", path, draft)
    version = {"If-Match": f'"{made["version"]}.x"'}
    await walk.send(author, "PUT", f"{path}/{{ref}}", draft, ref=made["id"], **version)
    for who, step in ((author, "submit"), (editor, "send-back"), (author, "discard")):
        await walk.send(who, "POST", f"{path}/{{article_id}}/{step}", article_id=made["id"])
    made = await walk.send(author, "POST", path, offers.article(**unsaid))
    at = {"at": (SystemClock().now() + timedelta(days=1)).isoformat()}
    for who, step, given in (
        (author, "submit", {}), (editor, "schedule", at), (editor, "unschedule", {}), (editor, "publish", {}),
    ):  # fmt: skip
        await walk.send(who, "POST", f"{path}/{{article_id}}/{step}", given, article_id=made["id"])
    source = offers.source("demo") | dict.fromkeys(("home_url", "district"))
    await walk.send(editor, "POST", f"{NEWS}/sources", source)
    changed = {name: value for name, value in source.items() if name != "code"}
    await walk.send(editor, "PATCH", f"{NEWS}/sources/{{code}}", changed, code="demo")


async def _places(walk: Walk, editor: Actor) -> list[str]:
    path = f"{TOURISM}/places"
    made = [await walk.send(editor, "POST", path, offers.place(f"museum {n}", **UNSAID)) for n in range(3)]
    places = [each["id"] for each in made]
    await walk.send(editor, "PUT", f"{path}/{{ref}}", offers.place("taman", **UNSAID), ref=places[0])
    checked = {"groups": ["hours"], "source": "demo"}
    await walk.send(editor, "POST", f"{path}/{{ref}}/checks", checked, ref=places[0])
    await walk.send(editor, "POST", f"{TOURISM}/hours/read", {"hours": "Senin-Jumat 08.00-16.00"})
    kept = await walk.send(editor, "POST", f"{TOURISM}/datasets", offers.dataset())
    await walk.send(
        editor, "PUT", f"{TOURISM}/datasets/{{dataset_id}}", offers.dataset(), dataset_id=kept["id"]
    )
    return places


LINK = "a link of a shared plan"
"""Whoever has it reads the plan: it is told to her who asked for it."""
#: Labels of what is a resident's in tourism.
PUBLISHED = "POST /v1/tourism/places/{ref}/reviews text"
HERS = {
    PUBLISHED, "PUT /v1/tourism/reviews/{review_id} text", "a rejected review",
    "POST /v1/tourism/reviews/{review_id}/reject note", "POST /v1/tourism/itineraries title",
    "PUT /v1/tourism/itineraries/{itinerary_id} title", "a note of a plan",
}  # fmt: skip


async def _reviews(walk: Walk, resident: Actor, editor: Actor, places: list[str]) -> None:
    path, one = f"{TOURISM}/places/{{ref}}/reviews", f"{TOURISM}/reviews/{{review_id}}"
    read = await walk.send(resident, "POST", path, {"rating": 4}, ref=places[0])
    await walk.send(editor, "POST", f"{one}/publish", review_id=read["id"])
    waits = await walk.send(resident, "POST", path, offers.review(), ref=places[1])
    await walk.send(resident, "PUT", one, {"rating": 4}, review_id=waits["id"])
    words = {"rating": 1, "text": walk.canaries.new("a rejected review")}
    gone = await walk.send(resident, "POST", path, words, ref=places[2])
    await walk.send(editor, "POST", f"{one}/reject", {"reason_code": "advertising"}, review_id=gone["id"])


async def _itineraries(walk: Walk, resident: Actor, place: str) -> None:
    path = f"{TOURISM}/itineraries"
    stops = {"stops": [{"place_id": place, "note": walk.canaries.new("a note of a plan")}]}
    await walk.send(resident, "POST", path, stops)
    made = await walk.send(resident, "POST", path, offers.itinerary(place))
    one = {"itinerary_id": made["id"]}
    await walk.send(resident, "PUT", f"{path}/{{itinerary_id}}", {"stops": []}, **one)
    link = (await walk.send(resident, "POST", f"{path}/{{itinerary_id}}/share", **one))["link"]
    walk.canaries.watch(LINK, link.rpartition("/")[2])
