"""What a kill leaves in the store, an upload stored and not yet noted, the gateway's own cleaner takes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.environment import read_environment
from gateway.app import create_app
from gateway.media.timers import ORPHAN_AFTER, remove_orphans
from gateway.settings import GatewaySettings
from tests.chaos.town import Town


async def sweep(town: Town) -> int:
    """Cleans the store as the gateway will a day from now; answers how many uploads nobody knew."""
    environment = read_environment(town.stack.folder, "gateway")
    values: dict[str, Any] = {name.lower(): value for name, value in environment.items()}
    runtime = create_app(GatewaySettings(**values)).state.runtime
    tomorrow = datetime.now(UTC) + ORPHAN_AFTER + timedelta(hours=1)
    try:
        prefixes = sorted(folder.name for folder in town.media.iterdir())
        return sum([await remove_orphans(runtime, prefix, tomorrow) for prefix in prefixes])
    finally:
        for close in runtime.closers:
            await close()
        await runtime.database.close()
