"""Living values of prices, news and tourism for the fuzzer: something in every state, for whoever may act."""

from datetime import timedelta
from typing import Any

from tests.security import offers
from tests.security.fuzz import people
from tests.security.offers import OIL, RICE

EACH = 2
"""How many things each role gets for each of its steps: the first success may use one up."""
PRICES, NEWS, TOURISM = "/v1/prices", "/v1/news", "/v1/tourism"
ONE = "/{market}/{day}/{commodity}/{level}"
DESK = ("news_author", "editor")


class Shops:
    """Sows into a `Seeds` (its `city`, `people` and `note`)."""

    def __init__(self, seeds: Any) -> None:
        self.seeds, self.city, self.note = seeds, seeds.city, seeds.note
        self.actors = {role: person.actor for role, person in seeds.people.items()}
        self.today = self.city.clock.now().astimezone(self.city.laksa.state.runtime.city.zone).date()

    async def sow(self) -> None:
        """Everything."""
        await self._prices()
        await self._articles()
        await self._sources()
        await self._places()

    def everybody(self, label: str, place: str, **values: Any) -> None:
        """The same for all who may look."""
        for role in self.actors:
            for name, value in values.items():
                self.note(role, label, place, name, value)

    def wanted(self, role: str, label: str, *bodies: Any, place: str = "path", **values: Any) -> None:
        """One call of this role: where, and what is sent."""
        for name, value in values.items():
            self.note(role, label, place, name, value)
        if bodies:
            self.note(role, label, "body", "", *bodies)

    async def _page(self, role: str, path: str, most: int = 1) -> None:
        """The cursor of a list's second page, which one role's answer gave; where it goes on."""
        found = await self.actors[role].get(f"{path}?limit={most}")
        if found["next"]:
            for each in (role,) if role != "guest" else self.actors:
                self.note(each, f"GET {path}", "query", "cursor", found["next"])

    async def _prices(self) -> None:
        surveyor, supervisor = self.actors["market_surveyor"], self.actors["price_supervisor"]
        for back in range(5, 0, -1):
            day = self.today - timedelta(days=back)
            sent = offers.batch("anyar", day, beras_premium=15_000, minyakita=15_700, gula_konsumsi=17_500)
            await supervisor.post(f"{PRICES}/observations", sent)
        sent = offers.batch("anyar", self.today, beras_premium=15_100, minyakita=157_000)
        await surveyor.post(f"{PRICES}/observations", sent)
        for which, market in (("approve", "bandeng"), ("reject", "poris")):
            await self.held(market)
            spot = {"market": market, "day": str(self.today), "commodity": OIL, "level": "retail"}
            label = f"POST {PRICES}/reviews{ONE}/{which}"
            self.wanted("price_supervisor", label, {"reason": "demo: dicek"}, **spot)
        await self._observations(supervisor)
        for path in ("latest", "medians", "markets", "commodities", "alerts"):
            await self._page("guest", f"{PRICES}/{path}")
        self._public_prices()
        await self._watches()

    async def held(self, market: str) -> None:
        """A tenfold slip after three days."""
        for back in (3, 2, 1):
            day = self.today - timedelta(days=back)
            sent = offers.batch(market, day, minyakita=15_700)
            await self.actors["price_supervisor"].post(f"{PRICES}/observations", sent)
        sent = offers.batch(market, self.today, minyakita=157_000)
        await self.actors["market_surveyor"].post(f"{PRICES}/observations", sent)

    async def _observations(self, supervisor: Any) -> None:
        """What stands there, to be read and corrected, and the plan."""
        await self._page("price_supervisor", f"{PRICES}/reviews")
        for number, role in enumerate(("market_surveyor", "price_supervisor")):
            spot = {"market": "anyar", "day": str(self.today), "commodity": RICE, "level": "retail"}
            for label in (f"GET {PRICES}/observations{ONE}", f"GET {PRICES}/observations{ONE}/history"):
                self.wanted(role, label, **spot)
            fixed = {"price": 15_200 + number, "reason": "demo: salah baca"}
            self.wanted(role, f"PATCH {PRICES}/observations{ONE}", fixed, **spot)
            self.wanted(role, f"GET {PRICES}/observations/form", place="query", market="anyar")
            sent = offers.batch("jatiuwung", self.today, beras_premium=15_300 + number)
            self.wanted(role, f"POST {PRICES}/observations", sent)
            self.wanted(role, f"GET {PRICES}/surveys/today", place="query", day=str(self.today))
        for number in range(EACH):
            line = f"{PRICES}/surveys/plan/ramadani/demo-{number}"
            await supervisor.call("PUT", line, body=offers.PLAN)
            where = {"market": "ramadani", "staff_id": f"demo-{number}"}
            self.wanted("price_supervisor", f"DELETE {PRICES}/surveys/plan/{{market}}/{{staff_id}}", **where)
        where = {"market": "ramadani", "staff_id": "demo-9"}
        self.wanted(
            "price_supervisor", f"PUT {PRICES}/surveys/plan/{{market}}/{{staff_id}}", offers.PLAN, **where
        )
        await self._page("price_supervisor", f"{PRICES}/surveys/plan")
        self.wanted("price_supervisor", f"PUT {PRICES}/markets/{{code}}", offers.MARKET, code="anyar")
        self.wanted("price_supervisor", f"PUT {PRICES}/commodities/{{code}}", offers.COMMODITY, code=RICE)
        self.wanted("price_supervisor", f"POST {PRICES}/imports", offers.WFP)
        self.wanted("price_supervisor", f"POST {PRICES}/markets", offers.MARKET | {"code": "demo"})
        new = offers.COMMODITY | {"code": "demo", "unit": "kg", "source": "demo"}
        self.wanted("price_supervisor", f"POST {PRICES}/commodities", new)

    def _public_prices(self) -> None:
        self.everybody(f"GET {PRICES}/markets/{{code}}", "path", code="anyar")
        self.everybody(f"GET {PRICES}/commodities/{{code}}", "path", code=RICE)
        for name in ("compare", "trend", "trend.svg"):
            self.everybody(f"GET {PRICES}/{name}", "query", commodity=RICE)
        self.everybody(f"GET {PRICES}/basket", "query", item=[f"{RICE}:5", OIL])

    async def _watches(self) -> None:
        for _ in range(EACH):
            made = await self.actors["citizen"].post(f"{PRICES}/watches", offers.watch())
            self.wanted("citizen", f"DELETE {PRICES}/watches/{{watch_id}}", watch_id=made["id"])
        self.wanted("citizen", f"POST {PRICES}/watches", offers.watch(market="anyar"))
        await self._page("citizen", f"{PRICES}/watches")

    async def _article(self, *steps: str, kind: str = "news", **more: Any) -> dict[str, Any]:
        """By the author; each step by whoever may take it."""
        made = await self.actors["news_author"].post(f"{NEWS}/articles", offers.article(kind, **more))
        for step in steps:
            who = "news_author" if step == "submit" else "editor"
            body = {"at": "2026-03-01T09:00:00+07:00"} if step == "schedule" else {}
            made = await self.actors[who].post(f"{NEWS}/articles/{made['id']}/{step}", body)
        return dict(made)

    async def _articles(self) -> None:
        note, why = {"note": "demo: bagus"}, offers.WHY
        correct = {"article": offers.article(), "note": offers.both("angka diperbaiki")}
        for role, step, body, before, kind in (
            ("news_author", "submit", note, (), "news"),
            ("editor", "submit", note, (), "news"),
            ("editor", "send-back", note, ("submit",), "news"),
            ("editor", "schedule", {"at": "2026-03-01T09:00:00+07:00"}, ("submit",), "news"),
            ("editor", "unschedule", note, ("submit", "schedule"), "news"),
            ("editor", "publish", note, ("submit",), "news"),
            ("editor", "correct", correct, ("submit", "publish"), "news"),
            ("editor", "cancel", why, ("submit", "publish"), "agenda"),
            ("editor", "withdraw", why, ("submit", "publish"), "news"),
            ("news_author", "discard", note, (), "news"),
            ("editor", "discard", note, ("submit",), "news"),
        ):  # fmt: skip
            for _ in range(EACH):
                made = await self._article(*before, kind=kind)
                label = f"POST {NEWS}/articles/{{article_id}}/{step}"
                self.wanted(role, label, body, article_id=made["id"])
                if step == "correct":
                    self.note(role, label, "header", "if-match", f'"{made["version"]}.x"')
        for role in DESK:
            made = await self._article()
            label = f"PUT {NEWS}/articles/{{ref}}"
            self.wanted(role, label, offers.article(), ref=made["id"])
            self.note(role, label, "header", "if-match", f'"{made["version"]}.x"')
            for name in ("manuscript", "revisions"):
                self.wanted(role, f"GET {NEWS}/articles/{{article_id}}/{name}", article_id=made["id"])
            self.wanted(role, f"POST {NEWS}/articles", offers.article())
            await self._page(role, f"{NEWS}/queue")
        await self._public_news()

    async def _public_news(self) -> None:
        receipt = (await self.actors["news_author"].upload(self.seeds.picture()))["receipt"]
        image = {"receipt": receipt, "alt": offers.both("taman"), "credit": "Demo"}
        read = await self._article("submit", "publish", images=[image])
        event = await self._article("submit", "publish", kind="agenda")
        articles = f"GET {NEWS}/articles"
        media = read["images"][0]["media_id"]
        self.everybody(f"{articles}/{{ref}}", "path", ref=read["id"])
        self.everybody(f"{articles}/{{ref}}.jsonld", "path", ref=read["slug"])
        self.everybody(
            f"{articles}/{{article_id}}/images/{{media_id}}", "path", article_id=read["id"], media_id=media
        )
        self.everybody(f"GET {NEWS}/agenda/events/{{article_id}}.ics", "path", article_id=event["id"])
        self.everybody(f"GET {NEWS}/agenda/{{district}}.ics", "path", district="36.71.01")
        self.everybody("GET /feeds/news.{form}", "path", form="atom")
        self.everybody("GET /feeds/news/kinds/{kind}.{form}", "path", kind="news", form="rss")
        self.everybody("GET /feeds/news/{district}.{form}", "path", district="36.71.01", form="json")
        await self._page("guest", f"{NEWS}/articles")
        await self._page("guest", f"{NEWS}/agenda")

    async def _sources(self) -> None:
        for number, role in enumerate(("editor", "ops")):
            code = f"demo-{number}"
            await self.actors[role].post(f"{NEWS}/sources", offers.source(code))
            label = f"{NEWS}/sources/{{code}}"
            self.wanted(role, f"GET {label}", code=code)
            self.wanted(role, f"POST {label}/try", code=code)
            self.wanted(role, f"PATCH {label}", {"name": "Demo: kantor lain"}, code=code)
            self.wanted(role, f"POST {NEWS}/sources", offers.source(f"demo-new-{number}"))
            self.wanted(role, f"GET {NEWS}/sources", place="query", view="managed")

    async def _places(self) -> None:
        editor = self.actors["tourism_editor"]
        places = [await editor.post(f"{TOURISM}/places", offers.place(f"museum {n}")) for n in range(6)]
        label, first = f"{TOURISM}/places/{{ref}}", places[0]["id"]
        for each in (f"GET {label}", f"GET {label}/reviews"):
            self.everybody(each, "path", ref=first)
        self.wanted("tourism_editor", f"POST {TOURISM}/places", offers.place("museum baru"))
        self.wanted("tourism_editor", f"PUT {label}", offers.place("museum lain"), ref=places[1]["id"])
        checks = {"groups": ["hours"], "source": "demo"}
        self.wanted("tourism_editor", f"POST {label}/checks", checks, ref=places[1]["slug"])
        for more in ("", "/history"):
            self.wanted("tourism_editor", f"GET {TOURISM}/editing/{{ref}}{more}", ref=first)
        self.wanted("tourism_editor", f"POST {TOURISM}/hours/read", {"hours": "Senin-Jumat 08.00-16.00"})
        await self._reviews([each["id"] for each in places])
        await self._itineraries(first)
        await self._datasets()
        self._map(first)

    async def _reviews(self, places: list[str]) -> None:
        citizen, path = self.actors["citizen"], f"{TOURISM}/places"
        writers = [(await people.newcomer(self.city, 90 + n)).actor for n in range(2)]
        for place in places[:2]:
            self.wanted("citizen", f"POST {path}/{{ref}}/reviews", offers.review(), ref=place)
        for place, method, body in zip(
            places[2:4], ("PUT", "DELETE"), ((offers.review("rapi"),), ()), strict=True
        ):
            mine = await citizen.post(f"{path}/{place}/reviews", offers.review())
            self.wanted("citizen", f"{method} {TOURISM}/reviews/{{review_id}}", *body, review_id=mine["id"])
        why = {"reason_code": "advertising"}
        for writer in writers:
            for spot, step, more in ((places[0], "publish", ()), (places[4], "reject", (why,))):
                made = await writer.post(f"{path}/{spot}/reviews", offers.review())
                label = f"POST {TOURISM}/reviews/{{review_id}}/{step}"
                self.wanted("tourism_editor", label, *more, review_id=made["id"])
            seen = await writer.post(f"{path}/{places[1]}/reviews", offers.review())
            await self.actors["tourism_editor"].post(f"{TOURISM}/reviews/{seen['id']}/publish")
            label = f"POST {TOURISM}/reviews/{{review_id}}/report"
            self.wanted("citizen", label, why, review_id=seen["id"])
        self.everybody(f"GET {path}/{{ref}}/reviews", "path", ref=places[1])
        await self._page("citizen", f"{TOURISM}/reviews/mine")
        await self._page("tourism_editor", f"{TOURISM}/reviews/queue")

    async def _itineraries(self, place: str) -> None:
        citizen, path = self.actors["citizen"], f"{TOURISM}/itineraries"
        made = [await citizen.post(path, offers.itinerary(place)) for _ in range(4)]
        one, shared, gone, open_ = (each["id"] for each in made)
        where = f"{path}/{{itinerary_id}}"
        self.wanted("citizen", f"POST {path}", offers.itinerary(place))
        self.wanted("citizen", f"PUT {where}", offers.itinerary(place), itinerary_id=one)
        for label in (f"GET {where}", f"GET {where}/plan", f"POST {where}/share"):
            self.wanted("citizen", label, itinerary_id=one)
        await citizen.post(f"{path}/{shared}/share")
        self.wanted("citizen", f"DELETE {where}/share", itinerary_id=shared)
        self.wanted("citizen", f"DELETE {where}", itinerary_id=gone)
        link = (await citizen.post(f"{path}/{open_}/share"))["link"]
        self.everybody(f"GET {TOURISM}/shared/{{token}}", "path", token=link.rpartition("/")[2])

    async def _datasets(self) -> None:
        path = f"{TOURISM}/datasets"
        for role in ("tourism_editor", "ops"):
            kept, gone = [await self.actors[role].post(path, _numbered(role, n)) for n in range(2)]
            where = f"{path}/{{dataset_id}}"
            self.wanted(role, f"POST {path}", _numbered(role, 2))
            self.wanted(role, f"PUT {where}", _numbered(role, 0), dataset_id=kept["id"])
            self.wanted(role, f"POST {where}/withdraw", dataset_id=gone["id"])
        self.everybody(f"GET {where}", "path", dataset_id=kept["id"])
        await self._page("guest", path)

    def _map(self, place: str) -> None:
        where = "GET /ogc/collections/{collection_id}"
        for label in (where, f"{where}/queryables", f"{where}/items"):
            self.everybody(label, "path", collection_id="places")
        self.everybody(f"{where}/items/{{feature_id}}", "path", collection_id="places", feature_id=place)
        self.everybody(f"GET {TOURISM}/nearby", "query", mix="museum", **offers.CENTRE)
        ends = {"from": "-6.1783,106.6319", "to": "-6.1823,106.6358"}
        self.everybody(f"GET {TOURISM}/route", "query", **ends)
        start = {"lat": -6.1783, "lon": 106.6319}
        for role in self.actors:
            self.note(role, f"POST {TOURISM}/route", "body", "", {"from": start, "to": offers.CENTRE})


def _numbered(role: str, number: int) -> dict[str, Any]:
    """Data sets are told apart by where they are read about."""
    return offers.dataset() | {"landing_page": f"https://data.example/{role}-{number}"}
