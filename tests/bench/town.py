"""A real stack of its own for a bench, and residents with tokens, so many that nobody reaches a limit."""

import asyncio
import io
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from PIL import Image

from shared.auth import Signer
from shared.ids import new_id
from shared.testing import free_port
from tests.bench.processes import ROOT

_SPREAD = 100


@dataclass
class Resident:
    """Somebody signed in, with the receipt of one photo."""

    id: str
    token: str
    receipt: str = ""


@dataclass
class Town:
    """The running stack."""

    folder: Path
    demo: dict[str, Any]

    @property
    def port(self) -> int:
        """Where the gateway listens."""
        return int(self.demo["gateway"].rpartition(":")[2])

    def pid(self, name: str) -> int:
        """The process of a service or a server."""
        return int((self.folder / "pids" / name).read_text().split()[0])

    def residents(self, count: int) -> list[Resident]:
        """Tokens as the gateway signs them; nobody's phone is asked, as sign-in is not what is measured."""
        signer = self._signer()
        return [
            Resident(each, _token(signer, "citizen", each)) for each in (str(new_id()) for _ in range(count))
        ]

    def administrator(self) -> Callable[[], dict[str, str]]:
        """Headers for each of her writes."""
        token = _token(self._signer(), "staff", str(new_id()), roles=["admin"])
        known = {"X-Api-Key": self.demo["api_keys"]["android"], "Authorization": f"Bearer {token}"}
        return lambda: {**known, "Idempotency-Key": uuid4().hex}

    def _signer(self) -> Signer:
        (private,) = (self.folder / "keys").glob("identity.jwk.json")
        return Signer(private)

    def request(self, method: str, path: str, who: Resident, body: bytes, kind: str) -> bytes:
        """A whole request, ready to be written."""
        key = self.demo["api_keys"]["android"]
        return (
            f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\nx-api-key: {key}\r\n"
            f"authorization: Bearer {who.token}\r\nidempotency-key: {uuid4().hex}\r\n"
            f"content-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode() + body

    def report(self, who: Resident) -> bytes:
        """A report with a photo's receipt, somewhere near the middle of the city."""
        body = {
            "id": str(new_id()),
            "category": "jalan-berlubang",
            "description": "demo: lubang sekitar 40 cm di lajur kiri",
            "point": {"lat": -6.17 - secrets.randbelow(_SPREAD) / 1e4, "lon": 106.64},
            "attributes": {"bahaya": "ya", "ukuran": "kecil"},
            "media": [who.receipt],
        }
        return self.request("POST", "/v1/laksa/reports", who, json.dumps(body).encode(), "application/json")

    def upload(self, who: Resident, photo: bytes) -> bytes:
        """A photo in one piece."""
        comment = b"\xff\xfe\x00\x12" + secrets.token_bytes(16)  # or it is found again
        return self.request("POST", "/v1/media", who, photo[:2] + comment + photo[2:], "image/jpeg")


@asynccontextmanager
async def running_town(folder: Path) -> AsyncIterator[Town]:
    """`make up` on free ports in `folder`, wiped afterwards."""
    environment = os.environ | {"RUN_FOLDER": str(folder), "PORT_BASE": str(free_port(100))}
    await _command(environment, "deploy.local", "up")
    try:
        yield Town(folder, json.loads((folder / "demo.json").read_text()))
    finally:
        await _command(environment, "deploy.local", "reset")


def _token(signer: Signer, kind: str, person: str, **more: object) -> str:
    claims = {"aud": "gateway", "kind": kind, "sub": person, "sid": str(uuid4()), **more}
    return signer.sign("access", claims, datetime.now(UTC), 600)


async def lived_in(town: Town) -> None:
    """Walks the demonstration of every service, so that the lists of a new city are not empty."""
    await _command(os.environ | {"RUN_FOLDER": str(town.folder)}, "deploy.local.demo")


def photo(width: int, height: int) -> bytes:
    """A JPEG that is like no other, with the grain a camera leaves."""
    image = Image.frombytes(
        "RGB", (width // 4, height // 4), secrets.token_bytes(width // 4 * (height // 4) * 3)
    )
    out = io.BytesIO()
    image.resize((width, height)).save(out, "JPEG", quality=85)
    return out.getvalue()


async def _command(environment: dict[str, str], *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *words),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} failed: {out.decode()[-600:]}")
