"""One-time codes of staff (TOTP, RFC 6238), and how long to wait after failed tries."""

import hmac
from datetime import datetime, timedelta

import pyotp

STEP_SECONDS = 30
FREE_TRIES = 4
FORGOTTEN = timedelta(hours=24)
_FIRST, _LONGEST = timedelta(seconds=30), timedelta(minutes=15)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The 30-second step whose code this is, one before and one after allowed; None if it is none of them.

    Every step is compared in the same time, whichever fits.
    """
    totp = pyotp.TOTP(secret)
    current = int(now.timestamp()) // STEP_SECONDS
    fitting = None
    for step in (current - 1, current, current + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            fitting = step
    return fitting


def pause(tries: int) -> timedelta:
    """How long an account rests after its n-th try in a row: four are free, then 30 s, 60 s … 15 minutes.

    15 minutes leave 96 guesses a day, and keep whoever wants to lock an officer out from doing so for long.
    """
    if tries <= FREE_TRIES:
        return timedelta()
    doublings = min(tries - FREE_TRIES - 1, 10)
    return min(_FIRST * (1 << doublings), _LONGEST)
