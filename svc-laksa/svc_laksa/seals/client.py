"""Asking the gateway how far it saw our chain reach."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from shared.chain.verify import Seal

_PATH = "/v1/ledger-seals/laksa"
_TIMEOUT = aiohttp.ClientTimeout(total=5)
_PAGES = 200


@dataclass(frozen=True, slots=True)
class Seals:
    """Those that could be read; `unreachable` says why there are none or not all of them."""

    kept: tuple[Seal, ...]
    unreachable: str | None = None


async def fetch_seals(gateway_url: str) -> Seals:
    """Newest first, 20,000 at most. Never raises: a ledger can be verified without its gateway."""
    kept: list[Seal] = []
    cursor: str | None = None
    try:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as client:
            for _ in range(_PAGES):
                query = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
                async with client.get(f"{gateway_url.rstrip('/')}{_PATH}", params=query) as answer:
                    answer.raise_for_status()
                    page = await answer.json()
                kept += [_seal(item) for item in page["items"]]
                cursor = page["next"]
                if cursor is None:
                    break
    except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError) as error:
        return Seals(tuple(kept), f"not all checked, the gateway could not be asked ({type(error).__name__})")
    return Seals(tuple(kept))


def _seal(item: dict[str, Any]) -> Seal:
    return Seal(int(item["seq"]), bytes.fromhex(item["hash"]))
