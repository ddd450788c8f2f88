"""Who calls while the merged document is fuzzed: one person for every role, with what she sends each time."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.actors import Actor
from tests.journeys.conftest import OTP

#: Where the test leaves its table for the end of pytest's output.
TOLD = pytest.StashKey[list[str]]()
#: The key in demo-users.yaml of everybody who signs in with a password.
STAFF = {
    "officer": "laksa_officer",
    "head": "laksa_head",
    "crew": "laksa_crew",
    "verifier": "laksa_verifier",
    "moderator": "laksa_moderator",
    "police": "laksa_officer_police",
    "counter": "laksa_counter",
    "market_surveyor": "market_surveyor",
    "price_supervisor": "price_supervisor",
    "news_author": "news_author",
    "editor": "editor",
    "tourism_editor": "tourism_editor",
    "leader": "leader",
    "ops": "ops",
    "admin": "admin",
}
ROLES = ("guest", "citizen", "provider", *STAFF)
#: What a system of the city says when it joins; a demo that asks for everything a provider may have.
PROVIDER: Mapping[str, Any] = {
    "name": {"id": "Antrean (demo)", "en": "Queue (demo)"},
    "agency": "disdukcapil",
    "agreement": {"number": "DEMO/1/2026", "legal_basis": "Perjanjian demo", "ends_on": "2026-12-31"},
    "scopes": ["menus", "home", "search", "requests"],
    "hosts": ["antrean.example.go.id"],
    "rate_per_second": 200,
    "burst": 2_000,
}

SUSPENSION = {"cause": "other", "reason": "demo"}


@dataclass
class Person:
    """An actor and the audiences of `x-city` she belongs to."""

    role: str
    actor: Actor
    audiences: frozenset[str]
    secret: str = ""
    """What a provider signs with."""

    @property
    def schemes(self) -> dict[str, Any]:
        """What the security schemes of the document need."""
        held = self.actor.headers
        token = held.get("Authorization", "").removeprefix("Bearer ")
        signed = {"bearer": {"bearer": token}} if token else {}
        return {"api_key": {"api_key": held["X-Api-Key"]}, **signed}

    @property
    def headers(self) -> dict[str, str]:
        """What goes with every request, beside the schemes."""
        kept = ("Accept-Language", "X-Device-Id")
        return {name: value for name, value in self.actor.headers.items() if name in kept}

    def named(self, operation: dict[str, Any]) -> bool:
        """Whether the operation names her kind or her role, beside the public."""
        return bool((self.audiences - {"public"}) & set(operation["x-city"]["audience"]))

    def admitted(self, operation: dict[str, Any]) -> bool:
        """Whether the operation says that she may call it."""
        return bool(self.audiences & set(operation["x-city"]["audience"]))


async def newcomer(city: Any, number: int) -> Person:
    """Somebody whose account is new, to be used up."""
    actor = city.guest()
    await actor.sign_in(f"+62813200{number:05}", OTP)
    return Person("citizen", actor, frozenset({"public", "citizen"}))


async def arrive(city: Any, role: str) -> Person:
    """The person of this role, signed in unless she is a guest."""
    if role == "guest":
        actor = city.guest()
        actor.headers["X-Device-Id"] = f"fuzz-{uuid4().hex}"
        return Person(role, actor, frozenset({"public"}))
    if role == "citizen":
        return Person(role, await city.resident(), frozenset({"public", "citizen"}))
    if role == "provider":
        actor, secret = await joined(city, "fuzz")
        return Person(role, actor, frozenset({"public", "provider"}), secret)
    key = STAFF[role]
    audiences = {"public", "staff", *(f"staff:{each}" for each in city.sign_ins["staff"][key]["roles"])}
    return Person(role, await signed_in(city, key), frozenset(audiences))


async def signed_in(city: Any, key: str) -> Actor:
    """A member of staff, signed in once: nobody's one-time code is good a second time."""
    if key not in city.staff:
        city.staff[key] = await city.officer(key)
    found: Actor = city.staff[key]
    return found


async def joined(city: Any, code: str) -> tuple[Actor, str]:
    """A system of the city that has joined, known to the edge, and the secret it signs with."""
    admin = await signed_in(city, "admin")
    made = await admin.post("/v1/admin/providers", {**PROVIDER, "code": code})
    actor = Actor(city.http, made["key"])
    async with asyncio.timeout(10):
        while (await actor.call("GET", "/provider/v1/status")).status_code == 401:
            await asyncio.sleep(0.05)
    return actor, str(made["signing_secret"])
