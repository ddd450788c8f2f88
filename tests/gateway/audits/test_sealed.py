"""The running gateway seals its own chain, where everybody can read and keep it."""

import asyncio
from collections.abc import Callable
from typing import Any

from httpx import AsyncClient

from deploy.local.nats import Broker
from gateway.app import create_app
from gateway.audits import usecases as audits
from gateway.settings import GatewaySettings
from shared.chain.verify import Seal
from shared.clock import ManualClock
from shared.testing import served


async def test_a_seal_of_the_audits_can_be_read_by_everybody_and_proves_the_chain(
    databases: Any, settings_for: Callable[..., Any], broker: Broker, clock: ManualClock
) -> None:
    app = create_app(settings_for(GatewaySettings, databases.new("gateway"), nats_url=broker.url()), clock)
    run = app.state.runtime
    async with served(app) as url, AsyncClient(base_url=url) as client:
        await asyncio.wait_for(run.bus.connected.wait(), 10)
        async with run.database.transaction() as session:
            await audits.record(session, "command", "x_done", "x:1", now=clock.now())
        async with asyncio.timeout(10):
            while not (kept := (await client.get("/v1/ledger-seals/gateway")).json()["items"]):
                await run.sequencer.seal()
                await asyncio.sleep(0.05)
        seal = Seal(kept[0]["seq"], bytes.fromhex(kept[0]["hash"]))
        verdict = await audits.verify_audits(run.settings, [seal])
        assert (verdict.broken, verdict.links >= seal.seq) == (None, True)
