"""The identity token: only ours, only for this service, only now."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import AsyncClient
from joserfc import jwt
from joserfc.jwk import ECKey

from shared.auth import Caller, KeyFile, claims_of
from shared.clock import ManualClock
from shared.testing import Keys


def part(value: dict[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forge(keys: Keys, clock: ManualClock, case: str) -> str:
    now = int(clock.now().timestamp())
    claims = {"iss": "gateway", "aud": "svc-news", "iat": now, "exp": now + 60, "kind": "staff", "sub": "s"}
    head = {"alg": "ES256", "kid": "test", "typ": "identity"}
    own = ECKey.import_key(json.loads(keys.private.read_text()))
    if case == "none":
        return f"{part({**head, 'alg': 'none'})}.{part(claims)}."
    if case == "empty signature":
        return f"{part(head)}.{part(claims)}."
    if case == "hs256 with the public key":
        signed = f"{part({**head, 'alg': 'HS256'})}.{part(claims)}"
        mac = hmac.digest(own.as_pem(private=False), signed.encode(), "sha256")
        return f"{signed}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    if case == "another key":
        return jwt.encode(head, claims, ECKey.generate_key("P-256"))
    if case in ("jku", "x5u", "jwk", "crit"):
        return f"{part({**head, case: ['x']})}.{part(claims)}.AAAA"
    changed = {
        "another audience": {"aud": "svc-laksa"},
        "another issuer": {"iss": "me"},
        "expired": {"exp": now - 1},
        "from the future": {"iat": now + 600},
    }
    if case in changed:
        return jwt.encode(head, {**claims, **changed[case]}, own)
    return jwt.encode(
        {**head, **{"another type": {"typ": "access"}, "unknown kid": {"kid": "../x"}}[case]}, claims, own
    )


@pytest.mark.parametrize(
    "case",
    ["none", "empty signature", "hs256 with the public key", "another key", "jku", "x5u", "jwk", "crit",
     "another audience", "another issuer", "expired", "from the future", "another type", "unknown kid"],
)  # fmt: skip
async def test_a_forged_identity_is_refused(
    client: AsyncClient, keys: Keys, clock: ManualClock, case: str
) -> None:
    answer = await client.get("/v1/news/staff", headers={"X-Identity": forge(keys, clock, case)})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_an_identity_ends_after_a_minute_even_when_it_was_seen_before(
    client: AsyncClient, as_caller: Callable[..., dict[str, str]], clock: ManualClock
) -> None:
    headers = as_caller("staff", "s1", roles=frozenset({"editor"}))
    assert (await client.get("/v1/news/staff", headers=headers)).status_code == 200
    clock.advance(timedelta(seconds=61))
    assert (await client.get("/v1/news/staff", headers=headers)).status_code == 401


def test_a_token_says_nothing_personal_of_the_caller() -> None:
    caller = Caller(kind="citizen", sub="c1", client="web", sid="s1")
    assert claims_of(caller) == {"kind": "citizen", "sub": "c1", "client": "web", "sid": "s1"}


def test_a_withdrawn_key_is_refused_and_a_file_being_written_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.auth._REREAD_SECONDS", -1)
    keys = Keys(tmp_path)
    file = KeyFile(keys.public)
    assert file.find("test") is not None
    whole = keys.public.read_text()
    keys.public.write_text(whole[:20])
    assert file.find("test") is not None
    keys.public.write_text(whole.replace('"test"', '"next"'))
    assert file.find("test") is None
    assert file.find("next") is not None
