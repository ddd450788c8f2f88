"""The secrets of one stack: made at random once, kept in its folder with mode 0600."""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any

from deploy.local.layout import EVERY_SERVICE
from deploy.local.private_files import private_folder, write_private_json


def load_secrets(folder: Path) -> dict[str, Any]:
    """Passwords by role, field and look-up keys by service, media key, demo OTP; made when missing."""
    path = folder / "secrets.json"
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    before = json.dumps(known)
    passwords = known.setdefault("passwords", {})
    for service in EVERY_SERVICE:
        for role in (service.short, f"{service.short}_owner"):
            passwords.setdefault(role, secrets.token_urlsafe(24))
        known.setdefault("field_keys", {}).setdefault(service.short, {"k1": _key()})
        known.setdefault("lookup_keys", {}).setdefault(service.short, _key())
    known.setdefault("media_signing_key", _key())
    known.setdefault("demo_otp", f"{secrets.randbelow(10**6):06d}")
    if json.dumps(known) != before:
        write_private_json(path, known)
    return known


def ensure_identity_keys(folder: Path) -> None:
    """The gateway's ES256 key, the one after it, and the public half of both for the services."""
    keys = private_folder(folder / "keys")
    public = keys / "identity.jwks.json"
    if public.exists():
        return
    from joserfc.jwk import ECKey, KeyParameters

    pair = []
    for file in ("identity.jwk.json", "identity-next.jwk.json"):
        parameters: KeyParameters = {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"}
        key = ECKey.generate_key("P-256", parameters)
        write_private_json(keys / file, key.as_dict(private=True))
        pair.append(key.as_dict(private=False))
    write_private_json(public, {"keys": pair})


def _key() -> str:
    return base64.b64encode(os.urandom(32)).decode()
