"""Rate limits of one request: by key, by person, by address (contracts 9)."""

import math

from gateway.edge.addresses import Addresses
from gateway.edge.exchange import Exchange
from gateway.edge.gcra import Policy
from gateway.edge.metrics import EdgeMetrics
from gateway.edge.rate_file import RateFile
from shared.auth import Caller
from shared.clock import stopwatch
from shared.errors import TooManyRequests


class Limits:
    """Charges requests to whoever sent them; the tightest policy stands in the answer's RateLimit header."""

    def __init__(
        self, file: RateFile, addresses: Addresses, address: Policy, user: Policy, metrics: EdgeMetrics
    ) -> None:
        self._file, self._addresses, self._metrics = file, addresses, metrics
        self._address, self._user = address, user

    def charge_address(self, x: Exchange) -> None:
        """For whoever has not shown who he is: generous, as many residents share a carrier's address."""
        peer = x.scope["client"][0] if x.scope.get("client") else ""
        self._charge(x, self._addresses.caller(peer, x.scope["headers"]), self._address)

    def charge_client(self, x: Exchange) -> None:
        """For the front end whose key was sent, if one was."""
        if x.client is not None:
            self._charge(x, x.client.limit_key, x.client.policy)

    def charge_person(self, x: Exchange, caller: Caller) -> None:
        """For the person signed in, however many tokens and addresses he has."""
        self._charge(x, f"u:{caller.kind}:{caller.sub}".encode(), self._user)

    def _charge(self, x: Exchange, key: bytes, policy: Policy) -> None:
        """429 with Retry-After if this one is too many."""
        decision = self._file.take(key, policy, stopwatch())
        if x.tightest is None or decision.remaining < x.tightest.remaining:
            x.tightest = decision
        if not decision.admitted:
            self._metrics.limited.labels(policy.name).inc()
            wait = math.ceil(decision.wait)
            raise TooManyRequests(headers={"Retry-After": str(wait)}, retry_after=wait)
