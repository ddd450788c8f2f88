"""Phone numbers, codes, and how many may be sent."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

LIFETIME = timedelta(minutes=10)
RESEND = timedelta(seconds=30)
TRIES = 5
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNUSED_PER_PHONE = 5
UNUSED_PER_ADDRESS = 100
SENT_PER_PHONE = 30
_REGION = "ID"
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def normalised(text: str) -> str | None:
    """E.164 of a mobile number as people write it (0812…, +62 812…), or None if it is none."""
    try:
        number = phonenumbers.parse(text, _REGION)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MOBILE:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def new_code(fixed: str | None) -> str:
    """Six random digits; in development the fixed code."""
    return fixed or f"{secrets.randbelow(10**6):06d}"


def wait(moments: Sequence[datetime], most: int, within: timedelta, now: datetime) -> timedelta:
    """How long until one more fits among at most `most` in any `within`; `moments` newest first."""
    return max(moments[most - 1] + within - now, timedelta()) if len(moments) >= most else timedelta()
