"""The collecting itself, beside the requests."""

from shared.clock import stopwatch
from shared.forever import forever
from shared.runtime import Runtime
from svc_news.collecting.usecases import collect_due, measure

_LOOK_SECONDS = 5
_MEASURE_SECONDS = 30


async def collect(run: Runtime) -> None:
    """For ever: whoever is due is visited; several processes share the work."""
    measured = float("-inf")

    async def look() -> None:
        nonlocal measured
        visited = await collect_due(run)
        if visited or stopwatch() - measured > _MEASURE_SECONDS:
            measured = stopwatch()
            await measure(run)

    await forever("collect", look, _LOOK_SECONDS)


BACKGROUND = (collect,)
