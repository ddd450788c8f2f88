"""Everybody who could try an operation, beside those who may: the headers they send, and what they are."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.local.actors import Actor
from tests.journeys.conftest import OTP
from tests.security.fuzz import people
from tests.security.fuzz.halls import CLIENT
from tests.security.fuzz.people import Person

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Caller:
    """`audiences` she belongs to; `ended`: her token, or the key of her front end, is not good any more."""

    headers: Headers
    audiences: frozenset[str] = frozenset({"public"})
    guest: bool = False
    ended: bool = False

    def refusal(self, audience: Iterable[str]) -> int | None:
        """The status that this operation owes her; None if she may try."""
        if self.ended:
            return 401
        if self.audiences & set(audience):
            return None
        return 401 if self.guest else 403


async def all_callers(town: Any, everybody: Mapping[str, Person]) -> dict[str, Caller]:
    """One of every role, strangers of the same kinds, people whose time is over, and systems."""
    known = {
        role: Caller(who.actor.headers, who.audiences, guest=role == "guest")
        for role, who in everybody.items()
    }
    other, officer = await town.resident(1), await people.signed_in(town, "laksa_officer_2")
    known["other citizen"] = Caller(other.headers, everybody["citizen"].audiences)
    known["other agency's officer"] = Caller(officer.headers, everybody["officer"].audiences)
    return known | await _former(town) | await _systems(town, everybody["admin"].actor, other)


async def _former(town: Any) -> dict[str, Caller]:
    """Their sessions were ended by themselves; the tokens would be good for minutes."""
    found = {}
    resident, officer = (town.guest() for _ in range(2))
    challenge = await resident.post("/v1/auth/otp", {"phone": "+6281320077001"})
    given = {"challenge_id": challenge["challenge_id"], "code": OTP}
    account = {name: town.sign_ins["staff"]["laksa_crew"][name] for name in ("username", "password")}
    for name, actor, path, body in (
        ("former citizen", resident, "/v1/auth/otp/verify", given),
        ("former officer", officer, "/v1/auth/staff", account),
    ):
        tokens = await actor.post(path, body)
        await actor.call("POST", "/v1/auth/logout", body={"refresh_token": tokens["refresh_token"]})
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        found[name] = Caller({**actor.headers, **bearer}, ended=True)
    return found


async def _systems(town: Any, admin: Actor, other: Actor) -> dict[str, Caller]:
    """A partner, a provider with somebody's token beside its key, and two that were put away."""
    partner = await admin.post("/v1/admin/clients", {**CLIENT, "code": "demo-partner", "kind": "partner"})
    gone = await admin.post("/v1/admin/clients", {**CLIENT, "code": "demo-disabled"})
    await admin.post("/v1/admin/clients/demo-disabled/disable", {"reason": "leaked"})
    speaker, _ = await people.joined(town, "demo-suspended")
    await admin.post("/v1/admin/providers/demo-suspended/suspend", people.SUSPENSION)
    disabled, both = Actor(town.http, gone["key"]), {**speaker.headers}
    both["Authorization"] = other.headers["Authorization"]
    async with asyncio.timeout(10):
        while (await disabled.call("GET", "/v1/menus")).status_code != 401:
            await asyncio.sleep(0.05)
        while (await Actor(town.http, partner["key"]).call("GET", "/v1/menus")).status_code != 200:
            await asyncio.sleep(0.05)
        while (await speaker.call("PUT", "/provider/v1/home", body={"items": []})).status_code != 403:
            await asyncio.sleep(0.05)
    system = frozenset({"public", "provider"})
    return {
        "partner": Caller({"X-Api-Key": partner["key"]}, guest=True),
        "disabled front end": Caller(disabled.headers, ended=True),
        "suspended provider": Caller(speaker.headers, system),
        "suspended provider with a citizen's token": Caller(both, system),
    }
