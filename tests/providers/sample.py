"""A sample provider: a DEMO of the civil registry's queue for identity cards ("antrean KTP-el").

Everything in it is made up. It shows all that a system of the city has to do in order to join: declare
itself once, answer one URL for its section of home, publish what the search should find, and say how far a
resident's request is. To run it: `python -m tests.providers.sample GATEWAY KEY SECRET PORT`.
"""

import asyncio
import hashlib
import json
import sys
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn
from standardwebhooks.webhooks import Webhook

KIND, NAME, MENU = "antrean", "antrean-ktp", "civil-registry-queue"
SITE = "https://antrean.example.go.id"
STATES = {
    "menunggu": ({"id": "Menunggu", "en": "Waiting"}, {"id": "Tunggu dipanggil", "en": "Wait"}),
    "dipanggil": ({"id": "Dipanggil", "en": "Called"}, {"id": "Ke loket sekarang", "en": "Come"}),
    "selesai": ({"id": "Selesai", "en": "Done"}, {"id": "Tidak ada", "en": "None"}),
}


class IdCardQueue:
    """The queue, and its conversation with the city's gateway."""

    def __init__(
        self, gateway: str, key: str, secret: str, name: str = "antrean-ktp", menu: str = MENU
    ) -> None:
        self.name, self.menu = name, menu
        self._http = httpx.AsyncClient(base_url=gateway, headers={"X-Api-Key": key}, timeout=10)
        self._signing = Webhook(secret)
        self.now_serving = 1
        self.subjects: dict[int, str] = {}
        self.versions: dict[int, int] = {}
        self.asked = 0

    async def close(self) -> None:
        """Says nothing more."""
        await self._http.aclose()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI app: `GET /home.json` is its section of home, with an ETag."""
        if scope["type"] != "http":
            raise RuntimeError("only http")
        self.asked += 1
        body = json.dumps({"items": self.items()}).encode()
        etag = b'"%s"' % hashlib.sha256(body).hexdigest()[:16].encode()
        known = dict(scope["headers"]).get(b"if-none-match") == etag
        headers = [(b"content-type", b"application/json"), (b"etag", etag)]
        await send({"type": "http.response.start", "status": 304 if known else 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if known else body})

    def items(self) -> list[dict[str, Any]]:
        """What residents see at the first look."""
        number = self.now_serving
        title = {"id": f"[Demo] Nomor {number} dilayani", "en": f"[Demo] Now serving number {number}"}
        return [{"id": "dilayani", "title": title, "link": f"{SITE}/antrean"}]

    async def join(self, url: str | None) -> httpx.Response:
        """Declares everything; without `url` the section is pushed."""
        name = {"id": "Antrean KTP-el (demo)", "en": "ID card queue (demo)"}
        declaration = {
            "menus": [{"menu": self.menu, "link": f"{SITE}/", "title": name}],
            "home": {"section": self.name, "title": name, "order": 300, "menu": self.menu, "url": url},
            "documents": {"layanan": {"id": "Layanan", "en": "Service"}},
            "request_kinds": {KIND: name},
            "link": f"{SITE}/kenalkan",
        }
        return await self.put("/provider/v1/declaration", declaration)

    async def put(self, path: str, said: dict[str, Any]) -> httpx.Response:
        """Tells the gateway something that needs no signature."""
        return await self._http.put(path, json=said)

    async def push(self) -> httpx.Response:
        """The content of its section, where it is not asked for it."""
        return await self.put("/provider/v1/home", {"items": self.items()})

    async def publish(self) -> httpx.Response:
        """What the city's search should find."""
        document = {
            "kind": "layanan",
            "title": {"id": "Perekaman KTP-el keliling (demo)", "en": "Mobile ID card recording (demo)"},
            "summary": {"id": "Perekaman tanpa antre di kelurahan.", "en": "Recording without a queue."},
            "link": f"{SITE}/keliling",
            "source": "demo",
        }
        return await self.put("/provider/v1/documents/perekaman-keliling", document)

    async def withdraw(self, doc_id: str = "perekaman-keliling") -> httpx.Response:
        """What the search should find no longer."""
        return await self._http.delete(f"/provider/v1/documents/{doc_id}")

    async def say(self, number: int, state: str, at: datetime | None = None) -> httpx.Response:
        """How far a resident's number is, signed; each word has a higher version than the one before."""
        self.versions[number] = self.versions.get(number, 0) + 1
        label, following = STATES[state]
        status = {
            "subject": self.subjects[number],
            "kind": KIND,
            "number": f"KTP-{number}",
            "state": state,
            "state_label": label,
            "next_step": following,
            "link": f"{SITE}/antrean/{number}",
            "closed": state == "selesai",
            "version": self.versions[number],
        }
        return await self.send(f"/provider/v1/requests/KTP-{number}", status, at)

    async def send(self, path: str, status: dict[str, Any], at: datetime | None = None) -> httpx.Response:
        """One signed message, by Standard Webhooks."""
        body, moment = json.dumps(status), at or datetime.now(UTC)
        message = f"msg_{status['number']}_{status['version']}"
        headers = {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": self._signing.sign(message, moment, body),
        }
        return await self._http.put(path, content=body, headers=headers)

    async def standing(self) -> dict[str, Any]:
        """What the gateway thinks of it."""
        found: dict[str, Any] = (await self._http.get("/provider/v1/status")).json()
        return found


async def main(gateway: str, key: str, secret: str, port: int) -> None:
    """Answers until it is stopped; joins as soon as it does."""
    queue = IdCardQueue(gateway, key, secret)
    server = uvicorn.Server(uvicorn.Config(queue, host="127.0.0.1", port=port))
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.05)
    for answer in (await queue.join(f"http://127.0.0.1:{port}/home.json"), await queue.publish()):
        answer.raise_for_status()
    await serving


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], port=int(sys.argv[4])))
