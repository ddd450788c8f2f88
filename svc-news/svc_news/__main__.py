"""Commands: `python -m svc_news serve`."""

import sys
from pathlib import Path

from fastapi import FastAPI

from shared.serve import main, serve
from svc_news.app import SERVICE, create_app
from svc_news.settings import NewsSettings


def _create() -> tuple[FastAPI, NewsSettings]:
    settings = NewsSettings()
    return create_app(settings), settings


if __name__ == "__main__":
    command = main(sys.argv)
    if command != "serve":
        raise SystemExit(f"svc_news: unknown command {command!r}; there is: serve")
    serve(SERVICE.name, _create, Path(__file__).parent)
