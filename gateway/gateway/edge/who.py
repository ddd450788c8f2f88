"""Which front end sends a request, and which person: steps 2 to 4 of the edge."""

import re
from dataclasses import dataclass
from functools import lru_cache

from gateway.edge import body
from gateway.edge.exchange import Exchange
from gateway.edge.keys import ClientKeys
from gateway.edge.limits import Limits
from gateway.edge.tokens import AccessTokens, bearer
from gateway.providers.rules import code_of
from shared.auth import Caller
from shared.clock import Clock
from shared.errors import BadRequest, Unauthenticated

_DEVICE = re.compile(rb"[A-Za-z0-9_-]{8,64}")


class DeviceIdBad(BadRequest):
    code = "device_id_bad"


@dataclass(slots=True)
class Who:
    """Knows keys and tokens; whoever is not known is charged to his address."""

    keys: ClientKeys
    tokens: AccessTokens
    limits: Limits
    clock: Clock

    def needs_form(self, x: Exchange) -> bool:
        """Whether the key can only be found by reading a form."""
        return x.wanted.city.key.startswith("form:") and b"x-api-key" not in x.headers

    async def client_of_form(self, x: Exchange) -> None:
        """As `client`, the key being a field of the form."""
        self.limits.charge_address(x)  # reading a form costs, and nobody knows yet whose it is
        self._client(x, await body.form_field(x, x.wanted.city.key.removeprefix("form:")))

    def client(self, x: Exchange) -> None:
        """The front end whose key it is, if it has requests left. 401 `client_unknown`, 429."""
        if x.wanted.city.key != "none":
            self._client(x, x.headers.get(b"x-api-key"))

    def _client(self, x: Exchange, key: bytes | None) -> None:
        try:
            x.client = self.keys.find(key, self.clock)
        except Unauthenticated:
            self.limits.charge_address(x)
            raise
        self.limits.charge_client(x)

    def caller(self, x: Exchange) -> Caller:
        """The person behind the token, or a guest; 401 for a bad token, 429 without requests left.

        A malformed device id is 400 for everybody: who signs out later would meet the error only then.
        """
        code, device = x.client.code if x.client else None, _device(x)
        if x.client is not None and x.client.kind == "provider":
            return Caller(kind="provider", sub=code_of(x.client.code), client=code)  # never a person
        header = x.headers.get(b"authorization")
        if header is None or x.wanted.city.bearer == "ignored":
            self.limits.charge_address(x)
            return _guest(code) if device is None else Caller(client=code, device=device)
        caller = self._signed_in(x, header, code)
        self.limits.charge_person(x, caller)
        return caller

    def _signed_in(self, x: Exchange, header: bytes, code: str | None) -> Caller:
        """A token not seen before is charged to its address first: checking a signature is what costs."""
        try:
            token = bearer(header)
            caller = self.tokens.remembered(token, code)
        except Unauthenticated:
            self.limits.charge_address(x)
            raise
        if caller is None:
            self.limits.charge_address(x)
            caller = self.tokens.verify(token, code)
        return caller


@lru_cache(1_024)
def _guest(client: str | None) -> Caller:
    return Caller(client=client)


def _device(x: Exchange) -> str | None:
    """The id a guest's app gave itself, 8 to 64 url-safe characters; 400 `device_id_bad` for another."""
    offered = x.headers.get(b"x-device-id")
    if offered is None:
        return None
    if not _DEVICE.fullmatch(offered):
        raise DeviceIdBad
    return offered.decode()
