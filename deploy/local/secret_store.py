"""The secrets of one stack: made at random once, kept in its folder with mode 0600."""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any

from deploy.local.layout import EVERY_SERVICE
from deploy.local.private_files import write_private_json

Ring = dict[str, str]


def load_secrets(folder: Path) -> dict[str, Any]:
    """Passwords by role, rings of field, look-up and media keys, token key, demo OTP; made when missing."""
    path = folder / "secrets.json"
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    before = json.dumps(known)
    passwords = known.setdefault("passwords", {})
    for service in EVERY_SERVICE:
        for role in (service.short, f"{service.short}_owner"):
            passwords.setdefault(role, secrets.token_urlsafe(24))
        known.setdefault("field_keys", {}).setdefault(service.short, {"k1": new_key()})
        lookup = known.setdefault("lookup_keys", {}).setdefault(service.short, {"k1": new_key()})
        known["lookup_keys"][service.short] = _as_ring(lookup)
    known["media_signing_key"] = _as_ring(known.get("media_signing_key") or new_key())
    known.setdefault("token_key", list(known["lookup_keys"]["gateway"].values())[-1])
    known.setdefault("demo_otp", f"{secrets.randbelow(10**6):06d}")
    if json.dumps(known) != before:
        save_secrets(folder, known)
    return known


def save_secrets(folder: Path, known: dict[str, Any]) -> None:
    """Writes them whole or not at all."""
    write_private_json(folder / "secrets.json", known)


def new_key() -> str:
    """32 random bytes in base64."""
    return base64.b64encode(os.urandom(32)).decode()


def _as_ring(value: str | Ring) -> Ring:
    """A stack made before keys were changed has one key and no id for it."""
    return {"k1": value} if isinstance(value, str) else value
