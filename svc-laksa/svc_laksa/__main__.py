"""Commands: `python -m svc_laksa serve`, `python -m svc_laksa ledger-verify`."""

import asyncio
import sys
from pathlib import Path

from fastapi import FastAPI

from shared.serve import main, serve
from svc_laksa.app import SERVICE, create_app
from svc_laksa.ledger.usecases import table, verify_ledger
from svc_laksa.settings import LaksaSettings


def _create() -> tuple[FastAPI, LaksaSettings]:
    settings = LaksaSettings()
    return create_app(settings), settings


def _ledger_verify() -> None:
    """Prints the verdict; exit code 1 if the chain is broken."""
    verdict, seals = asyncio.run(verify_ledger(LaksaSettings()))
    sys.stdout.write(f"{table(verdict, seals)}\n")
    raise SystemExit(1 if verdict.broken else 0)


if __name__ == "__main__":
    command = main(sys.argv)
    if command == "ledger-verify":
        _ledger_verify()
    if command != "serve":
        raise SystemExit(f"svc_laksa: unknown command {command!r}; there are: serve, ledger-verify")
    serve(SERVICE.name, _create, Path(__file__).parent)
