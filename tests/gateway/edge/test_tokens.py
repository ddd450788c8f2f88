"""The token attack list of the reliability page: all 401, all the same body, nobody else asked."""

import asyncio
import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.local.nats import Broker
from gateway.edge.fresh import Memory
from shared.clock import ManualClock
from shared.contracts.gateway import SessionRevokedV1
from shared.events.outbox import emit
from shared.testing import Keys


def b64(raw: bytes | str) -> str:
    data = raw.encode() if isinstance(raw, str) else raw
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def private(keys: Keys) -> ECKey:
    return ECKey.import_key(json.loads(keys.private.read_text()))


def signed(key: ECKey, head: dict[str, Any], claims: dict[str, Any]) -> str:
    """ES256 whatever the header says, as an attacker with a library of his own would sign."""
    text = f"{b64(json.dumps(head))}.{b64(json.dumps(claims))}"
    r, s = decode_dss_signature(key.private_key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{b64(r.to_bytes(32) + s.to_bytes(32))}"


@pytest.fixture
def attacks(keys: Keys, clock: ManualClock) -> dict[str, str]:
    """Name -> token."""
    now = int(clock.now().timestamp())
    key, other = private(keys), ECKey.generate_key("P-256", {"kid": "test"})
    head = {"alg": "ES256", "kid": "test", "typ": "access"}
    claims = {"iss": "gateway", "aud": "gateway", "kind": "staff", "sub": "x", "sid": "s"}
    claims |= {"iat": now, "exp": now + 600}
    good = jwt.encode(head, claims, key)
    payload = good.split(".")[1]
    public_pem = key.as_pem(private=False)
    made = {
        f"alg {alg or 'empty'}": f"{b64(json.dumps({**head, 'alg': alg}))}.{payload}."
        for alg in ("none", "None", "nOnE", "NONE", "")
    }
    made["empty signature"] = good.rpartition(".")[0] + "."
    made["no signature"] = good.rpartition(".")[0]
    hs_head = f"{b64(json.dumps({**head, 'alg': 'HS256'}))}.{payload}"
    for name, secret in (("pem", public_pem), ("jwks", keys.public.read_bytes())):
        made[f"HS256 with the public key as {name}"] = (
            hs_head + "." + b64(hmac.digest(secret, hs_head.encode(), "sha256"))
        )
    made["HS256 unsigned"] = hs_head + "."
    for kid in ("../../etc/passwd", "' OR 1=1 --", "", "next", 7, None, ["test"], {"a": 1}):
        made[f"kid {kid!r}"] = f"{b64(json.dumps({**head, 'kid': kid}))}.{payload}.{good.split('.')[2]}"
    doubled = '{"alg":"ES256","kid":"x","kid":"test","alg":"none","typ":"access"}'
    made["doubled header members"] = f"{b64(doubled)}.{payload}."
    for name, value in (
        ("jku", "http://127.0.0.1:9/keys"),
        ("x5u", "http://127.0.0.1:9/cert"),
        ("jwk", other.as_dict(private=False)),
        ("x5c", [b64("certificate")]),
        ("b64", False),
        ("crit", ["exp"]),
        ("zip", "DEF"),
    ):
        made[name] = signed(other if name == "jwk" else key, {**head, name: value}, claims)
    wrong = {
        "wrong aud": {"aud": "svc-news"},
        "list of aud": {"aud": ["gateway", "x"]},
        "wrong iss": {"iss": "somebody"},
        "expired": {"exp": now - 1},
        "from the future": {"iat": now + 3_600, "exp": now + 7_200},
        "exp as text": {"exp": "never"},
        "iat missing": {"iat": None},
        "kind unheard of": {"kind": None},
    }
    made |= {name: jwt.encode(head, {**claims, **change}, key) for name, change in wrong.items()}
    made["without kind"] = jwt.encode(head, {n: v for n, v in claims.items() if n != "kind"}, key)
    for typ in ("refresh", "identity", "duty", "JWT", "at+jwt", ""):
        made[f"typ {typ!r}"] = jwt.encode({**head, "typ": typ}, claims, key)
    made["other key"] = jwt.encode(head, claims, other)
    made["turned signature"] = good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")
    made["DER signature"] = good.rpartition(".")[0] + "." + b64(b"\x30\x45" + b"\x02" * 69)
    made["huge"] = "a" * 20_000 + "." + payload + ".x"
    made["deep JSON"] = b64("[" * 3_000) + f".{payload}.x"
    made["not a token"] = "nonsense"
    made["five parts"] = good + ".x.y"
    made["blanks inside"] = good.replace(".", " . ")
    return made


async def test_every_attack_gets_the_same_401_and_no_service_is_asked(
    town: Any, attacks: dict[str, str]
) -> None:
    bodies = set()
    asked = town.metric("city_upstream_seconds_count", service="svc-news")
    for name, token in attacks.items():
        headers = {"Authorization": f"Bearer {token}", "X-Request-Id": "the-same-one"}
        answer = await town.client.get("/v1/news/seen", headers=headers)
        assert answer.status_code == 401, name
        assert answer.headers["www-authenticate"] == "Bearer"
        bodies.add(answer.content)
    assert len(bodies) == 1
    assert len(attacks) >= 35
    assert town.metric("city_upstream_seconds_count", service="svc-news") == asked


@pytest.mark.parametrize("header", ["", "Bearer", "Basic dXNlcjpwYXNz", "Token x", "bearer"])
async def test_an_authorization_without_a_bearer_token_is_the_same_401(town: Any, header: str) -> None:
    answer = await town.client.get("/v1/news/seen", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_a_token_ends_when_it_says_so_though_it_was_verified_before(
    town: Any, clock: ManualClock, signed_in: Callable[..., dict[str, str]]
) -> None:
    headers = signed_in()
    assert (await town.client.get("/v1/news/mine", headers=headers)).status_code == 200
    clock.advance(timedelta(seconds=599))
    assert (await town.client.get("/v1/news/mine", headers=headers)).status_code == 200
    clock.advance(timedelta(seconds=2))
    assert (await town.client.get("/v1/news/mine", headers=headers)).status_code == 401


async def test_a_revoked_session_ends_at_once_and_others_go_on(
    town: Any, signed_in: Callable[..., dict[str, str]]
) -> None:
    ended, going = signed_in(sid="ended"), signed_in(sid="going")
    for headers in (ended, going):
        assert (await town.client.get("/v1/news/mine", headers=headers)).status_code == 200
    town.run.part(Memory).tokens.revoke("ended")
    assert (await town.client.get("/v1/news/mine", headers=ended)).status_code == 401
    assert (await town.client.get("/v1/news/mine", headers=going)).status_code == 200


async def test_an_ended_session_is_refused_by_every_worker_within_a_second(
    open_town: Callable[..., Any],
    broker: Broker,
    signed_in: Callable[..., dict[str, str]],
    clock: ManualClock,
) -> None:
    async with (
        open_town(nats_url=broker.url()) as one,
        open_town(nats_url=broker.url(), database_url=one.gateway_url) as other,
    ):
        headers = signed_in(sid="to-be-ended")
        for town in (one, other):
            async with asyncio.timeout(10):
                await town.run.bus.connected.wait()
            assert (await town.client.get("/v1/news/mine", headers=headers)).status_code == 200
        await asyncio.sleep(0.3)
        async with one.run.database.transaction() as session:
            event = SessionRevokedV1(sid="to-be-ended")
            await emit(session, event, entity_id="to-be-ended", entity_version=1, now=clock.now())
        async with asyncio.timeout(1):
            for town in (one, other):
                while (await town.client.get("/v1/news/mine", headers=headers)).status_code != 401:
                    await asyncio.sleep(0.01)


async def test_a_token_belongs_to_no_front_end(town: Any, signed_in: Callable[..., dict[str, str]]) -> None:
    headers = signed_in(client="forged")
    seen = (await town.client.get("/v1/news/seen", headers=headers)).json()
    assert seen["caller"]["client"] == "web"
