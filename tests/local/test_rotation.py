"""Keys of a whole stack are changed while a resident uses it."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from deploy.local.demo_data import read_demo
from deploy.local.layout import Stack
from tests.local.conftest import call


def _client(stack: Stack) -> httpx.Client:
    key = read_demo(stack.folder)["api_keys"]["android"]
    return httpx.Client(base_url=stack.gateway_url, headers={"X-Api-Key": key}, timeout=10)


def _signed_in(stack: Stack, client: httpx.Client) -> dict[str, str]:
    citizen = read_demo(stack.folder)["citizen"]
    asked = client.post("/v1/auth/otp", json={"phone": citizen["phone"]}).json()
    code = {"challenge_id": asked["challenge_id"], "code": citizen["otp"]}
    tokens = client.post("/v1/auth/otp/verify", json=code).json()
    return {"Authorization": f"Bearer {tokens['access_token']}"}


@contextmanager
def _traffic(stack: Stack, headers: dict[str, str]) -> Iterator[Counter[Any]]:
    """Asks the gateway and, through it, LAKSA all the time; counts answers and connections refused."""
    seen: Counter[Any] = Counter()
    over = threading.Event()

    def ask() -> None:
        with _client(stack) as client:
            while not over.is_set():
                for path in ("/v1/me", "/v1/laksa/categories"):
                    try:
                        seen[client.get(path, headers=headers).status_code] += 1
                    except httpx.TransportError:
                        seen["no answer"] += 1
                time.sleep(0.15)  # 20 a second is what one person has

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _secrets(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((stack.folder / "secrets.json").read_text())
    return found


def _keys(known: dict[str, Any]) -> list[str]:
    rings = [*known["field_keys"].values(), *known["lookup_keys"].values(), known["media_signing_key"]]
    return [key for ring in rings for key in ring.values()]


def test_the_signing_key_is_changed_without_one_request_failing(stack: Stack) -> None:
    signing = stack.folder / "keys" / "identity.jwk.json"
    before = signing.read_text()
    with _client(stack) as client:
        headers = _signed_in(stack, client)
        with _traffic(stack, headers) as seen:
            done = call(stack, "rotate", "identity")
            time.sleep(6)  # until every process has read the files again
        assert done.returncode == 0, done.stderr
        assert set(seen) == {200}
        assert signing.read_text() != before
        assert client.get("/v1/me", headers=headers).status_code == 200


def test_field_and_look_up_keys_are_changed_with_what_one_restart_costs(stack: Stack) -> None:
    with _client(stack) as client:
        headers = _signed_in(stack, client)
        first = client.get("/v1/me", headers=headers).json()
        with _traffic(stack, headers) as seen:
            done = [call(stack, "rotate", "fields", "lookup", "--only", "gateway"), call(stack, "rekey")]
        assert [d.returncode for d in done] == [0, 0], done[0].stderr + done[1].stderr
        assert set(seen) <= {200, 503, "no answer"}
        assert seen[200] > 5
        known = _secrets(stack)
        assert list(known["field_keys"]["gateway"]) == ["k2"]
        assert list(known["lookup_keys"]["gateway"]) == ["k2", "k1"]
        assert list(known["field_keys"]["laksa"]) == ["k1"]
        assert "the old key is needed for another 24.0 h" in done[1].stdout
        shown = "".join(d.stdout + d.stderr for d in done)
        assert not [key for key in _keys(known) if key in shown]
        assert client.get("/v1/me", headers=headers).json() == first
        assert client.get("/v1/me", headers=_signed_in(stack, client)).json() == first


def test_what_makes_no_sense_is_refused_before_anything_is_changed(stack: Stack) -> None:
    before = _secrets(stack)
    leaked = call(stack, "rotate", "--leaked", "fields")
    assert leaked.returncode == 1
    assert "make rekey" in leaked.stderr
    assert "no service 'nobody'" in call(stack, "rotate", "fields", "--only", "nobody").stderr
    assert _secrets(stack) == before
