"""Commands: `python -m svc_laksa serve`, `python -m svc_laksa ledger-verify`."""

import asyncio
import sys

from shared.command import run
from svc_laksa.app import SERVICE, create_app
from svc_laksa.ledger.usecases import table, verify_ledger
from svc_laksa.settings import LaksaSettings


def _ledger_verify(settings: LaksaSettings) -> int:
    """Prints the verdict; 1 if the chain is broken."""
    verdict, seals = asyncio.run(verify_ledger(settings))
    sys.stdout.write(f"{table(verdict, seals)}\n")
    return 1 if verdict.broken else 0


if __name__ == "__main__":
    run(SERVICE, LaksaSettings, create_app, {"ledger-verify": _ledger_verify})
