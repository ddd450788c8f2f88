"""The signing key is replaced under way: at every moment every reader of the files knows every good token."""

import contextlib
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local import identity_keys
from shared.auth import KeyFile, Signer, verify
from shared.errors import Unauthenticated

LIFETIMES = {"access": 600, "identity": 60, "media-receipt": 7 * 86_400}
START = datetime(2026, 2, 2, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.auth._REREAD_SECONDS", -1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A stack's keys, published a while ago."""
    identity_keys.ensure_identity_keys(tmp_path)
    _age(tmp_path)
    return tmp_path


def _age(folder: Path) -> None:
    os.utime(_public(folder), (time.time() - 60, time.time() - 60))


def _public(folder: Path) -> Path:
    return folder / "keys" / "identity.jwks.json"


def _signer(folder: Path) -> Signer:
    return Signer(folder / "keys" / "identity.jwk.json")


def _tokens(signer: Signer, now: datetime) -> dict[str, str]:
    return {typ: signer.sign(typ, {"aud": "x"}, now, seconds) for typ, seconds in LIFETIMES.items()}


def _good(folder: Path, tokens: dict[str, str], now: datetime) -> list[str]:
    found = []
    for typ, token in tokens.items():
        try:
            verify(token, KeyFile(_public(folder)), typ=typ, audience="x", longest=LIFETIMES[typ], now=now)
            found.append(typ)
        except Unauthenticated:
            continue
    return found


def _rotate(folder: Path, now: datetime, wait: Callable[[float], None] = lambda _: None) -> None:
    identity_keys.rotate(folder, now.timestamp, wait)


def test_what_the_old_key_signed_ends_with_its_own_lifetime_and_nothing_is_signed_with_it_later(
    folder: Path,
) -> None:
    signer = _signer(folder)
    before, old = _tokens(signer, START), _signer(folder)
    old_kid = old.kid
    stolen = (folder / "keys" / "identity.jwk.json").read_text()
    _rotate(folder, START)
    assert signer.kid != old_kid
    assert _good(folder, before, START) == list(LIFETIMES)
    assert _good(folder, _tokens(signer, START), START) == list(LIFETIMES)
    assert _good(folder, before, START + timedelta(seconds=61)) == ["access", "media-receipt"]
    assert _good(folder, before, START + timedelta(seconds=601)) == ["media-receipt"]
    assert _good(folder, before, START + timedelta(days=7, seconds=1)) == []
    thief = folder / "stolen.json"
    thief.write_text(stolen)
    later = START + timedelta(minutes=20)
    assert _good(folder, _tokens(Signer(thief), later), later) == []
    endless = Signer(thief).sign("access", {"aud": "x"}, START, 86_400)
    assert _good(folder, {"access": endless}, later) == []


def test_the_next_key_is_known_to_all_before_it_signs(folder: Path) -> None:
    """A reader that reads only while the command waits meets no unknown key, whoever signs when."""
    waited: list[float] = []
    known = {k["kid"] for k in json.loads(_public(folder).read_text())["keys"]}
    _rotate(folder, START, waited.append)
    assert waited == []
    assert _signer(folder).kid in known
    known_then: list[set[str]] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        known_then.append({k["kid"] for k in json.loads(_public(folder).read_text())["keys"]})

    _rotate(folder, START, wait)  # the set was written a moment ago: not everybody has read it
    assert waited == [identity_keys.REREAD_SECONDS]
    assert _signer(folder).kid in known_then[0]


@pytest.mark.parametrize("writes", range(1, 5))
def test_broken_off_anywhere_every_token_stays_good_and_the_next_time_it_goes_through(
    folder: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    real, left = identity_keys.write_private_json, [writes]

    def write(path: Path, value: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        real(path, value)

    before = _tokens(_signer(folder), START)
    monkeypatch.setattr(identity_keys, "write_private_json", write)
    for _ in range(2):
        left[0] = writes
        with contextlib.suppress(KeyboardInterrupt):
            _rotate(folder, START)
        assert _good(folder, before, START) == list(LIFETIMES)
        assert _good(folder, _tokens(_signer(folder), START), START) == list(LIFETIMES)
    monkeypatch.setattr(identity_keys, "write_private_json", real)
    old = _signer(folder).kid
    _rotate(folder, START)
    assert _signer(folder).kid != old
    assert _good(folder, _tokens(_signer(folder), START), START) == list(LIFETIMES)


def test_old_public_keys_are_forgotten_after_the_last_receipt(folder: Path) -> None:
    for days in (0, 1, 2):
        _rotate(folder, START + timedelta(days=days))
    assert len(json.loads(_public(folder).read_text())["keys"]) == 5
    _rotate(folder, START + timedelta(days=11))
    assert len(json.loads(_public(folder).read_text())["keys"]) == 3


def test_a_leaked_key_is_refused_at_once_and_so_is_the_one_that_lay_beside_it(folder: Path) -> None:
    names = ("identity.jwk.json", "identity-next.jwk.json")
    stolen = [Signer(folder / "keys" / name).sign("access", {"aud": "x"}, START, 600) for name in names]
    signer, signs_while_waiting = _signer(folder), []

    def wait(_: float) -> None:
        signs_while_waiting.append(_good(folder, _tokens(signer, START), START) == list(LIFETIMES))

    identity_keys.replace_leaked(folder, wait)
    assert signs_while_waiting == [True, True]
    assert [_good(folder, {"access": token}, START) for token in stolen] == [[], []]
    assert _good(folder, _tokens(signer, START), START) == list(LIFETIMES)
    assert {p.stat().st_mode & 0o777 for p in (folder / "keys").iterdir()} == {0o600}
