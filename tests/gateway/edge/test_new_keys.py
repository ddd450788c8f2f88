"""A new signing key while requests run: nobody notices, unless the old one had leaked."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.local import identity_keys
from shared.auth import Signer
from shared.clock import ManualClock


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys of a stack; every process looks at them at every request, in place of every 5 s."""
    monkeypatch.setattr("shared.auth._REREAD_SECONDS", -1)
    identity_keys.ensure_identity_keys(tmp_path)
    return tmp_path


@pytest.fixture
async def town(open_town: Callable[..., Any], folder: Path) -> AsyncIterator[Any]:
    keys = folder / "keys"
    names = {"identity_jwks": keys / "identity.jwks.json", "identity_key": keys / "identity.jwk.json"}
    async with open_town(**names) as made:
        yield made


def signed_in(folder: Path, clock: ManualClock, sub: str) -> dict[str, str]:
    """Somebody with a token of the key that signs now."""
    claims = {"aud": "gateway", "kind": "citizen", "sub": sub, "sid": sub}
    token = Signer(folder / "keys" / "identity.jwk.json").sign("access", claims, clock.now(), 600)
    return {"Authorization": f"Bearer {token}"}


async def test_while_the_key_is_changed_guests_and_people_signed_in_go_on(
    town: Any, folder: Path, clock: ManualClock
) -> None:
    before = signed_in(folder, clock, "c1")
    for _ in range(3):
        assert (await town.client.get("/v1/news/mine", headers=before)).status_code == 200
        assert (await town.client.get("/v1/news/seen")).status_code == 200
        identity_keys.rotate(folder, lambda: clock.now().timestamp(), lambda _: None)
    now = signed_in(folder, clock, "c2")
    for headers in (before, now):
        assert (await town.client.get("/v1/news/mine", headers=headers)).status_code == 200


async def test_a_leaked_key_opens_nothing_any_more_not_even_what_it_opened_before(
    town: Any, folder: Path, clock: ManualClock
) -> None:
    before = signed_in(folder, clock, "c1")
    stolen = Signer(folder / "keys" / "identity.jwk.json")
    forged = stolen.sign("identity", {"aud": "svc-news", "kind": "staff", "sub": "x"}, clock.now(), 60)
    own_door = f"http://127.0.0.1:{town.news_port}/v1/news/seen"
    assert (await town.client.get("/v1/news/mine", headers=before)).status_code == 200
    assert (await town.client.get(own_door, headers={"X-Identity": forged})).status_code == 200
    identity_keys.replace_leaked(folder, lambda _: None)
    assert (await town.client.get("/v1/news/mine", headers=before)).status_code == 401
    assert (await town.client.get(own_door, headers={"X-Identity": forged})).status_code == 401
    assert (await town.client.get("/v1/news/seen")).status_code == 200
    now = signed_in(folder, clock, "c1")
    assert (await town.client.get("/v1/news/mine", headers=now)).status_code == 200
