"""A service that collects from servers of the test, and those who look after its sources."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import delete, func, select, text

from shared.auth import Caller
from shared.clock import ManualClock
from shared.ids import new_id
from shared.runtime import Runtime
from shared.tables import outbox
from shared.testing import Keys
from svc_news.collected.models import CollectedItem
from svc_news.collecting.usecases import collect_due
from svc_news.sources.models import Source

HEAD = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>x</title>'
HEAD += "<link>https://kota.example/</link>"


def feed(*titles: str, at: datetime | None = None, **more: str) -> str:
    """RSS of these titles, one minute apart, the first the newest; `guid` and `about` may be given."""
    items = []
    for n, title in enumerate(titles):
        date = (at - timedelta(minutes=n)).strftime("%a, %d %b %Y %H:%M:%S +0000") if at else ""
        key = more.get("guid", title)
        about = more.get("about", f"Tentang {title}")
        items.append(
            f"<item><title>{title}</title><link>https://kota.example/{abs(hash(key))}</link>"
            f'<guid isPermaLink="false">{key}</guid><pubDate>{date}</pubDate>'
            f"<description>{about}</description></item>"
        )
    return f"{HEAD}{''.join(items)}</channel></rss>"


class Wire:
    """What editors, ops and readers do, and the collector's rounds."""

    def __init__(self, app: FastAPI, client: AsyncClient, keys: Keys, clock: ManualClock) -> None:
        self.app, self.run = app, app.state.runtime
        self.client, self.keys, self.clock = client, keys, clock
        self.editor = Caller(kind="staff", sub="s-editor", roles=frozenset({"editor"}))
        self.ops = Caller(kind="staff", sub="s-ops", roles=frozenset({"ops"}))
        self.author = Caller(kind="staff", sub="s-author", roles=frozenset({"news_author"}))
        self.guest = Caller()

    async def call(
        self, method: str, path: str, caller: Caller | None = None, body: Any = None, **headers: str
    ) -> Response:
        """Anything below /v1/news."""
        who = caller or self.guest
        sent = {n.replace("_", "-"): v for n, v in headers.items()}
        if who.kind != "anonymous":
            sent |= self.keys.identity(who, "svc-news", self.clock.now())
        if method == "POST":
            sent.setdefault("Idempotency-Key", str(new_id()))
        return await self.client.request(method, f"/v1/news{path}", headers=sent, json=body)

    async def add(self, url: str, code: str = "kota", **more: Any) -> dict[str, Any]:
        """A source that is accepted."""
        body = {"code": code, "name": code.title(), "url": url, "kind": "press", "attribution": f"© {code}"}
        answer = await self.call("POST", "/sources", self.editor, body | more)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def managed(self, code: str = "kota") -> dict[str, Any]:
        """What its managers see of a source."""
        answer = await self.call("GET", f"/sources/{code}", self.ops)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["managed"]
        return found

    async def change(self, code: str, **more: Any) -> dict[str, Any]:
        """A change that is accepted."""
        answer = await self.call("PATCH", f"/sources/{code}", self.editor, more)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["managed"]
        return found

    async def listed(self, query: str = "") -> list[dict[str, Any]]:
        """Everything of the list, page by page."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            answer = await self.call("GET", f"/collected?{query}{cursor}")
            assert answer.status_code == 200, answer.text
            items += answer.json()["items"]
            if answer.json()["next"] is None:
                return items
            cursor = f"&cursor={answer.json()['next']}"

    async def titles(self, query: str = "") -> list[str]:
        """Their titles."""
        return [item["title"] for item in await self.listed(query)]

    async def round(self, after: timedelta = timedelta(0)) -> int:
        """Time passes, and whoever is due is visited; how many."""
        self.clock.advance(after)
        return await collect_due(self.run)

    async def next_round(self) -> int:
        """The next time every source is due."""
        return await self.round(timedelta(hours=25))

    async def events(self, name: str) -> Sequence[Any]:
        """Outbox rows of one name, in order."""
        async with self.run.database.transaction() as session:
            where = outbox.c.type == f"news.{name}"
            return (await session.execute(select(outbox).where(where).order_by(outbox.c.id))).all()

    async def count(self) -> int:
        """How many items are kept."""
        async with self.run.database.transaction() as session:
            return await session.scalar(select(func.count()).select_from(CollectedItem)) or 0


async def empty(run: Runtime) -> None:
    """Nothing is left of the test before."""
    async with run.database.transaction() as session:
        for table in (CollectedItem, Source):
            await session.execute(delete(table))
        await session.execute(delete(outbox))
        await session.execute(text("DELETE FROM idempotency"))
