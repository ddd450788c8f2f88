"""GDAL reads every feature of every collection through paging, and events become features over the broker."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely  # type: ignore[import-untyped]
from httpx import AsyncClient
from sqlalchemy import func, select

from deploy.local.nats import Broker
from shared.testing import free_port, served
from svc_tourism.app import create_app
from svc_tourism.areas.usecases import AreaShapes
from svc_tourism.features.documents.collections import KINDS
from svc_tourism.features.models import Feature
from svc_tourism.places.models import Place
from svc_tourism.settings import TourismSettings
from tests.svc_tourism.atlas import Atlas, published, withdrawn

PAGE = 7
BOX = ("106.60", "-6.20", "106.65", "-6.15")
DISTRICT = "36.71.07"
gdal = pytest.mark.skipif(
    shutil.which("ogrinfo") is None or shutil.which("ogr2ogr") is None,
    reason="GDAL's programs are not installed: apt-get install gdal-bin",
)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One of its own: on the one that all tests share, other services publish reports too."""
    server = Broker(tmp_path_factory.mktemp("nats"), free_port(2), durable=False)
    server.start()
    yield server
    server.stop()
    server.wipe()


@pytest.fixture(scope="module")
async def atlas(
    databases: Any, settings_for: Callable[..., TourismSettings], broker: Broker
) -> AsyncIterator[Atlas]:
    """The service on a port, as a map program meets it: what is written stays."""
    port = free_port()
    settings = settings_for(
        TourismSettings,
        databases.new("svc_tourism"),
        nats_url=broker.url(),
        public_url=f"http://127.0.0.1:{port}",
    )
    app = create_app(settings)
    async with served(app, port) as url, AsyncClient(base_url=url, timeout=20) as client:
        made = Atlas(app, client)
        async with asyncio.timeout(10):
            while any(missing() for missing in made.run.not_ready):  # the seeds of the pack
                await asyncio.sleep(0.05)
        await made.place(120)
        for number in range(1, 31):
            await made.told(published(number=number))
            await made.told(published("prices_market", number))
            await made.told(published("emergency_alert", number))
        yield made


async def ran(*command: str) -> str:
    """What a program prints; its failure is the test's."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, said.decode()
    return said.decode()


async def stored(atlas: Atlas, *where: Any) -> int:
    """How many listed places the database has."""
    async with atlas.run.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Place).where(Place.listed, *where)) or 0


def source(atlas: Atlas) -> str:
    return f"OAPIF:{str(atlas.client.base_url).rstrip('/')}/ogc"


async def exported(atlas: Atlas, folder: Path, layer: str, *more: str) -> list[dict[str, Any]]:
    """The features that ogr2ogr wrote, page by page."""
    target = folder / f"{layer}.geojson"
    target.unlink(missing_ok=True)
    paged = more if "-oo" in more else ("-oo", f"PAGE_SIZE={PAGE}", *more)
    await ran("ogr2ogr", "-f", "GeoJSON", str(target), source(atlas), layer, *paged)
    found: list[dict[str, Any]] = json.loads(target.read_text())["features"]
    return found


@gdal
async def test_gdal_lists_the_collections_with_their_numbers(atlas: Atlas) -> None:
    said = await ran("ogrinfo", "-ro", "-so", "-al", "-oo", f"PAGE_SIZE={PAGE}", source(atlas))
    counted = dict(re.findall(r"Layer name: (\S+)\n(?:.*\n)*?Feature Count: (\d+)", said))
    collections = (await atlas.get("/collections"))["collections"]
    assert set(counted) == {each["id"] for each in collections}
    wanted = {"villages": 104, "districts": 13, "reports": 30, "markets": 30, "alerts": 30}
    wanted |= {"places": await stored(atlas)}
    wanted |= {"hospitals": await stored(atlas, Place.category == "hospital")}
    wanted |= {"places_sight": await stored(atlas, Place.category == "sight")}
    assert {name: int(counted[name]) for name in wanted} == wanted
    assert wanted["places"] >= 120


@gdal
async def test_gdal_reads_every_feature_of_every_collection_page_by_page(
    atlas: Atlas, tmp_path: Path
) -> None:
    collections = [each["id"] for each in (await atlas.get("/collections"))["collections"]]
    read = {}
    for layer in collections:
        found = await exported(atlas, tmp_path, layer)
        key = "code" if layer in ("villages", "districts") else "url"
        read[layer] = len({feature["properties"][key] for feature in found})
        assert read[layer] == len(found)
        assert len(found) == (await atlas.get(f"/collections/{layer}/items?limit=1"))["numberMatched"]
    assert read["places"] == await stored(atlas) > PAGE
    assert read["hospitals"] == await stored(atlas, Place.category == "hospital") > PAGE
    assert (read["villages"], read["districts"], read["reports"]) == (104, 13, 30)


@gdal
async def test_gdal_reads_a_box_and_a_property_page_by_page_and_lets_the_service_choose(
    atlas: Atlas, tmp_path: Path
) -> None:
    west, south, east, north = map(float, BOX)
    where = (Place.lon.between(west, east), Place.lat.between(south, north))
    boxed = await exported(atlas, tmp_path, "places", "-spat", *BOX)
    assert len(boxed) == await stored(atlas, *where) > PAGE
    chosen = ("-spat", *BOX, "-where", "category = 'fuel'", "-oo", "PAGE_SIZE=3")
    found = await exported(atlas, tmp_path, "places", *chosen)
    assert len(found) == await stored(atlas, Place.category == "fuel", *where) > 3
    target = str(tmp_path / "again.geojson")
    said = await ran(
        "ogr2ogr", "--config", "CPL_DEBUG", "ON", "-f", "GeoJSON", target, source(atlas), "places", *chosen
    )
    asked = [line for line in said.splitlines() if "Fetch(" in line and "bbox=" in line]
    assert len(asked) > 1
    assert all("category=fuel" in line for line in asked)


@gdal
@pytest.mark.parametrize("layer", ["hospitals", "villages", "districts", "reports", "markets", "alerts"])
async def test_a_box_and_a_property_of_each_kind_of_collection_agree_with_what_is_there(
    atlas: Atlas, tmp_path: Path, layer: str
) -> None:
    chosen = ("-spat", *BOX, "-where", f"district = '{DISTRICT}'", "-oo", "PAGE_SIZE=2")
    found = await exported(atlas, tmp_path, layer, *chosen)
    assert len(found) == await there(atlas, layer) > (0 if layer == "districts" else 2)


async def there(atlas: Atlas, layer: str) -> int:
    """How many of the layer lie in BOX and DISTRICT, as the database and the shapes have it."""
    west, south, east, north = map(float, BOX)
    if layer in ("villages", "districts"):
        shapes = atlas.run.part(AreaShapes).level(layer.removesuffix("s"))
        box = shapely.box(west, south, east, north)
        return sum(each.district == DISTRICT and each.shape.intersects(box) for each in shapes)
    table: type[Place] | type[Feature] = Place if layer == "hospitals" else Feature
    kind = Place.category == "hospital" if layer == "hospitals" else Feature.kind == KINDS[layer]
    here = (table.lon.between(west, east), table.lat.between(south, north), table.district == DISTRICT)
    async with atlas.run.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(table).where(kind, *here)) or 0


async def test_what_a_service_publishes_over_the_broker_is_a_feature_soon_after(atlas: Atlas) -> None:
    bus = atlas.run.bus
    await asyncio.wait_for(bus.connected.wait(), 10)

    async def until(status: int) -> None:
        address = "/ogc/collections/reports/items/laksa_report-00900"
        async with asyncio.timeout(10):
            while (await atlas.client.get(address)).status_code != status:
                await asyncio.sleep(0.05)

    for event, status in ((published(number=900), 200), (withdrawn(number=900), 404)):
        await bus.jetstream.publish(event.type, event.model_dump_json().encode())
        await until(status)
