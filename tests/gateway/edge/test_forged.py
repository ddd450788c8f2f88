"""The token attack list of the reliability page: all 401, all the same body, nobody else asked.

The same list is tried at a service's own door, where the gateway's word about a caller is a token too.
"""

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from httpx import Response
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.local import identity_keys
from shared.clock import ManualClock

#: What a token must say where it is taken: its type, and the claims it needs beside iat and exp.
ACCESS = ("access", {"iss": "gateway", "aud": "gateway", "kind": "staff", "sub": "x", "sid": "s"})
IDENTITY = ("identity", {"iss": "gateway", "aud": "svc-news", "kind": "staff", "sub": "x", "sid": "s"})
LIFETIME = {"access": 600, "identity": 60}
Attacks = dict[str, str]


class Listener:
    """A server somewhere else, that nobody should ask for keys."""

    def __init__(self) -> None:
        self.asked, self.port = 0, 0

    async def handle(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        writer.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
async def listener() -> AsyncIterator[Listener]:
    made = Listener()
    async with await asyncio.start_server(made.handle, "127.0.0.1", 0) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, clock: ManualClock) -> Path:
    """Keys changed a day ago and a minute ago: both former ones verify only what they had signed by then."""
    made = tmp_path_factory.mktemp("rotated")
    identity_keys.ensure_identity_keys(made)
    for number, ago in enumerate((86_400, 60)):
        (made / f"former-{number}.json").write_bytes((made / "keys" / "identity.jwk.json").read_bytes())
        moment = clock.now().timestamp() - ago
        identity_keys.rotate(made, lambda moment=moment: moment, lambda _: None)  # type: ignore[misc]
    return made


@pytest.fixture(scope="module")
async def _town(open_town: Callable[..., Any], folder: Path) -> AsyncIterator[Any]:
    keys = folder / "keys"
    names = {"identity_jwks": keys / "identity.jwks.json", "identity_key": keys / "identity.jwk.json"}
    async with open_town(**names) as made:
        yield made


@pytest.fixture
def forge(
    folder: Path, clock: ManualClock, listener: Listener
) -> Callable[[str, Mapping[str, Any]], Attacks]:
    """`forge(typ, claims)`: name -> token; `good` is one that is taken."""

    def forged(typ: str, claims: Mapping[str, Any]) -> Attacks:
        now = int(clock.now().timestamp())
        whole = {**claims, "iat": now, "exp": now + LIFETIME[typ]}
        key = read(folder / "keys" / "identity.jwk.json")
        head = {"alg": "ES256", "kid": key.kid, "typ": typ}
        made = {"good": jwt.encode(head, whole, key)}
        made |= unsigned(head, made["good"], key, (folder / "keys" / "identity.jwks.json").read_bytes())
        made |= pointing_elsewhere(head, whole, key, listener.url)
        made |= saying_something_else(head, whole, key, now)
        for name, file in (("gone", "former-0.json"), ("rotated out", "former-1.json")):
            old = read(folder / file)
            made[f"key {name}"] = jwt.encode({**head, "kid": old.kid}, whole, old)
        return made | misshapen(made["good"])

    return forged


def b64(raw: bytes | str) -> str:
    data = raw.encode() if isinstance(raw, str) else raw
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read(file: Path) -> ECKey:
    return ECKey.import_key(json.loads(file.read_text()))


def signed(key: ECKey, head: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """ES256 whatever the header says, as an attacker with a library of his own would sign."""
    text = f"{b64(json.dumps(head))}.{b64(json.dumps(claims))}"
    r, s = decode_dss_signature(key.private_key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{b64(r.to_bytes(32) + s.to_bytes(32))}"


def unsigned(head: Mapping[str, Any], good: str, key: ECKey, jwks: bytes) -> Attacks:
    """No signature, or one that everybody can make."""
    _, payload, signature = good.split(".")
    made = {
        f"alg {alg or 'empty'}": f"{b64(json.dumps({**head, 'alg': alg}))}.{payload}."
        for alg in ("none", "None", "nOnE", "NONE", "")
    }
    made["empty signature"] = good.rpartition(".")[0] + "."
    made["no signature"] = good.rpartition(".")[0]
    hs_head = f"{b64(json.dumps({**head, 'alg': 'HS256'}))}.{payload}"
    for name, secret in (("pem", key.as_pem(private=False)), ("jwks", jwks)):
        made[f"HS256 with the public key as {name}"] = (
            hs_head + "." + b64(hmac.digest(secret, hs_head.encode(), "sha256"))
        )
    made["HS256 unsigned"] = hs_head + "."
    for kid in ("../../etc/passwd", "' OR 1=1 --", "", "next", 7, None, [head["kid"]], {"a": 1}):
        made[f"kid {kid!r}"] = f"{b64(json.dumps({**head, 'kid': kid}))}.{payload}.{signature}"
    doubled = f'{{"alg":"ES256","kid":"x","kid":"{head["kid"]}","alg":"none","typ":"{head["typ"]}"}}'
    made["doubled header members"] = f"{b64(doubled)}.{payload}."
    return made


def pointing_elsewhere(
    head: Mapping[str, Any], claims: Mapping[str, Any], key: ECKey, elsewhere: str
) -> Attacks:
    """Keys that the token itself brings or names, signed by those, and by the city's own."""
    other = ECKey.generate_key("P-256", {"kid": str(head["kid"])})
    extras: dict[str, Any] = {
        "jku": f"{elsewhere}/keys",
        "x5u": f"{elsewhere}/cert",
        "jwk": other.as_dict(private=False),
        "x5c": [b64("certificate")],
        "b64": False,
        "crit": ["exp"],
        "zip": "DEF",
    }
    made = {f"{name}, our key": signed(key, {**head, name: value}, claims) for name, value in extras.items()}
    made |= {name: signed(other, {**head, name: value}, claims) for name, value in extras.items()}
    made["kid with an address"] = signed(other, {**head, "kid": f"{elsewhere}/keys"}, claims)
    for name, by in (("iss with an address", other), ("iss with an address, our key", key)):
        made[name] = signed(by, head, {**claims, "iss": elsewhere})
    made["other key"] = signed(other, head, claims)
    return made


def saying_something_else(
    head: Mapping[str, Any], claims: Mapping[str, Any], key: ECKey, now: int
) -> Attacks:
    """Well signed, for something or somebody else, or another time."""
    wrong: dict[str, Mapping[str, Any]] = {
        "wrong aud": {"aud": "svc-laksa"},
        "list of aud": {"aud": [claims["aud"], "x"]},
        "wrong iss": {"iss": "somebody"},
        "expired": {"exp": now - 1},
        "from the future": {"iat": now + 3_600, "exp": now + 7_200},
        "longer than any": {"exp": now + 86_400},
        "exp as text": {"exp": "never"},
        "iat missing": {"iat": None},
    }
    made = {name: jwt.encode(dict(head), {**claims, **change}, key) for name, change in wrong.items()}
    for kind in (None, "root", ["staff"], {}):
        made[f"kind {kind!r}"] = jwt.encode(dict(head), {**claims, "kind": kind}, key)
    made["without kind"] = jwt.encode(dict(head), {n: v for n, v in claims.items() if n != "kind"}, key)
    for typ in {"refresh", "access", "identity", "duty", "JWT", "at+jwt", ""} - {head["typ"]}:
        made[f"typ {typ!r}"] = jwt.encode({**head, "typ": typ}, dict(claims), key)
    return made


def misshapen(good: str) -> Attacks:
    """No token at all."""
    payload = good.split(".")[1]
    return {
        "turned signature": good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
        "DER signature": good.rpartition(".")[0] + "." + b64(b"\x30\x45" + b"\x02" * 69),
        "huge": "a" * 20_000 + "." + payload + ".x",
        "deep JSON": b64("[" * 3_000) + f".{payload}.x",
        "not a token": "nonsense",
        "five parts": good + ".x.y",
        "blanks inside": good.replace(".", " . "),
    }


def alike(answer: Response) -> str:
    """What an answer tells, but for the number of the request."""
    body = {name: value for name, value in answer.json().items() if name != "request_id"}
    return json.dumps([body, answer.headers["content-type"], answer.headers["www-authenticate"]])


async def test_every_attack_gets_the_same_401_and_nobody_is_asked(
    town: Any, forge: Callable[..., Attacks], listener: Listener
) -> None:
    attacks = forge(*ACCESS)
    good = {"Authorization": f"Bearer {attacks.pop('good')}"}
    assert (await town.client.get("/v1/news/seen", headers=good)).json()["caller"]["kind"] == "staff"
    answers = {}
    asked = town.metric("city_upstream_seconds_count", service="svc-news")
    for name, token in attacks.items():
        headers = {"Authorization": f"Bearer {token}", "X-Request-Id": "the-same-one"}
        answer = await town.client.get("/v1/news/seen", headers=headers)
        assert answer.status_code == 401, name
        answers[name] = answer.content + alike(answer).encode()
    assert len(set(answers.values())) == 1
    assert len(attacks) >= 50
    assert town.metric("city_upstream_seconds_count", service="svc-news") == asked
    await nobody_came(listener)


async def test_a_forged_word_of_the_gateway_gets_the_same_401_of_a_service_and_nobody_is_asked(
    town: Any, forge: Callable[..., Attacks], listener: Listener
) -> None:
    attacks, door = forge(*IDENTITY), f"http://127.0.0.1:{town.news_port}/v1/news/seen"
    good = await town.client.get(door, headers={"X-Identity": attacks.pop("good")})
    assert good.json()["caller"]["kind"] == "staff"
    answers = set()
    for name, token in attacks.items():
        answer = await town.client.get(door, headers={"X-Identity": token})
        assert answer.status_code == 401, name
        answers.add(alike(answer))
    assert len(answers) == 1
    await nobody_came(listener)


async def test_a_word_of_the_gateway_that_a_client_sends_is_not_passed_on(
    town: Any, forge: Callable[..., Attacks], listener: Listener
) -> None:
    forged = forge(*IDENTITY)
    names = ("X-Identity", "X-IDENTITY", "x-identity")
    for name, token in [
        *((each, forged["good"]) for each in names),
        *zip(cycle(names), forged.values(), strict=False),
    ]:
        answer = await town.client.get("/v1/news/seen", headers={name: token})
        assert (answer.status_code, answer.json()["caller"]["kind"]) == (200, "anonymous")
        assert answer.json()["headers"]["x-identity"] != token
    for name in names:
        answer = await town.client.get("/v1/news/desk", headers={name: forged["good"]})
        assert answer.status_code == 401
    await nobody_came(listener)


async def test_what_a_key_signed_before_it_was_replaced_is_good_to_its_end(
    town: Any, folder: Path, clock: ManualClock
) -> None:
    """The same key as `key rotated out`, which is refused for what it signs now."""
    old, signed_at = read(folder / "former-1.json"), clock.now() - timedelta(seconds=60)
    claims = {**ACCESS[1], "iat": int(signed_at.timestamp()), "exp": int(signed_at.timestamp()) + 600}
    token = jwt.encode({"alg": "ES256", "kid": old.kid, "typ": "access"}, claims, old)
    answer = await town.client.get("/v1/news/seen", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


async def nobody_came(listener: Listener) -> None:
    """Not one connection, though this listener notes whoever comes."""
    await asyncio.sleep(0.05)
    assert listener.asked == 0
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    assert await reader.read() == b""
    writer.close()
    assert listener.asked == 1
    listener.asked = 0
