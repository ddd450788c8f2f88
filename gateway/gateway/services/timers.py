"""Tells how the services stand, to whoever shows it."""

from gateway.declarations.usecases import Declarations
from gateway.edge.fresh import Documents
from gateway.edge.proxy import Proxy
from gateway.services.client import Services
from gateway.services.rules import Standing
from shared.clock import stopwatch
from shared.forever import forever
from shared.runtime import Runtime

_LOOK_SECONDS = 0.5
_REASON = "owner_not_answering"


async def watch_services(run: Runtime) -> None:
    """For ever; it asks nobody itself: polls of documents and answers to requests are news enough."""
    standing = Standing()

    async def look() -> None:
        tell(run, standing)

    await forever("services_watched", look, _LOOK_SECONDS)


def tell(run: Runtime, standing: Standing) -> None:
    """Once."""
    documents, declared = run.part(Documents), run.part(Declarations)
    down = standing.down(documents.silent, run.part(Proxy).broken(), stopwatch())
    short = {name.removeprefix("svc-") for name in down}
    for name in run.part(Services).names:
        declared.stands(name, _REASON if name in short else None)


BACKGROUND = (watch_services,)
