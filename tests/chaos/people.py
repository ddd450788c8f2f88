"""Who acts in a kill test: residents with accounts, guests with a device, and the demo city's staff."""

import base64
import json
import time
from typing import Any

import httpx

from deploy.local.actors import Actor

_REFRESH_SECONDS = 240  # access tokens last 600 s


class Person(Actor):
    """An actor with a name who stays signed in for as long as the run takes."""

    def __init__(self, http: httpx.AsyncClient, api_key: str, name: str, device: str | None = None) -> None:
        super().__init__(http, api_key)
        self.name = name
        self.refresh_token: str | None = None
        self.sessions: list[str] = []
        """Refresh tokens of other sessions of hers, that she may end."""
        self._signed_at = 0.0
        if device is not None:
            self.headers["X-Device-Id"] = device

    @property
    def is_guest(self) -> bool:
        """Whether nobody knows who it is."""
        return self.refresh_token is None

    @property
    def subject(self) -> str:
        """The id in the access token."""
        payload = self.headers["Authorization"].split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["sub"])

    @property
    def should_refresh(self) -> bool:
        """Whether the access token is old enough for a new one."""
        return not self.is_guest and time.monotonic() - self._signed_at > _REFRESH_SECONDS

    def refreshed(self, tokens: dict[str, Any]) -> None:
        """Goes on with the tokens of `/v1/auth/refresh`."""
        self._signed(tokens)

    def _signed(self, tokens: dict[str, Any]) -> None:
        super()._signed(tokens)
        self.refresh_token, self._signed_at = tokens["refresh_token"], time.monotonic()
