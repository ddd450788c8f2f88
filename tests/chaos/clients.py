"""What the clients of a kill test do: lives of reports, from a photo to done, over and over."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from deploy.local.actors import photo
from shared.ids import new_id
from tests.chaos.people import Person
from tests.chaos.record import Write
from tests.chaos.sending import GivenUp, Refused, Sender

_PLACE = (-6.1783, 106.6319)
_CATEGORY = "jalan-berlubang"
REPORTER = "reporter"
MARK = "demo kill test "
#: How often of 20, and what happens to such a report after it was sent. The last is left as it came in.
LIVES: tuple[tuple[int, str], ...] = (
    (8, "assign start finish verify"),
    (2, "assign start finish fail start finish verify"),
    (2, "assign ask answer start finish verify"),
    (2, "assign start finish verify challenge uphold start finish verify"),
    (2, "assign start finish verify challenge decline"),
    (1, "withdraw"),
    (1, "assign withdraw"),
    (1, "reject"),
    (1, ""),
)


@dataclass(frozen=True)
class Step:
    """A thing to do with a report: by whom, the path's last part, and the body."""

    by: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)


STEPS = {
    "assign": Step("desk", "assign"),
    "start": Step("crew", "start"),
    "ask": Step("desk", "ask", {"question": "demo: di lajur mana?"}),
    "answer": Step(REPORTER, "answer", {"answer": "demo: lajur kiri"}),
    "finish": Step("crew", "finish", {"note": "demo: ditambal"}),
    "verify": Step("verifier", "verify", {"passed": True}),
    "fail": Step("verifier", "verify", {"passed": False, "note": "demo: belum rata"}),
    "challenge": Step(REPORTER, "challenge", {"reason": "demo: berlubang lagi"}),
    "uphold": Step("moderator", "challenge/decide", {"upheld": True, "note": "demo: benar"}),
    "decline": Step("moderator", "challenge/decide", {"upheld": False, "note": "demo: sudah baik"}),
    "withdraw": Step(REPORTER, "withdraw"),
    "reject": Step("desk", "reject", {"reason_code": "not_ours", "note": "demo: bukan jalan kota"}),
}


@dataclass
class Client:
    """One client: a reporter and the staff who deal with what she reports, all through the gateway.

    `spare` are refresh tokens of sessions she may end: each end is an event of the gateway's own.
    """

    reporter: Person
    staff: dict[str, Person]
    sender: Sender
    chance: random.Random
    spare: list[str] = field(default_factory=list)
    stopping: bool = False

    async def run(self) -> None:
        """Reports until told to stop; the last report's life is lived to its end."""
        lives = [life.split() for often, life in LIVES for _ in range(often)]
        while not self.stopping:
            try:
                await self._live(self.chance.choice(lives))
            except (Refused, GivenUp):
                continue  # it is in the notebook; the comparison lists it

    async def _live(self, life: list[str]) -> None:
        for person in (self.reporter, *self.staff.values()):
            await self.sender.refresh(person)
        report = await self._submit(await self._photos(self.reporter, self.chance.choice((0, 0, 1, 2))))
        for name in life:
            answer = await self._step(report, name)
            report["version"] = answer["version"]
            if self.chance.random() < 0.2:
                await self._follow(report)
        if self.spare and self.chance.random() < 0.5:
            await self._sign_out(self.spare.pop())

    async def _submit(self, media: list[dict[str, Any]]) -> dict[str, Any]:
        key = self._key("submit")
        body: dict[str, Any] = {
            "category": _CATEGORY,
            "description": f"{MARK}{key}",
            "point": {"lat": _PLACE[0], "lon": _PLACE[1]},
            "attributes": {"bahaya": "tidak"},
            "media": [each["receipt"] for each in media],
        }
        if self.chance.random() < 0.5:  # an app that works offline makes the id itself
            body["id"] = str(new_id())
        write = Write(key, "submit", self.reporter.name, sent=_files(media))
        return await self.sender.send(self.reporter, write, "/v1/laksa/reports", json=body)

    async def _step(self, report: dict[str, Any], name: str) -> dict[str, Any]:
        step = STEPS[name]
        person = self.reporter if step.by == REPORTER else self.staff[step.by]
        body, media = dict(step.body), []
        if name == "finish":
            media = await self._photos(person, self.chance.choice((1, 1, 2)))
            body["evidence"] = [{"receipt": each["receipt"]} for each in media]
        action = step.path.rpartition("/")[2]
        write = Write(self._key(name), action, person.name, report["id"], _files(media))
        path = f"/v1/laksa/reports/{report['id']}/{step.path}"
        return await self.sender.send(person, write, path, json=body, headers=self._token(person, report))

    async def _photos(self, person: Person, count: int) -> list[dict[str, Any]]:
        return [await self._upload(person) for _ in range(count)]

    async def _upload(self, person: Person) -> dict[str, Any]:
        words = f"{self.chance.getrandbits(16):04x}"  # an equal photo would be the same upload
        picture = photo(*_PLACE, datetime.now(UTC), words, size=(160, 120))
        write = Write(self._key("upload"), "upload", person.name)
        kind = {"Content-Type": "image/jpeg"}
        return await self.sender.send(person, write, "/v1/media", content=picture, headers=kind)

    async def _sign_out(self, token: str) -> None:
        write = Write(self._key("sign_out"), "sign_out", self.reporter.name)
        await self.sender.send(self.reporter, write, "/v1/auth/logout", json={"refresh_token": token})

    async def _follow(self, report: dict[str, Any]) -> None:
        """What was acknowledged is there at the next look; an answer that does not come says nothing."""
        path, headers = f"/v1/laksa/reports/{report['id']}", self._token(self.reporter, report)
        try:
            answer = await self.reporter.http.get(path, headers={**self.reporter.headers, **headers})
        except httpx.TransportError:
            return
        if answer.status_code == 200 and answer.json()["version"] < report["version"]:
            told = f"read as version {answer.json()['version']} after {report['version']} was acknowledged"
            self.sender.notebook.noticed(report["id"], told)
        elif answer.status_code in (403, 404):
            self.sender.notebook.noticed(report["id"], f"{answer.status_code} after it was acknowledged")

    def _token(self, person: Person, report: dict[str, Any]) -> dict[str, str]:
        """A guest has nothing but the token she was given."""
        token = report.get("follow_token") if person is self.reporter else None
        return {"X-Follow-Token": token} if token else {}

    def _key(self, name: str) -> str:
        return f"{name}-{self.chance.getrandbits(96):024x}"


def _files(media: list[dict[str, Any]]) -> dict[str, Any]:
    return {"media": [each["media_id"] for each in media]} if media else {}


async def run_all(clients: list[Client], until: asyncio.Event) -> None:
    """Lets all clients work until the event is set, then waits for the lives under way."""
    tasks = [asyncio.create_task(client.run()) for client in clients]
    waiting = asyncio.create_task(until.wait())
    done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    for client in clients:
        client.stopping = True
    for task in done - {waiting}:
        task.result()  # a client that ended before its time broke
    await asyncio.gather(*tasks)
