"""The views a backup is made of fit together, however busy the city is while they are taken."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from deploy.local.actors import photo
from deploy.local.keeping import cut as cut_module
from deploy.local.keeping.cut import Cut, consistent_cut
from tests.journeys.conftest import OTP

Body = Callable[..., dict[str, Any]]
CUTS = 5


def owners(city: Any, own: Any) -> dict[str, str]:
    """The addresses a backup uses, the gateway's last."""
    found = {}
    for short, app in (("laksa", city.laksa), ("gateway", city.gateway)):
        name = app.state.runtime.settings.database_url.get_secret_value().rpartition("/")[2]
        package = app.state.runtime.package
        found[short] = own.cluster.url(name, f"{package}_owner", "demo")
    return found


@asynccontextmanager
async def seen(url: str, snapshot: str) -> Any:
    """A connection that sees what the snapshot saw."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
            yield connection
    finally:
        await connection.close()


async def column(connection: Any, query: str) -> list[Any]:
    return [row[0] for row in await connection.fetch(query)]


async def faults(urls: Mapping[str, str], cut: Cut) -> list[str]:
    """What one view knows and the other does not."""
    async with (
        seen(urls["laksa"], cut.snapshots["laksa"]) as laksa,
        seen(urls["gateway"], cut.snapshots["gateway"]) as gateway,
    ):
        links = dict(await laksa.fetch("SELECT seq, hash FROM chain"))
        seals = await gateway.fetch("SELECT seq, hash FROM seals WHERE service = 'laksa'")
        versions = dict(await laksa.fetch("SELECT id::text, version FROM reports"))
        held = await gateway.fetch("SELECT entity_id, version FROM requests")
        sent = set(await column(laksa, "SELECT id FROM outbox"))
        heard = await column(
            gateway, "SELECT event_id FROM inbox WHERE consumer IN ('gateway-requests', 'gateway-media')"
        )
        citizens = set(await column(gateway, "SELECT id::text FROM citizens"))
        reporters = await column(laksa, "SELECT citizen_id FROM reports WHERE citizen_id IS NOT NULL")
        files = set(await column(gateway, "SELECT id FROM media"))
        attached = await column(laksa, "SELECT media_id FROM report_files")
    return [
        *(f"seal {seq} beyond the chain" for seq, digest in seals if links.get(seq) != digest),
        *(f"request {i} ahead of its report" for i, version in held if version > versions.get(i, 0)),
        *(f"event {i} heard before it was sent" for i in heard if i not in sent),
        *(f"reporter {i} unknown" for i in reporters if i not in citizens),
        *(f"photo {i} missing" for i in attached if i not in files),
    ]


@pytest.fixture
def _slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Much happens between one view and the next, as it might between servers far apart."""
    exported = cut_module._exported

    async def slowly(view: Any) -> str:
        snapshot = await exported(view)
        await asyncio.sleep(0.3)
        return snapshot

    monkeypatch.setattr(cut_module, "_exported", slowly)


@pytest.mark.usefixtures("_slowly")
async def test_no_view_knows_what_the_others_do_not(
    start_city: Callable[[], Any], own: Any, pothole: Body
) -> None:
    async with start_city() as city:
        urls, stopped = owners(city, own), asyncio.Event()
        people = [await city.resident(n) for n in range(2)]
        acknowledged: list[str] = []

        async def report(person: Any) -> None:
            while not stopped.is_set():
                taken = photo(-6.1783, 106.6319, city.clock.now(), "demo", (64, 48))
                receipt = (await person.upload(taken))["receipt"]
                sent = await person.post("/v1/laksa/reports", pothole(media=[receipt]))
                acknowledged.append(sent["id"])

        async def arrive() -> None:
            for number in range(40):
                if not stopped.is_set():
                    person = city.guest()
                    await person.sign_in(f"+62812000077{number:02d}", OTP)
                    acknowledged.append((await person.post("/v1/laksa/reports", pothole()))["id"])

        async def seal() -> None:
            while not stopped.is_set():
                await city.laksa.state.runtime.sequencer.seal()
                await asyncio.sleep(0.005)

        busy = asyncio.gather(*(report(person) for person in people), arrive(), seal())
        wrong, waited = [], []
        for _ in range(CUTS):
            await asyncio.sleep(0.15)
            before = list(acknowledged)
            async with consistent_cut(urls) as cut:
                wrong += await faults(urls, cut)
                async with seen(urls["laksa"], cut.snapshots["laksa"]) as laksa:
                    kept = set(await column(laksa, "SELECT id::text FROM reports"))
                wrong += [f"acknowledged report {i} missing" for i in before if i not in kept]
            waited.append(cut.seconds)
        stopped.set()
        await busy
    print(
        f"\n{CUTS} cuts among {len(acknowledged)} reports; events waited {max(waited) * 1_000:.0f} ms at most"
    )
    assert wrong == []
    assert len(acknowledged) > CUTS
