"""Living values of the gateway's own desks for the fuzzer: front ends, providers, menus, notices, versions.

Whatever is disabled, rotated or suspended is made for that: never the front end that somebody calls with.
"""

from typing import Any

from tests.security.fuzz import people
from tests.security.fuzz.signing import SEEDED

ADMIN, SPEAKER = "/v1/admin", "/provider/v1"
EACH = 2
"""How many things there are for each step: the first success may use one up."""
CLIENT = {"name": "Demo: aplikasi", "type": "web", "platform": "web", "origins": ["https://demo.example"]}
VERSION = {"latest": "1.10.0", "minimum": "1.2.0", "required": False}
FLAG = {"is_on": True, "purpose": "demo: coba", "platforms": ["android"]}
BOTH = {"id": "Demo: sementara tutup", "en": "Demo: closed for now"}
SWITCH = {"state": "off", "reason": BOTH}
NOTICE = {
    "level": "warning",
    "title": BOTH,
    "text": BOTH,
    "starts_at": "2026-02-02T08:00:00+07:00",
    "ends_at": "2026-02-09T08:00:00+07:00",
}
SITE = "https://antrean.example.go.id"
DECLARATION = {
    "menus": [{"menu": "demo-antrean", "link": f"{SITE}/", "title": BOTH}],
    "home": {"section": "demo-antrean", "title": BOTH, "order": 300},
    "documents": {"layanan": BOTH},
    "request_kinds": {"antrean": BOTH},
    "link": f"{SITE}/kenalkan",
}
DOCUMENT = {"kind": "layanan", "title": BOTH, "summary": BOTH, "link": f"{SITE}/keliling", "source": "demo"}
CONTENT = {"items": [{"id": "dilayani", "title": BOTH, "link": f"{SITE}/antrean"}]}
STEPS = {"/disable": {"reason": "unused"}, "/enable": None, "/rotate": {}, "/end-old-key": None}
BEFORE = {"/enable": "/disable", "/end-old-key": "/rotate"}
BETWEEN = {"/suspend": people.SUSPENSION, "/resume": None, "/rotate-secret": {}}


def status(subject: str, number: str = "KTP-1") -> dict[str, Any]:
    """A word on somebody's request; it counts only when it is signed."""
    return {
        "subject": subject,
        "kind": "antrean",
        "number": number,
        "state": "menunggu",
        "state_label": BOTH,
        "next_step": BOTH,
        "link": f"{SITE}/antrean/1",
        "closed": False,
        "version": 1,
    }


class Halls:
    """Sows into a `Seeds` (its `city`, `people`, `note`); `subject`: what the provider calls the citizen."""

    def __init__(self, seeds: Any) -> None:
        self.seeds, self.note = seeds, seeds.note
        self.actors = {role: person.actor for role, person in seeds.people.items()}
        self.admin = self.actors["admin"]
        self.subject = ""

    async def sow(self) -> None:
        """Everything."""
        await self._clients()
        await self._providers()
        await self._start()
        await self._notices()
        await self._speaker()
        self._reading()

    def wanted(self, role: str, label: str, body: Any = None, **values: Any) -> None:
        """One call of this role."""
        for name, value in values.items():
            self.note(role, label, "path", name, value)
        if body is not None:
            self.note(role, label, "body", "", body)

    async def _clients(self) -> None:
        path, one = f"{ADMIN}/clients", f"{ADMIN}/clients/{{code}}"
        await self.admin.post(path, {**CLIENT, "code": "demo-shown"})
        for role in ("admin", "ops"):
            for label in (f"GET {one}", f"GET {one}/usage"):
                self.wanted(role, label, code="demo-shown")
        for number in range(EACH):
            self.wanted("admin", f"POST {path}", {**CLIENT, "code": f"demo-new-{number}"})
            for step, body in STEPS.items():
                code = f"demo{step.replace('/', '-')}-{number}"
                await self.admin.post(path, {**CLIENT, "code": code})
                if step in BEFORE:
                    await self.admin.post(f"{path}/{code}{BEFORE[step]}", STEPS[BEFORE[step]])
                self.wanted("admin", f"POST {one}{step}", body, code=code)
        await self._changing("clients", {"name": "Demo: lain"}, "demo-shown")

    async def _changing(self, what: str, change: dict[str, Any], code: str) -> None:
        """A PATCH, with the version it takes."""
        label = f"PATCH {ADMIN}/{what}/{{code}}"
        found = await self.admin.call("GET", f"{ADMIN}/{what}/{code}")
        self.wanted("admin", label, change, code=code)
        self.note("admin", label, "header", "If-Match", found.headers["ETag"])

    async def _providers(self) -> None:
        path, one = f"{ADMIN}/providers", f"{ADMIN}/providers/{{code}}"
        asked = {**people.PROVIDER, "burst": 100}
        await self.admin.post(path, {**asked, "code": "demo-shown"})
        for label in (f"GET {one}", f"GET {one}/status"):
            self.wanted("admin", label, code="demo-shown")
        for number in range(EACH):
            self.wanted("admin", f"POST {path}", {**asked, "code": f"demo-new-{number}"})
            for step, body in BETWEEN.items():
                code = f"demo{step.replace('/', '-')}-{number}"
                await self.admin.post(path, {**asked, "code": code})
                if step == "/resume":
                    await self.admin.post(f"{path}/{code}/suspend", people.SUSPENSION)
                self.wanted("admin", f"POST {one}{step}", body, code=code)
        await self._changing("providers", {"documents_limit": 900}, "demo-shown")

    async def _start(self) -> None:
        menu = (await self.actors["guest"].get("/v1/menus"))["services"][0]["menus"][0]["id"]
        where = f"{ADMIN}/menus/{{menu}}/switches"
        for verb, path, names, body in (
            ("DELETE", f"{ADMIN}/app-versions/{{platform}}", {"platform": "ios"}, VERSION),
            ("PUT", f"{ADMIN}/app-versions/{{platform}}", {"platform": "android"}, VERSION),
            ("DELETE", f"{ADMIN}/flags/{{name}}", {"name": "demo.gone"}, FLAG),
            ("PUT", f"{ADMIN}/flags/{{name}}", {"name": "demo.new"}, FLAG),
            ("DELETE", f"{where}/{{code}}", {"menu": menu, "code": "demo.gone"}, SWITCH),
            ("PUT", f"{where}/{{code}}", {"menu": menu, "code": "demo.new"}, SWITCH),
            ("GET", f"{where}/{{code}}", {"menu": menu, "code": "demo.kept"}, SWITCH),
            ("GET", where, {"menu": menu}, None),
        ):
            if verb != "PUT" and body:
                answer = await self.admin.call("PUT", path.format(**names), body=body)
                assert answer.is_success, answer.text
            self.wanted("admin", f"{verb} {path}", body if verb == "PUT" else None, **names)

    async def _notices(self) -> None:
        path, one = f"{ADMIN}/notices", f"{ADMIN}/notices/{{notice_id}}"
        for role in ("admin", "ops"):
            self.wanted(role, f"POST {path}", NOTICE)
            for verb in ("GET", "PUT", "DELETE"):
                made = await self.actors[role].call("POST", path, body=NOTICE)
                assert made.is_success, made.text
                body = NOTICE if verb == "PUT" else None
                self.wanted(role, f"{verb} {one}", body, notice_id=made.json()["id"])
                if body:
                    self.note(role, f"PUT {one}", "header", "If-Match", made.headers["ETag"])

    async def _speaker(self) -> None:
        """The provider has joined and published; the citizen has let it know her."""
        speaker, citizen = self.actors["provider"], self.actors["citizen"]
        documents = f"{SPEAKER}/documents"
        for path, body in (("declaration", DECLARATION), ("home", CONTENT), ("documents/gone", DOCUMENT)):
            answer = await speaker.call("PUT", f"{SPEAKER}/{path}", body=body)
            assert answer.is_success, answer.text
        link = "/v1/me/providers/{code}/link"
        self.subject = (await citizen.post(link.format(code="fuzz")))["subject"]
        self.wanted("citizen", f"POST {link}", code="fuzz")
        self.wanted("citizen", f"DELETE {link}", code="fuzz")
        self.wanted("provider", f"PUT {SPEAKER}/declaration", DECLARATION)
        self.wanted("provider", f"PUT {SPEAKER}/home", CONTENT)
        self.wanted("provider", f"PUT {documents}/{{doc_id}}", DOCUMENT, doc_id="keliling")
        self.wanted("provider", f"DELETE {documents}/{{doc_id}}", doc_id="gone")
        told = f"PUT {SPEAKER}/requests/{{number}}"
        known = (await people.newcomer(self.seeds.city, 88)).actor  # the citizen herself ends her link
        subject = (await known.post(link.format(code="fuzz")))["subject"]
        self.wanted("provider", told, status(subject), number="KTP-1")
        for name, value in SEEDED.items():
            self.note("provider", told, "header", name, value)

    def _reading(self) -> None:
        for role in self.actors:
            self.note(role, "GET /v1/search", "query", "q", "demo")
