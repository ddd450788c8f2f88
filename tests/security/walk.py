"""People who do everything that takes text, with a canary in every field."""

import io
import re
from base64 import b64encode
from typing import Any

import httpx
from PIL import Image

from deploy.local.actors import Actor, photo
from shared.clock import SystemClock
from shared.ids import new_id
from tests.security.canaries import Bodies, Canaries

PHONE, LAT, LON = "+6281298760417", -6.1783, 106.6319


class Walk:
    """People who do everything that takes text, with a canary in each field; `answers` has what came back."""

    def __init__(self, http: httpx.AsyncClient, bodies: Bodies, canaries: Canaries, key: str) -> None:
        self.http, self.bodies, self.canaries, self.key = http, bodies, canaries, key
        self.accepted: set[str] = set()
        self.answers: list[httpx.Response] = []

    def actor(self) -> Actor:
        """Somebody with a front end, and a user agent of her own."""
        made = Actor(self.http, self.key)
        made.headers["User-Agent"] = self.canaries.new("header User-Agent")
        return made

    async def send(self, who: Actor, method: str, template: str, given: Any = None, **more: Any) -> Any:
        """Does it, with a canary in every text field that is not given; the answer must be a 2xx."""
        body = self.bodies.filled(method, template, given or {})
        path = template
        for name in re.findall(r"\{(\w+)\}", template):
            path = path.replace(f"{{{name}}}", str(more.pop(name, "")))
        answer = await who.call(method, path, body=body, **more)
        self.answers.append(answer)
        assert answer.is_success, (method, template, answer.text)
        self.accepted.add(f"{method} {template}")
        return answer.json() if answer.content else None

    async def sign_in(self, who: Actor, phone: str, code: str) -> dict[str, Any]:
        """A resident; her tokens are canaries too."""
        asked = await self.send(who, "POST", "/v1/auth/otp", {"phone": phone})
        given = {"challenge_id": asked["challenge_id"], "code": code}
        tokens: dict[str, Any] = await self.send(who, "POST", "/v1/auth/otp/verify", given)
        return self._signed(who, tokens)

    async def sign_in_staff(self, who: Actor, account: dict[str, Any]) -> dict[str, Any]:
        """A member of staff; the password is a canary too."""
        self.canaries.watch("a password", account["password"])
        given = {"username": account["username"], "password": account["password"]}
        return self._signed(who, await self.send(who, "POST", "/v1/auth/staff", given))

    def _signed(self, who: Actor, tokens: dict[str, Any]) -> dict[str, Any]:
        for name in ("access_token", "refresh_token"):
            self.canaries.watch(f"a token ({name})", tokens[name])
        who.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return tokens


async def everything(walk: Walk, demo: dict[str, Any]) -> tuple[Actor, dict[str, Any]]:
    """A resident, a guest and staff write into every field there is."""
    resident, guest = walk.actor(), walk.actor()
    tokens = await walk.sign_in(resident, PHONE, "9041726358")
    await walk.send(resident, "PATCH", "/v1/me")
    spare = await walk.sign_in(walk.actor(), PHONE, "9041726358")
    again = {"refresh_token": spare["refresh_token"]}
    again = await walk.send(walk.actor(), "POST", "/v1/auth/refresh", again)
    await walk.send(walk.actor(), "POST", "/v1/auth/logout", {"refresh_token": again["refresh_token"]})
    staff = {key: walk.actor() for key in ("laksa_officer", "laksa_verifier", "laksa_moderator")}
    for key, actor in staff.items():
        await walk.sign_in_staff(actor, demo["staff"][key])
    officer, verifier, moderator = staff.values()
    await _a_long_matter(walk, resident, officer, verifier, moderator)
    await _short_matters(walk, resident, guest, officer, moderator)
    await _cut_upload(walk, resident)
    return resident, tokens


async def _a_long_matter(
    walk: Walk, resident: Actor, officer: Actor, verifier: Actor, moderator: Actor
) -> None:
    ref = await _report(walk, resident, media=[await _upload(walk, resident)])
    for who, step, given in (
        (officer, "assign", {"assignee": "demo-1"}),
        (officer, "ask", {}),
        (resident, "answer", {"media": [await _upload(walk, resident)]}),
        (officer, "start", {}),
    ):
        await walk.send(who, "POST", f"/v1/laksa/reports/{{ref}}/{step}", given, ref=ref)
    evidence = {"evidence": [{"receipt": await _upload(walk, officer)}]}
    await walk.send(officer, "POST", "/v1/laksa/reports/{ref}/finish", evidence, ref=ref)
    await walk.send(verifier, "POST", "/v1/laksa/reports/{ref}/verify", {"passed": True}, ref=ref)
    await walk.send(resident, "POST", "/v1/laksa/reports/{ref}/challenge", ref=ref)
    await walk.send(moderator, "POST", "/v1/laksa/reports/{ref}/challenge/decide", {"upheld": False}, ref=ref)


async def _short_matters(walk: Walk, resident: Actor, guest: Actor, officer: Actor, moderator: Actor) -> None:
    ref = await _report(walk, resident)
    await walk.send(officer, "POST", "/v1/laksa/reports/{ref}/coordinate", ref=ref)
    await walk.send(moderator, "POST", "/v1/laksa/reports/{ref}/resume", ref=ref)
    await walk.send(officer, "POST", "/v1/laksa/reports/{ref}/hand-over", {"agency": "dishub"}, ref=ref)
    ref = await _report(walk, resident)
    reason = {"reason_code": "no_action_possible"}
    await walk.send(officer, "POST", "/v1/laksa/reports/{ref}/reject", reason, ref=ref)
    ref = await _report(walk, resident)
    await walk.send(resident, "POST", "/v1/laksa/reports/{ref}/withdraw", ref=ref)
    private = {"category": "perundungan", "media": [await _upload(walk, resident)]}
    private |= _sealed(walk, "description", "address")
    private["attributes"] = {"nama": walk.canaries.new("an answer to a category's question")}
    ref = await _report(walk, resident, **private)
    await walk.send(moderator, "POST", "/v1/laksa/reports/{ref}/moderate", ref=ref)
    coarse = {"category": "buang-sampah-liar", "attributes": {}, **_sealed(walk, "address")}
    walk.canaries.watch("an exact sensitive place", "6.172912", "106.631988")
    await _report(walk, resident, point={"lat": -6.172912, "lon": 106.631988}, **coarse)
    guest.headers["X-Device-Id"] = device = walk.canaries.new("header X-Device-Id")
    words = {name: walk.canaries.new(f"a guest's {name}") for name in ("description", "address")}
    made = await walk.send(guest, "POST", "/v1/laksa/reports", pothole() | words)
    walk.canaries.watch("a follow token", made["follow_token"])
    await walk.send(guest, "POST", "/v1/laksa/places/locate")
    walk.canaries.watch("a device", device)


async def _report(walk: Walk, who: Actor, **changes: Any) -> str:
    made = await walk.send(who, "POST", "/v1/laksa/reports", pothole() | changes)
    return str(made["id"])


def pothole() -> dict[str, Any]:
    place = {"lat": LAT, "lon": LON}
    return {
        "id": str(new_id()),
        "category": "jalan-berlubang",
        "point": place,
        "attributes": {"bahaya": "ya"},
    }


def _sealed(walk: Walk, *names: str) -> dict[str, str]:
    """Words that look public and are not: those of a sensitive report, with all that people write."""
    new, nik = walk.canaries.new, f"36710123{new_id().int % 10**8:08d}"
    walk.canaries.watch("a NIK", nik)
    return {
        name: f"Bu {new(f'private {name}')}, NIK {nik}, {new(f'private {name}: e-mail')}@demo.example"
        for name in names
    }


async def _cut_upload(walk: Walk, who: Actor) -> None:
    """A photo that never comes to its end; its name goes as tus wants it, in base64."""
    name = b64encode(walk.canaries.new("file name of a cut upload").encode()).decode()
    walk.canaries.watch("a file name in base64", name)
    said = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000", "Upload-Metadata": f"filename {name}"}
    answer = await walk.http.post("/v1/media", headers={**who.headers, **said})
    walk.answers.append(answer)
    assert answer.status_code == 201, answer.text


async def _upload(walk: Walk, who: Actor) -> str:
    """A photo whose file says who made it; its receipt."""
    said = photo(LAT, LON, SystemClock().now(), "demo")
    image, out = Image.open(io.BytesIO(said)), io.BytesIO()
    exif = image.getexif()
    for tag in (0x010E, 0x013B, 0x8298):  # description, artist, copyright
        exif[tag] = walk.canaries.new(f"EXIF {tag:#06x}")
    image.save(out, "JPEG", exif=exif, comment=walk.canaries.new("JPEG comment").encode())
    name = f"{walk.canaries.new('file name of an upload')}.jpg"
    files = {"file": (name, out.getvalue(), "image/jpeg")}
    answer = await walk.http.post("/v1/media", files=files, headers=who.headers)
    walk.answers.append(answer)
    assert answer.status_code == 201, answer.text
    receipt: str = answer.json()["receipt"]
    walk.canaries.watch("a receipt", receipt)
    return receipt
