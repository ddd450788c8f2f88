"""One write until it is acknowledged: the same key at every attempt, whatever dies meanwhile."""

import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.people import Person
from tests.chaos.record import Notebook, Write

_PATIENCE_SECONDS = 90
_LONGEST_PAUSE = 1.0
_AGAIN = frozenset({429, 500, 502, 503, 504})
_IN_FLIGHT = ("request_in_flight", "code_too_soon")
_KEPT = ("id", "code", "version", "media_id", "follow_token")


class Refused(Exception):
    """The city said no to something it had no reason to refuse; it is in the notebook."""


class GivenUp(Exception):
    """No answer within the client's patience; whether it was done is unknown."""


@dataclass
class Traffic:
    """What all clients of a run see together; `acknowledged` are (moment sent, moment answered)."""

    in_flight: int = 0
    acknowledged: list[tuple[float, float]] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)

    def acknowledged_since(self, moment: float) -> bool:
        """Whether a write first sent after `moment` was acknowledged (seconds of time.monotonic)."""
        return any(sent >= moment for sent, _ in reversed(self.acknowledged[-50:]))


@dataclass
class Sender:
    """Sends the writes of one client and keeps its notebook."""

    notebook: Notebook
    traffic: Traffic
    chance: random.Random

    async def send(self, person: Person, write: Write, path: str, **request: Any) -> dict[str, Any]:
        """The acknowledged answer. Raises Refused, or GivenUp after 90 s.

        Now and then the same write goes out twice at once, as from a phone that lost patience.
        """
        self.notebook.tries(write)
        began, pause = time.monotonic(), 0.1
        while time.monotonic() - began < _PATIENCE_SECONDS:
            sent = time.monotonic()
            twice = 2 if self.chance.random() < 0.05 else 1
            answers = await asyncio.gather(
                *(self._attempt(person, write.key, path, request) for _ in range(twice))
            )
            good = [answer for answer in answers if answer is not None and answer.is_success]
            if good:
                self.traffic.acknowledged.append((sent, time.monotonic()))
                return self._acknowledge(write, good)
            self._refuse(write, [answer for answer in answers if answer is not None])
            await asyncio.sleep(max(pause * self.chance.uniform(0.5, 1), _wanted(answers)))
            pause = min(pause * 1.6, _LONGEST_PAUSE)
        raise GivenUp(write.key)

    async def refresh(self, person: Person) -> None:
        """New tokens; a lost answer may cost nobody the session."""
        if person.should_refresh:
            write = Write(f"refresh-{self.chance.getrandbits(64):016x}", "refresh", person.name)
            body = {"refresh_token": person.refresh_token}
            person.refreshed(await self.send(person, write, "/v1/auth/refresh", json=body))

    async def _attempt(
        self, person: Person, key: str, path: str, request: dict[str, Any]
    ) -> httpx.Response | None:
        """One request; None if the connection broke."""
        headers = {**person.headers, "Idempotency-Key": key, **request.get("headers", {})}
        self.traffic.in_flight += 1
        try:
            answer = await person.http.post(path, **{**request, "headers": headers})
        except httpx.TransportError as error:
            self.traffic.answers[type(error).__name__] += 1
            return None
        finally:
            self.traffic.in_flight -= 1
        self.traffic.answers[str(answer.status_code)] += 1
        return answer

    def _acknowledge(self, write: Write, answers: list[httpx.Response]) -> dict[str, Any]:
        facts = [_facts(answer) for answer in answers]
        if any(each != facts[0] for each in facts[1:]):
            self.notebook.noticed(write.key, f"sent twice at once it was answered twice: {facts}")
        self.notebook.acknowledged(write, facts[0])
        return _body(answers[0])

    def _refuse(self, write: Write, answers: list[httpx.Response]) -> None:
        """Raises Refused unless sending again may help."""
        for answer in answers:
            code = _body(answer).get("code", "")
            if answer.status_code not in _AGAIN and code not in _IN_FLIGHT:
                self.notebook.refused(write, f"{answer.status_code} {code}")
                raise Refused(f"{write.action} {write.key}: {answer.status_code} {answer.text}")


def _facts(answer: httpx.Response) -> dict[str, Any]:
    """What the client holds the city to."""
    body = _body(answer)
    facts = {name: body[name] for name in _KEPT if body.get(name) is not None}
    return facts | ({"state": body["state"]["code"]} if "state" in body else {})


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body: dict[str, Any] = answer.json() if answer.content else {}
    except json.JSONDecodeError:
        return {}
    return body


def _wanted(answers: list[httpx.Response | None]) -> float:
    """The wait that a 429 asks for, in seconds; a 503's is advice for people and not waited for."""
    waits = [a.headers.get("Retry-After", "0") for a in answers if a is not None and a.status_code == 429]
    return max((float(wait) for wait in waits), default=0.0)
