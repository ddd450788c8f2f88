"""Administrators and a system of the city that joins: what it is told of a resident is hers alone."""

import asyncio
import json
from typing import Any

from standardwebhooks.webhooks import Webhook

from deploy.local.actors import Actor
from shared.clock import SystemClock
from tests.security.walk import Walk

CLIENTS, PROVIDERS = "/v1/admin/clients", "/v1/admin/providers"
CODE, SITE = "antrean-uji", "https://antrean.example.go.id/"
SUBJECT, NUMBER = "her name at a provider", "the number of her request at a provider"
#: What a provider told of her, and by which name it knows her: in her export, and nowhere after it.
HERS = frozenset({SUBJECT, NUMBER})
#: Where that stands while she is here.
HER_ROWS = ("gateway.provider_links", "gateway.requests", "gateway.feed")
#: Remarks of administrators, in clear, and in no audit, event or log.
DESKS = ("gateway.clients", "gateway.providers", "gateway.flags")


async def everything_of_desks(walk: Walk, demo: dict[str, Any], resident: Actor) -> None:
    """An administrator writes into every field there is; a provider tells a resident of her request."""
    admin = walk.actor()
    await admin.sign_in_staff(demo["staff"]["admin"])
    walk.canaries.watch("a token (admin)", admin.headers["Authorization"].removeprefix("Bearer "))
    remark = {name: walk.canaries.new(f"staff: {name}") for name in ("notes", "contact_office", "name")}
    known = {"owner": "disdukcapil", **remark}
    made = await walk.send(admin, "POST", CLIENTS, {"code": "uji", "type": "system", **known})
    walk.canaries.watch("a key of a front end", made["key"])
    at = {"If-Match": '"1.x"'}
    await walk.send(admin, "PATCH", f"{CLIENTS}/{{code}}", known, code="uji", **at)
    purpose = {"is_on": False, "purpose": walk.canaries.new("staff: what a flag is for")}
    await walk.send(admin, "PUT", "/v1/admin/flags/{name}", purpose, name="uji")
    await _provider(walk, admin, resident)


async def _provider(walk: Walk, admin: Actor, resident: Actor) -> None:
    name = {"id": "Antrean (demo)", "en": None}
    agreement = {"number": "DEMO/1", "legal_basis": "Perjanjian demo", "ends_on": "2099-12-31"}
    scopes = ["menus", "home", "search", "requests"]
    given = {"code": CODE, "agency": "disdukcapil", "name": name, "agreement": agreement, "scopes": scopes}
    given["hosts"] = ["antrean.example.go.id"]
    made = await walk.send(admin, "POST", PROVIDERS, given)
    for label in ("key", "signing_secret"):
        walk.canaries.watch(f"a provider's {label}", made[label])
    provider = Actor(walk.http, made["key"])
    async with asyncio.timeout(10):
        while (await provider.call("GET", "/provider/v1/status")).status_code == 401:
            await asyncio.sleep(0.05)
    said = {"request_kinds": {"antrean": name}, "documents": {"layanan": name}, "link": SITE}
    said["health"] = None
    await walk.send(provider, "PUT", "/provider/v1/declaration", said)
    document = {"kind": "layanan", "title": name, "summary": name, "link": SITE, "area": None}
    await walk.send(provider, "PUT", "/provider/v1/documents/{doc_id}", document, doc_id="a")
    await _status(walk, provider, resident, made["signing_secret"])
    change = {"agency": "disdukcapil"}
    await walk.send(admin, "PATCH", f"{PROVIDERS}/{{code}}", change, code=CODE, **{"If-Match": '"1.x"'})
    reason = {"cause": "other", "reason": walk.canaries.new("staff: why a provider is suspended")}
    await walk.send(admin, "POST", f"{PROVIDERS}/{{code}}/suspend", reason, code=CODE)


async def _status(walk: Walk, provider: Actor, resident: Actor, secret: str) -> None:
    linked = await walk.send(resident, "POST", "/v1/me/providers/{code}/link", code=CODE)
    walk.canaries.watch(SUBJECT, linked["subject"])
    number, words = walk.canaries.new(NUMBER), {"id": "Menunggu (demo)"}
    status = {"subject": linked["subject"], "kind": "antrean", "number": number, "state": "menunggu"}
    status |= {"state_label": words, "next_step": words, "link": f"{SITE}a", "closed": False, "version": 1}
    body, moment = json.dumps(status), SystemClock().now()
    signed = {
        "Content-Type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", moment, body),
    }
    path = f"/provider/v1/requests/{number}"
    for headers in ({**signed, "webhook-signature": "v1,AAAA"}, signed):
        answer = await walk.http.put(path, content=body, headers={**provider.headers, **headers})
        walk.answers.append(answer)
    assert answer.json()["taken"] is True, answer.text
    walk.accepted.add("PUT /provider/v1/requests/{number}")
