"""People of a newsroom and what they do, for the tests of svc-news."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select

from shared import media
from shared.auth import Caller
from shared.clock import ManualClock
from shared.ids import new_id
from shared.runtime import Runtime
from shared.tables import outbox
from shared.testing import Keys

TANGERANG, JATIUWUNG = "36.71.01", "36.71.02"


class Newsroom:
    """`get`, `post` and `put` answer whatever came back; the others insist that it went well."""

    def __init__(self, app: FastAPI, client: AsyncClient, keys: Keys, clock: ManualClock) -> None:
        self.run: Runtime = app.state.runtime
        self.client, self.keys, self.clock = client, keys, clock
        self.guest = Caller()
        self.citizen = Caller(kind="citizen", sub="c-1")
        self.author = self.staff("news_author", "s-author")
        self.colleague = self.staff("news_author", "s-colleague")
        self.editor = self.staff("editor", "s-editor")
        self.deputy = self.staff("editor", "s-deputy")

    @staticmethod
    def staff(role: str, sub: str) -> Caller:
        """Somebody with one role."""
        return Caller(kind="staff", sub=sub, roles=frozenset({role}))

    def headers(self, caller: Caller) -> dict[str, str]:
        """What the gateway would send."""
        return self.keys.identity(caller, "svc-news", self.clock.now()) if caller.kind != "anonymous" else {}

    async def get(self, path: str, caller: Caller | None = None, **headers: str) -> Response:
        """A guest's GET, unless somebody is named."""
        sent = self.headers(caller or self.guest) | {k.replace("_", "-"): v for k, v in headers.items()}
        return await self.client.get(path, headers=sent)

    async def post(self, caller: Caller, path: str, body: Any = None, **headers: str) -> Response:
        """POST below /v1/news/articles with a fresh key, unless one is given."""
        sent = {"Idempotency-Key": str(new_id())} | {k.replace("_", "-"): v for k, v in headers.items()}
        url = f"/v1/news/articles{path}"
        return await self.client.post(url, json=body or {}, headers=self.headers(caller) | sent)

    async def put(self, caller: Caller, made: Mapping[str, Any], body: Any, **headers: str) -> Response:
        """The text of an article anew, as the version it was read in."""
        sent = {"If-Match": f'"{made["version"]}.x"'} | {k.replace("_", "-"): v for k, v in headers.items()}
        url = f"/v1/news/articles/{made['id']}"
        return await self.client.put(url, json=body, headers=self.headers(caller) | sent)

    async def draft(self, caller: Caller | None = None, **more: Any) -> dict[str, Any]:
        """An article that was begun, by the author unless told otherwise."""
        answer = await self.post(caller or self.author, "", article(**more))
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def act(
        self, caller: Caller, made: Mapping[str, Any], action: str, body: Any = None
    ) -> dict[str, Any]:
        """A step that must succeed, whatever version was seen."""
        answer = await self.post(caller, f"/{made['id']}/{action}", body, If_Match="*")
        assert answer.status_code == 200, (action, answer.text)
        done: dict[str, Any] = answer.json()
        return done

    async def published(self, **more: Any) -> dict[str, Any]:
        """From the author's draft to what the public reads; a minute passes."""
        made = await self.draft(**more)
        await self.act(self.author, made, "submit")
        done = await self.act(self.editor, made, "publish")
        self.clock.advance(timedelta(minutes=1))
        return done

    async def corrected(
        self, made: Mapping[str, Any], note: str = "Demo: angka diperbaiki", **more: Any
    ) -> dict[str, Any]:
        """The article with another text, by an editor."""
        body = {"article": article(**more), "note": {"id": note, "en": "Demo: figure put right"}}
        done = await self.act(self.editor, made, "correct", body)
        self.clock.advance(timedelta(minutes=1))
        return done

    async def withdrawn(self, made: Mapping[str, Any]) -> dict[str, Any]:
        """Taken back by an editor."""
        reason = {"id": "Demo: sumbernya keliru", "en": "Demo: the source was wrong"}
        done = await self.act(self.editor, made, "withdraw", {"reason": reason})
        self.clock.advance(timedelta(minutes=1))
        return done

    async def read(self, ref: Any, **headers: str) -> dict[str, Any]:
        """The article as the public reads it."""
        answer = await self.get(f"/v1/news/articles/{ref}", **headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def listed(self, query: str = "") -> list[str]:
        """The ids of the public list, newest first."""
        answer = await self.get(f"/v1/news/articles?{query}")
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    def receipt(self, owner: Caller, **more: Any) -> str:
        """A receipt of an upload a moment ago, as the gateway signs it."""
        facts: dict[str, Any] = {
            "media_id": new_id(),
            "owner": owner.scope,
            "sha256": new_id().hex * 2,
            "type": "image/jpeg",
            "size": 1_000,
            "stored_at": self.clock.now(),
        }
        return media.issue(media.Receipt(**facts | more), self.keys.signer, self.clock.now())

    async def told(self, article_id: str) -> list[tuple[str, int, dict[str, Any]]]:
        """(type, version, data) of every event about an article, in order."""
        async with self.run.database.transaction() as session:
            mine = select(outbox).where(outbox.c.entity_id == article_id).order_by(outbox.c.id)
            return [(row.type, row.entity_version, row.data) for row in await session.execute(mine)]

    async def pass_time(self, by: timedelta) -> int:
        """Time passes and what is due is done; how many timers fired."""
        self.clock.advance(by)
        return await self.run.timers.run_due()


def article(**more: Any) -> dict[str, Any]:
    """The body of a draft; title, summary and body may be given as plain Indonesian."""
    body: dict[str, Any] = {
        "kind": "news",
        "title": {"id": "Demo: taman kota dibuka", "en": "Demo: city park opens"},
        "summary": {"id": "Demo: taman baru di Cikokol.", "en": "Demo: a new park in Cikokol."},
        "body": {"id": "Demo: **taman** dibuka pagi ini."},
    }
    if more.get("kind") == "agenda":
        body["event"] = event()
    if more.get("kind") == "hoax_clarification":
        body["claim"] = claim()
    given = {
        name: {"id": value} if name in ("title", "summary", "body") and isinstance(value, str) else value
        for name, value in more.items()
    }
    return body | given


def event(**more: Any) -> dict[str, Any]:
    """An evening in the centre, unless told otherwise."""
    times = {"starts_at": "2026-02-07T19:00:00+07:00", "ends_at": "2026-02-07T22:00:00+07:00"}
    place = {"place": "Demo: alun-alun", "point": {"lat": -6.1729, "lon": 106.6319}}
    return (
        (times if not more.keys() & {"starts_on", "starts_at"} else {})
        | place
        | {"organiser": "Demo: dinas kebudayaan"}
        | more
    )


def claim(**more: Any) -> dict[str, Any]:
    """Something that goes around and is not so."""
    return {
        "claim": {"id": "Demo: air PAM dihentikan seminggu", "en": "Demo: no tap water for a week"},
        "verdict": "false",
        "sources": [{"name": "Demo: perusahaan air", "url": "https://contoh.example/siaran"}],
    } | more
