"""What is near, open now and on arrival; a review and who reads it first; a day out; the city's map."""

from datetime import date, timedelta
from typing import Any

from deploy.local.actors import Actor
from deploy.local.demo.telling import Town, expect, good, once, say, soon, table

_MOST_KINDS, _MOST_STOPS, _MOST_EVENTS = 8, 5, 3
_TITLE = "demo: sehari berkeliling"


async def walk(town: Town) -> None:
    """Prints nearby places, a review's way to the public, a day plan and what the map holds."""
    guest, resident = town.guest(), await town.resident()
    groups = (await guest.get("/v1/tourism/categories"))["groups"]
    kinds = [kind["code"] for group in groups for kind in group["categories"]]
    near = await _near(town, guest, kinds[-_MOST_KINDS:])
    made_up = [each for each in near if each["source"] == "demo"]
    expect(bool(made_up), "there is a made-up place that a made-up review can stand at")
    await _review(town, resident, made_up[0])
    await _day_out(town, resident, await _nearest(town, guest, kinds[:_MOST_STOPS]))
    await _events(town, guest)
    await _map(town)


async def _near(town: Town, guest: Actor, kinds: list[str]) -> list[dict[str, Any]]:
    """The nearest of each kind in one call, and once more for who arrives tomorrow at three at night."""
    near = await _nearest(town, guest, kinds)
    expect(bool(near), "there is something near")
    offset = near[0]["trip"]["arrives_at"][-6:].replace("+", "%2B")
    tomorrow = date.fromisoformat(town.today) + timedelta(days=1)
    night = await _nearest(town, guest, kinds, f"&arrive_at={tomorrow}T03:00:00{offset}")
    later = {each["id"]: _state(each["open_on_arrival"]) for each in night}
    say(f"Near {town.point['lat']}, {town.point['lon']}: one call, {len(kinds)} kinds")
    rows = [
        (i["category"]["label"], i["name"], i["straight_m"], _state(i["open"]),
         _state(i["open_on_arrival"]), later.get(i["id"]), i["source"])
        for i in near
    ]  # fmt: skip
    table(*rows, head=("kind", "name", "metres", "now", "on arrival", "at 03.00", "source"))
    for attribution in sorted({each["attribution"] for each in near if each["attribution"]}):
        say(f"  {attribution}")
    return near


async def _nearest(town: Town, guest: Actor, kinds: list[str], more: str = "") -> list[dict[str, Any]]:
    mix = ",".join(f"{kind}:1" for kind in kinds)
    where = f"lat={town.point['lat']}&lon={town.point['lon']}"
    groups = (await guest.get(f"/v1/tourism/nearby?{where}&mix={mix}{more}"))["groups"]
    return sorted((item for group in groups for item in group["items"]), key=lambda i: int(i["straight_m"]))


def _state(told: dict[str, Any]) -> str:
    label: str = told["state"]["label"]
    return label


async def _review(town: Town, resident: Actor, place: dict[str, Any]) -> None:
    """One review a person and place: written once, written anew when the demonstration is run again."""
    path = f"/v1/tourism/places/{place['id']}/reviews"
    said = {"rating": 4, "text": f"demo: ulasan contoh {town.today}, tidak ada yang ke sana"}
    mine = (await resident.get("/v1/tourism/reviews/mine?limit=100"))["items"]
    own = next((each for each in mine if each["place"]["code"] == place["slug"]), None)
    if own is None:
        review = await resident.post(path, said)
    else:
        review = good(await resident.call("PUT", f"/v1/tourism/reviews/{own['id']}", body=said)).json()
    editor = await town.staff("tourism_editor")
    expect(not await _published(town, path, review["id"]), "a review is not public before somebody read it")
    read = {"If-Match": f'"{review["version"]}"'}
    good(await editor.call("POST", f"/v1/tourism/reviews/{review['id']}/publish", **read))
    seen = await soon(lambda: _published(town, path, review["id"]), bool)
    expect(seen, "everybody reads it then")
    rated = (await town.guest().get(f"/v1/tourism/places/{place['id']}"))["rating"]
    say(f"\nreview    of {place['name']}: waits, is read by the editor, stands there")
    say(f"          {rated['count']} review(s), {rated['average']} of 5 stars on average")


async def _published(town: Town, path: str, review: str) -> bool:
    return review in {each["id"] for each in (await town.guest().get(f"{path}?limit=100"))["items"]}


async def _day_out(town: Town, resident: Actor, places: list[dict[str, Any]]) -> None:
    """A saved list put in order by opening hours and distance; the same list whenever it is run again."""
    day = date.fromisoformat(town.today) + timedelta(days=1)
    body = {
        "title": _TITLE,
        "day": str(day),
        "start": town.point,
        "stops": [{"place_id": place["id"]} for place in places],
    }
    saved = (await resident.get("/v1/tourism/itineraries?limit=100"))["items"]
    own = next((each for each in saved if each["title"] == _TITLE), None)
    if own is None:
        own = await once(resident, "/v1/tourism/itineraries", body, f"demo-itinerary-{town.today}")
    else:
        good(await resident.call("PUT", f"/v1/tourism/itineraries/{own['id']}", body=body))
    plan = await resident.get(f"/v1/tourism/itineraries/{own['id']}/plan")
    expect(len(plan["visits"]) + len(plan["left_out"]) == len(places), "the plan speaks of every stop")
    say(f"\nA day out, {day} ({plan['method']}, by {plan['mode']})")
    rows = [
        (f"{v['starts_at'][11:16]}-{v['ends_at'][11:16]}", v["place"]["name"], v["way_minutes"], _sure(v))
        for v in plan["visits"]
    ]
    left = [("left out", out["name"], None, out["reason"]["label"]) for out in plan["left_out"]]
    table(*rows, *left, head=("when", "place", "minutes there", "hours"))


def _sure(visit: dict[str, Any]) -> str:
    return "known" if visit["sure"] else "not told, ask before going"


async def _events(town: Town, guest: Actor) -> None:
    """What the news announced around here: it came as an event, moments ago."""
    if "news" not in town.services:
        return
    where = f"lat={town.point['lat']}&lon={town.point['lon']}"

    async def look() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await guest.get(f"/v1/tourism/events?{where}"))["items"]
        return found

    found = await soon(look, bool)
    expect(bool(found), "what the news announced around here is known to the map")
    say()
    for event in found[:_MOST_EVENTS]:
        say(f"agenda    {event['title']}, {event['distance_m']} m away: the news told of it")


async def _map(town: Town) -> None:
    """Every layer with its number of features; map programs need no key."""
    rows = []
    for layer in good(await town.http.get("/ogc/collections")).json()["collections"]:
        page = good(await town.http.get(f"/ogc/collections/{layer['id']}/items?limit=1")).json()
        rows.append((layer["id"], layer["title"], page.get("numberMatched", "many")))
    expect(any(number for *_, number in rows), "the map holds something")
    say(f"\nThe map, for QGIS and GDAL: {town.facts['gateway']}/ogc")
    table(*rows, head=("collection", "title", "features"))
    sets = good(await town.http.get("/catalog.jsonld")).json()["dcat:dataset"]
    say(f"\nOpen data: {len(sets)} data sets in /catalog.jsonld (DCAT 3)")
