"""The ops port: /health/live, /health/ready and /metrics of one process, in raw ASGI."""

import json
import re
from pathlib import Path
from typing import Any

from sqlalchemy import text
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.runtime import Runtime


class OpsApp:
    """Ready means the main job can be done; broker, lag and upstreams only ever degrade (contracts 9)."""

    def __init__(self, runtime: Runtime, package_folder: Path) -> None:
        self._runtime = runtime
        folders = (
            Path(__file__).parent / "migrations" / "versions",
            package_folder / "migrations" / "versions",
        )
        self._revisions = Revisions(*folders)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers GET on the three paths."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path == "/health/live":
            answer = _json(200, {"status": "ok"})
        elif path == "/health/ready":
            answer = await self.ready()
        elif path == "/metrics":
            self._runtime.metrics.broker_up.set(self._runtime.bus.down_seconds == 0)
            answer = Response(self._runtime.metrics.exposition(), media_type="text/plain; version=0.0.4")
        else:
            answer = _json(404, {"paths": ["/health/live", "/health/ready", "/metrics"]})
        await answer(scope, receive, send)

    async def ready(self) -> Response:
        """200 `ok` or `degraded` with reasons; 503 with what is missing."""
        database = await self._database_missing()
        missing = [reason for ask in self._runtime.not_ready for reason in ask()]
        missing += database if self._runtime.needs_database else []
        missing += self._runtime.cipher.troubles
        if missing:
            return _json(503, {"status": "not_ready", "missing": missing})
        reasons = database + [reason for ask in self._runtime.degraded for reason in ask()]
        if self._runtime.bus.degraded:
            reasons.append(f"broker away for {self._runtime.bus.down_seconds:.0f} s")
        body = {"status": "degraded", "reasons": reasons} if reasons else {"status": "ok"}
        return _json(200, body)

    async def _database_missing(self) -> list[str]:
        try:
            async with self._runtime.database.aside() as connection:
                rows = await connection.execute(text("SELECT version_num FROM alembic_version"))
                return ["migrations"] if self._revisions.behind(set(rows.scalars())) else []
        except Exception as error:  # noqa: BLE001 - whatever it is, the database cannot be used: say so
            return [f"database ({type(error).__name__})"]


class Revisions:
    """The migrations this code knows, read from the files (Alembic itself would cost 10 MB here)."""

    def __init__(self, *folders: Path) -> None:
        sources = [path.read_text() for folder in folders for path in folder.glob("*.py")]
        known = {name for source in sources for name in re.findall(r'^revision = "(\w+)"', source, re.M)}
        before = re.compile(r'^(?:down_revision|depends_on) = "(\w+)"', re.M)
        followed = {name for source in sources for name in before.findall(source)}
        self._branches, self._outdated = len(known - followed), followed

    def behind(self, applied: set[str]) -> bool:
        """Whether a migration is missing; a revision unknown here is newer, and old code runs beside it."""
        return len(applied) < self._branches or bool(applied & self._outdated)


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status, {"Cache-Control": "no-store"}, "application/json")
