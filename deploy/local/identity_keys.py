"""The gateway's signing key, the one after it, and the public set that every process reads by itself."""

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.local.private_files import private_folder, write_private_json

REREAD_SECONDS = 6  # processes look every 5 s (shared/shared/auth.py)
_KEPT_SECONDS = 8 * 86_400  # what lives longest is a media receipt: 7 days
_CURRENT, _NEXT, _PUBLIC = "identity.jwk.json", "identity-next.jwk.json", "identity.jwks.json"
Key = dict[str, Any]


def ensure_identity_keys(folder: Path) -> None:
    """The gateway's ES256 key, the one after it, and the public half of both for the services."""
    keys = private_folder(folder / "keys")
    if (keys / _PUBLIC).exists():
        return
    write_private_json(keys / _CURRENT, _new_key())
    write_private_json(keys / _NEXT, _new_key())
    _publish(keys, [])


def rotate(folder: Path, now: Callable[[], float], wait: Callable[[float], None] = time.sleep) -> None:
    """The next key signs from now on; the old one only verifies what it had signed by then.

    Nobody meets an unknown key: the next one was published long ago, or it is waited for. Interrupted
    anywhere, the files fit together, and running it again is a rotation. `now` tells the city's time (Unix
    seconds). The old key's tokens end with their own lifetimes; what somebody signs with it later is refused.
    """
    keys = folder / "keys"
    old, following = _read(keys / _CURRENT), _read(keys / _NEXT)
    if old["kid"] == following["kid"]:  # interrupted right after the switch
        following = _new_key()
        write_private_json(keys / _NEXT, following)
    retiring = [k for k in _public(keys) if k["kid"] not in (old["kid"], following["kid"])]
    _publish_and_wait(keys, retiring, wait)
    write_private_json(keys / _CURRENT, following)
    write_private_json(keys / _NEXT, _new_key())
    ends = int(now()) + 2 * REREAD_SECONDS
    retiring = [{"signed_until": ends, **k} for k in [*retiring, _half(old)]]
    _publish(keys, [k for k in retiring if k["signed_until"] > ends - _KEPT_SECONDS])


def replace_leaked(folder: Path, wait: Callable[[float], None] = time.sleep) -> None:
    """Two new keys in place of both, for the next one lay beside the leaked one; the old are refused at once.

    At once is within some 20 s: services learn the new key before it signs, the gateway signs with it before
    the old one goes. Access tokens and receipts of the old key end: apps refresh, and upload again.
    """
    keys = folder / "keys"
    old = [_half(_read(keys / name)) for name in (_CURRENT, _NEXT)]
    fresh, following = _new_key(), _new_key()
    write_private_json(keys / _NEXT, fresh)
    _publish_and_wait(keys, [*_public(keys), *old], wait)
    write_private_json(keys / _CURRENT, fresh)
    write_private_json(keys / _NEXT, following)
    wait(REREAD_SECONDS)
    _publish(keys, [])


def _publish_and_wait(keys: Path, others: list[Key], wait: Callable[[float], None]) -> None:
    """Publishes current, next and others, and waits until every process has read them."""
    if _publish(keys, others) or time.time() - (keys / _PUBLIC).stat().st_mtime < REREAD_SECONDS:
        wait(REREAD_SECONDS)


def _publish(keys: Path, others: list[Key]) -> bool:
    """Writes the public set; False if it says so already."""
    first = [_half(_read(keys / name)) for name in (_CURRENT, _NEXT)]
    wanted = list({k["kid"]: k for k in [*others, *first]}.values())
    path = keys / _PUBLIC
    if path.exists() and sorted(map(str, _public(keys))) == sorted(map(str, wanted)):
        return False
    write_private_json(path, {"keys": wanted})
    return True


def _new_key() -> Key:
    from joserfc.jwk import ECKey, KeyParameters

    parameters: KeyParameters = {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"}
    return dict(ECKey.generate_key("P-256", parameters).as_dict(private=True))


def _half(key: Key) -> Key:
    return {name: value for name, value in key.items() if name != "d"}


def _public(keys: Path) -> list[Key]:
    found: list[Key] = _read(keys / _PUBLIC)["keys"]
    return found


def _read(path: Path) -> Key:
    found: Key = json.loads(path.read_text())
    return found
