"""Prices, news and tourism with something in every state, and the address of each thing there is to read."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta

from deploy.local.actors import Actor, photo
from tests.journeys.conftest import MONUMENT, City
from tests.security import offers
from tests.security.offers import OIL, RICE
from tests.security.walk_of_shops import NEWS, PRICES, TOURISM

SHOPS = ("/v1/prices", "/v1/news", "/v1/tourism", "/feeds", "/ogc", "/catalog.jsonld")
#: They read what is of their service, and only that: of LAKSA and the gateway they are like any other staff.
SHOP_STAFF = ("market_surveyor", "price_supervisor", "news_author", "editor", "tourism_editor")
#: Of the staff of LAKSA, one stands for those who have nothing to do here.
READERS = frozenset(
    {"guest", "provider", "reporter", "other_resident", "officer", "leader", "ops", "admin", *SHOP_STAFF}
)
#: What else a read needs to be told.
QUERIES: Mapping[str, str] = {
    f"{PRICES}/latest": "market=anyar",
    f"{PRICES}/compare": f"commodity={RICE}",
    f"{PRICES}/trend": f"commodity={RICE}",
    f"{PRICES}/trend.svg": f"commodity={RICE}",
    f"{PRICES}/basket": f"item={RICE}:5",
    f"{PRICES}/observations/form": "market=anyar",
    f"{NEWS}/sources": "view=managed",
    f"{TOURISM}/nearby": "lat=-6.1823&lon=106.6358&mix=museum",
    f"{TOURISM}/route": "from=-6.1783,106.6319&to=-6.1823,106.6358",
}
PLAIN = {"form": "json", "kind": "news", "district": "36.71.01", "collection_id": "places", "level": "retail"}


class Shown:
    """What there is to read: {variant of a path: {name in the path: value}}."""

    def __init__(self, city: City, people: Mapping[str, Actor]) -> None:
        self.city, self.people = city, people
        self.things: dict[str, dict[str, dict[str, str]]] = {}

    async def fill(self) -> "Shown":
        """Puts it there."""
        await self._prices()
        await self._news()
        await self._tourism()
        async with asyncio.timeout(30):
            while not (await self.people["guest"].get(f"{TOURISM}/events"))["items"]:
                await asyncio.sleep(0.05)
        return self

    def addresses(self, path: str) -> Iterator[tuple[str, str]]:
        """(name, address) of every variant of a path."""
        longest = sorted(self.things, key=len, reverse=True)
        found = next((self.things[each] for each in longest if path.startswith(each)), {})
        query = QUERIES.get(path, "")
        told: set[str] = set()
        for variant, values in (found if "{" in path else {"": {}}).items():
            address = path
            for name, value in {**PLAIN, **values}.items():
                address = address.replace(f"{{{name}}}", value)
            if "{" not in address and address not in told:
                told.add(address)
                yield f"{path} {variant}".strip(), f"{address}?{query}".rstrip("?")

    async def _prices(self) -> None:
        surveyor, supervisor = self.people["market_surveyor"], self.people["price_supervisor"]
        today = self.city.clock.now().date()
        for back, price in ((3, 15_700), (2, 15_700), (1, 15_700), (0, 157_000)):
            sent = offers.batch("anyar", today - timedelta(days=back), beras_premium=15_000, minyakita=price)
            await surveyor.post(f"{PRICES}/observations", sent)
        fixed = {"price": 15_100, "reason": "demo: salah baca"}
        spot = f"anyar/{today}/{RICE}/retail"
        await surveyor.call("PATCH", f"{PRICES}/observations/{spot}", body=fixed)
        await supervisor.call("PUT", f"{PRICES}/surveys/plan/anyar/demo-1", body=offers.PLAN)
        await self.people["reporter"].post(f"{PRICES}/watches", offers.watch(market="anyar"))
        day = {"market": "anyar", "day": str(today)}
        self.things[f"{PRICES}/observations"] = {
            "corrected": day | {"commodity": RICE},
            "held": day | {"commodity": OIL},
        }
        self.things[f"{PRICES}/markets"] = {"": {"code": "anyar"}}
        self.things[f"{PRICES}/commodities"] = {"": {"code": RICE}}

    async def _news(self) -> None:
        author, editor = self.people["news_author"], self.people["editor"]
        receipt = (await author.upload(photo(*MONUMENT, self.city.clock.now(), "demo")))["receipt"]
        image = {"receipt": receipt, "alt": offers.both("taman"), "credit": "Demo"}
        drafts = {
            "draft": offers.article(),
            "submitted": offers.article(),
            "scheduled": offers.article(),
            "published": offers.article(images=[image], districts=["36.71.01"]),
            "withdrawn": offers.article(),
            "an event": offers.article("agenda"),
        }
        made = {name: await author.post(f"{NEWS}/articles", sent) for name, sent in drafts.items()}
        last = {
            "published": "publish",
            "withdrawn": "publish",
            "an event": "publish",
            "scheduled": "schedule",
        }
        for name in ("submitted", *last):
            path = f"{NEWS}/articles/{made[name]['id']}"
            await author.post(f"{path}/submit", {"note": "demo: siap"})
            body = {"at": "2026-03-01T09:00:00+07:00"} if name == "scheduled" else {}
            if name in last:
                made[name] = await editor.post(f"{path}/{last[name]}", body)
        await editor.post(f"{NEWS}/articles/{made['withdrawn']['id']}/withdraw", offers.WHY)
        media = made["published"]["images"][0]["media_id"]
        ids = {name: {"ref": each["id"], "article_id": each["id"]} for name, each in made.items()}
        ids["published"]["media_id"] = media
        self.things[f"{NEWS}/articles"] = ids
        self.things[f"{NEWS}/agenda"] = {name: ids[name] for name in ("an event", "draft")}
        self.things["/feeds"] = {"": {}}
        await editor.post(f"{NEWS}/sources", offers.source("demo"))
        self.things[f"{NEWS}/sources"] = {"": {"code": "demo"}}

    async def _tourism(self) -> None:
        editor, resident = self.people["tourism_editor"], self.people["reporter"]
        wanted = {"published": "museum", "draft": "taman", "closed": "warung"}
        made = {
            status: (await editor.post(f"{TOURISM}/places", offers.place(words, status=status)))["id"]
            for status, words in wanted.items()
        }
        places = {status: {"ref": each, "feature_id": each} for status, each in made.items()}
        self.things |= {f"{TOURISM}/places": places, f"{TOURISM}/editing": places, "/ogc": places}
        for who, step in ((resident, "publish"), (self.people["other_resident"], "")):
            path = f"{TOURISM}/places/{made['published']}/reviews"
            review = await who.post(path, offers.review())
            if step:
                await editor.post(f"{TOURISM}/reviews/{review['id']}/{step}")
        plan = await resident.post(f"{TOURISM}/itineraries", offers.itinerary(made["published"]))
        path = f"{TOURISM}/itineraries/{plan['id']}"
        link = (await resident.post(f"{path}/share"))["link"]
        self.things[f"{TOURISM}/itineraries"] = {"": {"itinerary_id": plan["id"]}}
        self.things[f"{TOURISM}/shared"] = {"": {"token": link.rpartition("/")[2]}}
        kept = await editor.post(f"{TOURISM}/datasets", offers.dataset())
        self.things[f"{TOURISM}/datasets"] = {"": {"dataset_id": kept["id"]}}
