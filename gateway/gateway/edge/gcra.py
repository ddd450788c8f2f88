"""The generic cell rate algorithm: one number a caller says all about his past (ITU-T I.371, annex A)."""

import math
from typing import NamedTuple

_SLACK_SECONDS = 5.0


class Policy:
    """`burst` requests at once, then `rate` a second; `name` stands in the RateLimit headers."""

    __slots__ = ("burst", "header", "interval", "left", "name", "window")

    def __init__(self, name: str, rate: float, burst: int) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError(f"limit {name}: rate must be above 0 and burst at least 1")
        self.name, self.burst = name, burst
        self.interval = 1 / rate
        self.window = burst * self.interval
        self.left = f'"{name}";r='.encode()
        self.header = f'"{name}";q={burst};w={max(round(self.window), 1)}'.encode()


class Decision(NamedTuple):
    """What a policy says of one request. `wait`: seconds until the next is admitted, or all are free."""

    policy: Policy
    admitted: bool
    remaining: int
    wait: float

    @property
    def header(self) -> bytes:
        """The RateLimit header field (draft-ietf-httpapi-ratelimit-headers)."""
        return b"%b%d;t=%d" % (self.policy.left, self.remaining, math.ceil(self.wait))


def decide(policy: Policy, arrival: float, now: float) -> tuple[float, Decision]:
    """The new theoretical arrival time and the decision; all times in seconds on one clock.

    Admits burst + rate × T requests in any T seconds. A time that this policy cannot have produced (the
    machine was restarted and its clock began again) counts as none; the slack is there because another
    process may have been admitted at a later `now` while this one waited for the lock.
    """
    if arrival - now > policy.window + _SLACK_SECONDS:
        arrival = now
    following = max(arrival, now) + policy.interval
    over = following - now - policy.window
    if over > 1e-9:
        return arrival, Decision(policy, False, 0, over)
    return following, Decision(policy, True, int((1e-9 - over) / policy.interval), following - now)
