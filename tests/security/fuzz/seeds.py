"""Living values for the fuzzer: reports in every state, files, sessions, tokens, and who may use them."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from deploy.local.actors import Actor, photo
from tests.journeys.conftest import MONUMENT, OTP
from tests.security.fuzz import people
from tests.security.fuzz.halls import Halls
from tests.security.fuzz.people import Person
from tests.security.fuzz.shops import Shops

T = TypeVar("T")
REPORTS = "/v1/laksa/reports"
EACH = 2
"""How many reports each role gets for each of its steps: the first success may use one up."""
#: How a report gets into a state: (state before, who, step, what is sent).
STEPS: Mapping[str, tuple[str, str, str, Any]] = {
    "assigned": ("received", "officer", "assign", None),
    "in_work": ("assigned", "officer", "start", None),
    "question": ("received", "officer", "ask", {"question": "demo: di sisi mana?"}),
    "coordination": ("received", "officer", "coordinate", {"reason": "demo: dua dinas"}),
    "finished": ("in_work", "officer", "finish", "evidence"),
    "done": ("finished", "verifier", "verify", {"passed": True}),
    "challenged": ("done", "reporter", "challenge", {"reason": "demo: masih berlubang"}),
}
KINDS = ("guest", "citizen", "officer")
DESK, FIELD, REPORTERS = ("officer", "head"), ("officer", "head", "crew"), ("citizen", "guest")
#: Which step, by whom, on a report in which state, with what.
WANTED: tuple[tuple[str, tuple[str, ...], str, Any], ...] = (
    ("assign", DESK, "received", {}),
    ("start", FIELD, "assigned", {"note": "demo: mulai"}),
    ("ask", DESK, "received", {"question": "demo: seberapa dalam?"}),
    ("answer", REPORTERS, "question", {"answer": "demo: sejengkal"}),
    ("hand-over", DESK, "received", {"agency": "dishub", "reason": "demo: jalan lain"}),
    ("hand-over", ("moderator",), "coordination", {"agency": "dishub", "reason": "demo: jalan lain"}),
    ("coordinate", DESK, "received", {"reason": "demo: dua dinas"}),
    ("resume", (*DESK, "moderator"), "coordination", {}),
    ("reject", DESK, "received", {"reason_code": "not_ours", "note": "demo: jalan provinsi"}),
    ("reject", ("moderator",), "coordination", {"reason_code": "not_ours", "note": "demo: jalan provinsi"}),
    ("moderate", ("police",), "moderation", {}),
    ("finish", FIELD, "in_work", "evidence"),
    ("verify", ("verifier",), "finished", {"passed": True}),
    ("challenge", REPORTERS, "done", {"reason": "demo: masih berlubang"}),
    ("challenge/decide", ("moderator",), "challenged", {"upheld": True, "note": "demo: betul"}),
    ("withdraw", REPORTERS, "received", {"reason": "demo: sudah beres"}),
)


class Seeds:
    """What was put into the city: {role: {label: {path|query|header: {name: [value]}, body: [value]}}}."""

    def __init__(self, city: Any, everybody: Mapping[str, Person]) -> None:
        self.city, self.people = city, everybody
        self.of: dict[str, dict[str, Any]] = {role: defaultdict(dict) for role in everybody}
        self._receipts: dict[str, str] = {}

    async def sow(self) -> None:
        """Everything, in some three seconds."""
        places = asyncio.Semaphore(6)

        async def bounded(work: Awaitable[T]) -> T:
            async with places:
                return await work

        jobs = [(wanted, role) for wanted in WANTED for role in wanted[1] for _ in range(EACH)]
        started = await asyncio.gather(*(bounded(self._begin(wanted, role)) for wanted, role in jobs))
        self.city.clock.advance(timedelta(minutes=1))
        for role in FIELD:
            self._receipts[role] = (await self.people[role].actor.upload(self.picture()))["receipt"]
        both = zip(jobs, started, strict=True)
        await asyncio.gather(*(bounded(self._end(*job, *begun)) for job, begun in both))
        await self._reading()
        await self._accounts()
        await Shops(self).sow()
        await Halls(self).sow()

    def note(self, role: str, label: str, place: str, name: str, *values: Any) -> None:
        """Adds values for one parameter, or with `body` as place for the body."""
        known = self.of[role][label]
        if place == "body":
            known.setdefault("body", []).extend(values)
        else:
            known.setdefault(place, {}).setdefault(name, []).extend(values)

    async def _begin(self, wanted: Any, role: str) -> tuple[Actor, str, dict[str, str], list[str]]:
        """A report, driven as far as it goes without evidence; (reporter, path, headers, steps left)."""
        reporter = self.people[role if role in REPORTERS else "citizen"].actor
        body = report_body("pencurian" if wanted[2] == "moderation" else "jalan-berlubang")
        made = await reporter.post(REPORTS, body)
        token = made["follow_token"]
        headers = {"X-Follow-Token": token} if token else {}
        path, left = f"{REPORTS}/{made['id']}", _steps_to(wanted[2])
        while left and left[0] != "finished":
            await self._step(reporter, path, headers, left.pop(0))
        return reporter, path, headers, left

    async def _end(
        self, wanted: Any, role: str, reporter: Actor, path: str, headers: dict[str, str], left: list[str]
    ) -> None:
        for state in left:
            await self._step(reporter, path, headers, state)
        step, _, _, sent = wanted
        label = f"POST {REPORTS}/{{ref}}/{step}"
        self.note(role, label, "path", "ref", path.rpartition("/")[2])
        self.note(role, label, "body", "", self._body(sent, role))
        for name, value in headers.items():
            self.note(role, label, "header", name, value)

    async def _step(self, reporter: Actor, path: str, headers: dict[str, str], state: str) -> None:
        _, who, step, sent = STEPS[state]
        actor = reporter if who == "reporter" else self.people[who].actor
        more = headers if who == "reporter" else {}
        answer = await actor.call("POST", f"{path}/{step}", body=self._body(sent, who), **more)
        assert answer.is_success, f"{step}: {answer.text}"

    def _body(self, sent: Any, role: str) -> Any:
        if sent != "evidence":
            return sent
        return {"evidence": [{"receipt": self._receipts[role]}], "note": "demo: sudah ditambal"}

    def picture(self) -> bytes:
        """A photo of this moment, at the monument."""
        return photo(*MONUMENT, self.city.clock.now(), "demo")

    async def _reading(self) -> None:
        """What everybody may read: reports by id and number, photos, further pages of every list."""
        citizen = self.people["citizen"].actor
        found = await citizen.post(REPORTS, report_body("lampu-jalan-mati"))
        page = await citizen.get(f"{REPORTS}?limit=1")
        left = await people.newcomer(self.city, 99)
        erasure = (await left.actor.call("DELETE", "/v1/me")).json()["id"]
        media = await citizen.upload(self.picture())
        query = dict(parse_qsl(urlsplit(media["urls"]["thumb"]).query))
        for role in self.people:
            for label in (f"GET {REPORTS}/{{ref}}", f"GET {REPORTS}/{{ref}}/timeline"):
                self.note(role, label, "path", "ref", found["id"], found["code"])
            self.note(role, "GET /v1/ledger-seals/{service}", "path", "service", "laksa")
            self.note(role, "GET /v1/media/{media_id}", "path", "media_id", media["media_id"])
            for name, value in query.items():
                self.note(role, "GET /v1/media/{media_id}", "query", name, value)
            self.note(role, f"GET {REPORTS}", "query", "cursor", page["next"])
            self.note(role, "GET /v1/erasures/{erasure_id}", "path", "erasure_id", erasure)
            self.note(role, f"POST {REPORTS}", "body", "", report_body("jalan-berlubang"))
            self.note(role, f"POST {REPORTS}", "header", "Idempotency-Key", "0" * 8)

    async def _uploads(self, role: str) -> None:
        """Photos that are on their way, one for each thing that can be done with them (tus 1.0.0)."""
        path = "/v1/media/uploads/{upload_id}"
        for method in ("GET", "PATCH", "POST", "DELETE"):
            headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "100000"}
            begun = await self.people[role].actor.call("POST", "/v1/media", **headers)
            self.note(role, f"{method} {path}", "path", "upload_id", begun.json()["upload_id"])
            self.note(role, f"{method} {path}", "header", "Upload-Offset", 0)
            self.note(role, f"{method} {path}", "header", "X-HTTP-Method-Override", "PATCH")

    async def _accounts(self) -> None:
        """Uploads, codes, sessions and tokens that may be used up, for one of each kind of people."""
        for number, role in enumerate(KINDS):
            person = self.people[role]
            await self._uploads(role)
            phones = [f"+62813000{number:02d}{index:03d}" for index in range(4)]
            self.note(role, "POST /v1/auth/otp", "body", "", *({"phone": each} for each in phones[:2]))
            for phone in phones[2:]:
                code = await person.actor.post("/v1/auth/otp", {"phone": phone})
                sent = {"challenge_id": code["challenge_id"], "code": OTP}
                self.note(role, "POST /v1/auth/otp/verify", "body", "", sent)
            await self._tokens(person, role)

    async def _tokens(self, person: Person, role: str) -> None:
        """Sessions of this person beside the one that asks."""
        staff = self.city.sign_ins["staff"]["laksa_officer"]
        account = {name: staff[name] for name in ("username", "password")}
        self.note(role, "POST /v1/auth/staff", "body", "", account)
        if role in REPORTERS:
            phone = self.city.sign_ins["citizens"][0]["phone"] if role == "citizen" else "+6281310000000"
            ended = [await self._citizen_session(person, phone) for _ in range(2)]
        else:
            ended = [await person.actor.post("/v1/auth/staff", account) for _ in range(2)]
        refresh = [{"refresh_token": tokens["refresh_token"]} for tokens in ended]
        self.note(role, "POST /v1/auth/refresh", "body", "", refresh[0])
        self.note(role, "POST /v1/auth/logout", "body", "", refresh[1])

    async def spare_sessions(self, person: Person, number: int) -> dict[str, Any]:
        """Path values for ending sessions: those of somebody new beside the one she uses."""
        for _ in range(2):
            await self._citizen_session(person, f"+62813200{number:05}")
        found = (await person.actor.get("/v1/me/sessions"))["items"]
        return {"path": {"session_id": [each["id"] for each in found if not each["current"]]}}

    async def _citizen_session(self, person: Person, phone: str) -> Any:
        challenge = await person.actor.post("/v1/auth/otp", {"phone": phone})
        sent = {"challenge_id": challenge["challenge_id"], "code": OTP}
        return await person.actor.post("/v1/auth/otp/verify", sent)


def report_body(category: str) -> dict[str, Any]:
    """A report beside the monument."""
    lat, lon = MONUMENT
    attributes = {"bahaya": "tidak"} if category == "jalan-berlubang" else {}
    point = {"lat": lat, "lon": lon}
    return {"category": category, "description": "demo: uji", "point": point, "attributes": attributes}


def _steps_to(state: str) -> list[str]:
    steps: list[str] = []
    while state in STEPS:
        steps.insert(0, state)
        state = STEPS[state][0]
    return steps
