"""Own reads that need neither FastAPI nor a transaction: its work would cost more than theirs."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import Request, Response

from gateway.edge.routes import Operation

Shortcut = Callable[[Request], Awaitable[Response | None]]


class Shortcuts:
    """`run.part(Shortcuts)`: public reads by template, each answered by the slice that has the route, too."""

    def __init__(self) -> None:
        self._known: dict[str, Shortcut] = {}

    def add(self, template: str, answer: Shortcut) -> None:
        """`answer` says None to whatever needs the route's own look: parameters that may be wrong."""
        self._known[template] = answer

    async def answer(self, wanted: Operation, scope: MutableMapping[str, Any]) -> Response | None:
        """The answer, if there is a short way to it."""
        known = self._known.get(wanted.template)
        if known is None or not wanted.public or wanted.method != "GET":
            return None
        return await known(Request(scope))
