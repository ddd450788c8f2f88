"""Commands: `python -m svc_jobs serve`."""

import sys
from pathlib import Path

from fastapi import FastAPI

from shared.serve import main, serve
from svc_jobs.app import SERVICE, create_app
from svc_jobs.settings import JobsSettings


def _create() -> tuple[FastAPI, JobsSettings]:
    settings = JobsSettings()
    return create_app(settings), settings


if __name__ == "__main__":
    command = main(sys.argv)
    if command != "serve":
        raise SystemExit(f"svc_jobs: unknown command {command!r}; there is: serve")
    serve(SERVICE.name, _create, Path(__file__).parent)
