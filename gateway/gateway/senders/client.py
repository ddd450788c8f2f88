"""The port to whatever carries sign-in codes (SMS, WhatsApp), and what stands behind it today."""

from typing import Protocol

from gateway.settings import GatewaySettings
from shared import log

_log = log.get(__name__)


class CodeSender(Protocol):
    """`ready`: it can send at all. `costs`: a message costs money. `fixed`: the one code it ever sends."""

    ready: bool
    costs: bool
    fixed: str | None

    async def send(self, phone: str, code: str, language: str) -> None:
        """Sends the code to a phone (E.164); raises if the carrier did not take it."""


class DevelopmentSender:
    """Nothing leaves the machine; the code is DEMO_OTP, and neither it nor the phone is written anywhere."""

    ready = True
    costs = False

    def __init__(self, fixed: str | None) -> None:
        self.fixed = fixed

    async def send(self, phone: str, code: str, language: str) -> None:
        """Says that a code would have gone out."""
        _log.info("code_sent", channel="development", language=language)


class NoSender:
    """In production until a carrier is configured: asking for a code answers 503, and health says why."""

    ready = False
    costs = True
    fixed: str | None = None

    async def send(self, phone: str, code: str, language: str) -> None:
        """Never called: `ready` is asked first."""
        raise RuntimeError("no carrier for sign-in codes is configured")


def sender_for(settings: GatewaySettings) -> CodeSender:
    """The sender of this environment."""
    if settings.environment == "production":
        return NoSender()
    return DevelopmentSender(settings.demo_otp.get_secret_value() if settings.demo_otp else None)
