"""OGC API - Features: what a map program finds, page by page, and what it is told when it asks wrongly."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely  # type: ignore[import-untyped]
from fastapi import FastAPI
from sqlalchemy import func, select

from shared.clock import ManualClock
from shared.tables import outbox
from shared.testing import QueryRecorder, in_process, rolled_back
from svc_tourism.app import create_app
from svc_tourism.features import usecases
from svc_tourism.features.models import Feature
from svc_tourism.features.queries import pages
from svc_tourism.features.usecases.taking import ForeignKind
from svc_tourism.places.models import Place
from svc_tourism.settings import TourismSettings
from tests.svc_tourism.atlas import NOON, Atlas, published, withdrawn

KARAWACI = "36.71.07"


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 2, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
async def app(
    databases: Any, settings_for: Callable[..., TourismSettings], clock: ManualClock
) -> AsyncIterator[FastAPI]:
    settings = settings_for(TourismSettings, databases.new("svc_tourism"), public_url="http://test/")
    made = create_app(settings, clock)
    yield made
    await made.state.runtime.database.close()


@pytest.fixture
async def atlas(app: FastAPI) -> AsyncIterator[Atlas]:
    """Whatever is written is rolled back."""
    async with rolled_back(app.state.runtime.database), in_process(app) as client:
        yield Atlas(app, client)


async def counted(atlas: Atlas, *where: Any) -> int:
    async with atlas.run.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Place).where(Place.listed, *where)) or 0


def ids(features: list[dict[str, Any]]) -> list[str]:
    return [feature["id"] for feature in features]


async def test_every_link_from_the_landing_page_leads_on(atlas: Atlas) -> None:
    landing = await atlas.get("")
    assert await atlas.get("/") == landing
    links = {link["rel"]: link["href"] for link in landing["links"]}
    assert "Kota Tangerang" in landing["title"]
    assert len((await atlas.get(links["conformance"]))["conformsTo"]) == 3
    described = await atlas.get(links["service-desc"])
    assert described["openapi"].startswith("3.0")
    assert described["servers"] == [{"url": "http://test/ogc"}]
    collections = (await atlas.get(links["data"]))["collections"]
    found = {each["id"]: each for each in collections}
    wanted = {"places", "places_sight", "hospitals", "districts", "villages", "reports", "markets", "alerts"}
    assert wanted <= set(found)
    for each in collections:
        assert await atlas.get(f"/collections/{each['id']}") == each
        (box,) = each["extent"]["spatial"]["bbox"]
        if each["id"] in ("districts", "villages"):  # an approximate border may leave the city's box
            drawn = await atlas.every_feature(f"/collections/{each['id']}/items?limit=200")
            bounds = shapely.total_bounds([shapely.from_geojson(json.dumps(f["geometry"])) for f in drawn])
            assert box == pytest.approx(list(bounds), abs=1e-6)
        else:
            assert box == [106.5515, -6.2561, 106.7486, -6.0971]
        leads = {link["rel"]: link["href"] for link in each["links"]}
        assert (await atlas.get(leads["items"]))["type"] == "FeatureCollection"
        theirs = "odbl" if each["id"].startswith(("places", "hospitals")) else "creativecommons"
        assert theirs in leads["license"]
        queryables = await atlas.get(leads["http://www.opengis.net/def/rel/ogc/1.0/queryables"])
        described_parameters = {
            parameter["name"]
            for parameter in described["paths"][f"/collections/{each['id']}/items"]["get"]["parameters"]
        }
        for path, operation in described["paths"].items():
            assert {"200", "400", "default"} <= set(operation["get"]["responses"]), path
        assert f"/collections/{each['id']}/queryables" in described["paths"]
        assert described_parameters == {"limit", "bbox", "datetime", "cursor", *queryables["properties"]}


def test_every_reference_of_the_document_leads_somewhere_and_ogc_promises_no_422(app: FastAPI) -> None:
    document = app.openapi()
    text = json.dumps(document)
    for part in {part.split('"')[0] for part in text.split('"$ref": "#/components/')[1:]}:
        kind, _, name = part.partition("/")
        assert name in document["components"][kind], part
    for path, item in document["paths"].items():
        if path.startswith("/ogc"):
            assert set(item["get"]["responses"]) <= {"200", "304", "400", "404", "503"}, path


async def test_media_types_languages_and_not_modified(atlas: Atlas) -> None:
    await atlas.place(1, description={"id": "Tempat demo", "en": ""})
    answer = await atlas.client.get("/ogc/collections/places/items", headers={"Accept-Language": "en"})
    assert answer.headers["Content-Type"] == "application/geo+json"
    told = answer.json()["features"][0]["properties"]
    assert (told["name"], told["description"]) == ("Sample 0", "Tempat demo"), "no English one was written"
    assert answer.json()["timeStamp"] == "2026-02-02T02:00:00Z"
    again = await atlas.client.get(
        "/ogc/collections/places/items",
        headers={"Accept-Language": "en", "If-None-Match": answer.headers["ETag"]},
    )
    assert again.status_code == 304
    api = await atlas.client.get("/ogc/api")
    assert api.headers["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"


async def test_following_next_reads_every_place_once_in_one_statement_a_page(
    atlas: Atlas, app: FastAPI
) -> None:
    made = await atlas.place(23)
    await atlas.place(1, listed=False, status="draft")
    path = "/ogc/collections/places/items?limit=5"
    read, statements = [], []
    while path:
        with QueryRecorder().on(app.state.runtime.database) as queries:
            page = (await atlas.client.get(path)).json()
        statements.append(len([q for q in queries.statements if "SAVEPOINT" not in q]))
        assert (page["numberMatched"], page["numberReturned"]) == (23, len(page["features"]))
        read += page["features"]
        path = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert ids(read) == sorted(str(each) for each in made)
    assert statements == [1, 1, 1, 1, 1]


async def test_a_feature_has_what_the_row_has_and_stands_at_its_own_address(atlas: Atlas) -> None:
    (made,) = await atlas.place(1, rating_count=4, rating_sum=15, opening_hours="Mo-Fr 08:00-17:00")
    feature = await atlas.get(f"/collections/places_sight/items/{made}")
    told = feature["properties"]
    village = atlas.run.city.areas.villages[0]
    assert feature["geometry"] == {"type": "Point", "coordinates": [village.lon, village.lat]}
    assert (told["name"], told["village_name"], told["district"]) == (
        "Demo 0",
        village.name,
        village.district.code,
    )
    assert (told["source"], told["rating"], told["reviews"]) == ("demo", 3.75, 4)
    assert told["updated_at"] == "2026-02-01T12:00:00+07:00"
    assert told["url"] == f"http://test/v1/tourism/places/{made}"
    for wrong in (f"/collections/places_fuel/items/{made}", "/collections/places/items/x", "/collections/no"):
        assert (await atlas.client.get(f"/ogc{wrong}")).status_code == 404


@pytest.mark.parametrize("few", [0, 2_000], ids=["by value", "by index"])
async def test_boxes_periods_and_properties_agree_with_the_database(
    atlas: Atlas, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(pages, "FEW", few)
    await atlas.place(300)
    west, south, east, north = 106.60, -6.20, 106.65, -6.15
    box = (Place.lon.between(west, east), Place.lat.between(south, north))
    cases: dict[str, tuple[Any, ...]] = {
        f"places/items?bbox={west},{south},{east},{north}": box,
        f"places/items?bbox={west},{south},0,{east},{north},99": box,
        f"places/items?category=fuel&bbox={west},{south},{east},{north}": (*box, Place.category == "fuel"),
        "places_fuel/items?district=36.71.07": (Place.category == "fuel", Place.district == KARAWACI),
        "places/items?village=36.71.07.1001": (Place.village == "36.71.07.1001",),
        "places/items?village=36.71.07.1001&district=36.71.08": (Place.lat > 0,),
        "places/items?village=nowhere": (Place.lat > 0,),
        "places/items?datetime=2026-02-01T06:00:00Z/..": (Place.updated_at >= NOON + timedelta(hours=1),),
        "places/items?datetime=/2026-02-01T13:00:00%2B07:00": (
            Place.updated_at <= NOON + timedelta(hours=1),
        ),
        "places/items?datetime=2026-02-01T05:07:00Z": (Place.updated_at == NOON + timedelta(minutes=7),),
        "places/items?bbox=0,0,1,1": (Place.lat > 0,),
        # over the 180th meridian: from the middle of the city eastward; New Zealand (the standard's example)
        f"places/items?bbox=106.63,{south},-170,{north}": (
            Place.lon >= 106.63,
            Place.lat.between(south, north),
        ),
        "places/items?bbox=160.6,-55.95,-170,-25.89": (Place.lat > 0,),
    }
    for path, where in cases.items():
        read = await atlas.every_page(f"/collections/{path}&limit=9")
        found = [feature for page in read for feature in page["features"]]
        assert len(set(ids(found))) == len(found) == await counted(atlas, *where), path
        assert {page["numberMatched"] for page in read} == {len(found)}


async def test_more_than_are_counted_are_still_read_to_the_last(
    atlas: Atlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_COUNTED", 10)
    monkeypatch.setattr(pages, "MOST_IN_A_BOX", 5)
    made = await atlas.place(25)
    for query in ("limit=10", "limit=10&bbox=106,-7,107,-6"):
        read = await atlas.every_page(f"/collections/places/items?{query}")
        assert all("numberMatched" not in page for page in read)
        assert sorted(str(each) for each in made) == [i for page in read for i in ids(page["features"])]


BAD = {
    "limit=0": "limit",
    "limit=-1": "limit",
    "limit=many": "limit",
    "limit=1&limit=2": "limit",
    "bbox=1,2,3": "bbox",
    "bbox=a,b,c,d": "bbox",
    "bbox=nan,0,1,1": "bbox",
    "bbox=0,1,1,0": "bbox",
    "bbox=0,-91,1,1": "bbox",
    "bbox=179,-10,-181,10": "bbox",
    "datetime=yesterday": "datetime",
    "datetime=2026-02-30T00:00:00Z": "datetime",
    "datetime=2026-02-02T00:00:00Z/2026-02-01T00:00:00Z": "datetime",
    "datetime=2026-02-02T00:00:00": "datetime",
    "datetime=/": "datetime",
    "category=": "category",
    "colour=red": "colour",
    "village=%00": "village",
    f"limit={'1' * 21}": "limit",
    f"bbox=106.6,-6.2,106.7,-6.1{'0' * 200}": "bbox",
    f"cursor={'x' * 1_001}": "cursor",
}


@pytest.mark.parametrize("query", BAD)
async def test_what_is_asked_wrongly_is_400_and_names_the_parameter(atlas: Atlas, query: str) -> None:
    answer = await atlas.client.get(f"/ogc/collections/places/items?{query}")
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["errors"]] == [BAD[query]]
    assert answer.json()["errors"][0]["message"]


async def test_pages_without_parameters_refuse_any_and_a_cursor_belongs_to_its_list(atlas: Atlas) -> None:
    await atlas.place(3)
    for path in ("", "/conformance", "/api", "/collections", "/collections/places"):
        assert (await atlas.client.get(f"/ogc{path}?x=1")).json()["code"] == "unknown_parameter"
    page = await atlas.get("/collections/places/items?limit=2")
    cursor = next(link for link in page["links"] if link["rel"] == "next")["href"].partition("cursor=")[2]
    for wrong in (
        f"places/items?cursor={cursor}&category=fuel",
        f"villages/items?cursor={cursor}",
        "places/items?cursor=x",
    ):
        answer = await atlas.client.get(f"/ogc/collections/{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")
    assert (await atlas.get("/collections/places/items?limit=999999"))["numberReturned"] == 3


async def test_areas_are_drawn_as_points_are_assigned_and_say_that_they_are_approximate(atlas: Atlas) -> None:
    villages = await atlas.every_feature("/collections/villages/items?limit=40")
    districts = await atlas.every_feature("/collections/districts/items")
    assert (len(villages), len(districts)) == (104, 13)
    assert all(each["properties"]["approximate"] for each in (*villages, *districts))
    assert {each["geometry"]["type"] for each in (*villages, *districts)} == {"MultiPolygon"}
    mine = await atlas.every_feature(f"/collections/villages/items?district={KARAWACI}&limit=7")
    assert ids(mine) == [each["id"] for each in villages if each["id"].startswith(KARAWACI)]
    assert sum(each["properties"]["area_km2"] for each in mine) == pytest.approx(
        next(each for each in districts if each["id"] == KARAWACI)["properties"]["area_km2"], abs=1e-3
    )
    here = atlas.run.city.areas.find("36.71.07.1001")
    tiny = f"{here.lon - 1e-5},{here.lat - 1e-5},{here.lon + 1e-5},{here.lat + 1e-5}"  # type: ignore[union-attr]
    assert ids(await atlas.every_feature(f"/collections/villages/items?bbox={tiny}")) == ["36.71.07.1001"]
    across = f"{here.lon - 1e-5},{here.lat - 1e-5},-170,{here.lat + 1e-5}"  # type: ignore[union-attr]
    assert "36.71.07.1001" in ids(await atlas.every_feature(f"/collections/villages/items?bbox={across}"))
    assert (await atlas.get("/collections/villages/items/36.71.07.1001"))["properties"]["code"]


async def test_what_other_services_publish_becomes_features_and_the_newer_version_wins(atlas: Atlas) -> None:
    assert await atlas.told(published(number=1, version=3))
    assert not await atlas.told(published(number=1, version=2, title={"id": "alt", "en": "old"}))
    assert await atlas.told(published("prices_market", 2, source="demo"))
    (report,) = await atlas.every_feature("/collections/reports/items")
    told = report["properties"]
    assert (report["id"], told["title"], told["publisher"]) == ("laksa_report-00001", "Judul 1", "laksa")
    assert (told["district"], told["located"]) == (KARAWACI, "point")
    assert (told["url"], told["source"]) == ("http://test/v1/laksa/1", None)
    (market,) = await atlas.every_feature("/collections/markets/items")
    assert market["properties"]["source"] == "demo"
    assert await atlas.told(withdrawn(number=1, version=4))
    assert not await atlas.told(published(number=1, version=3))
    assert await atlas.every_feature("/collections/reports/items") == []
    assert (await atlas.client.get("/ogc/collections/reports/items/laksa_report-00001")).status_code == 404
    assert await atlas.told(withdrawn(number=9, version=2))
    assert not await atlas.told(published(number=9, version=1))
    with pytest.raises(ForeignKind):
        await atlas.told(published().model_copy(update={"type": "news.document_published.v1"}))


async def test_a_document_without_a_point_lies_in_the_middle_of_its_area_and_one_without_either_nowhere(
    atlas: Atlas,
) -> None:
    await atlas.told(published("emergency_alert", 1, point=None, area="36.71.07.1001"))
    await atlas.told(published("emergency_alert", 2, point=None, area=KARAWACI))
    assert not await atlas.told(published("emergency_alert", 3, point=None, area=None))
    assert await atlas.told(published("emergency_alert", 4, point=None, area=KARAWACI))
    assert await atlas.told(published("emergency_alert", 4, version=2, point=None, area="nowhere"))
    assert not await atlas.told(published("emergency_alert", 3, version=0, area=KARAWACI)), "older, and late"
    found = {each["id"]: each for each in await atlas.every_feature("/collections/alerts/items")}
    assert sorted(found) == ["emergency_alert-00001", "emergency_alert-00002"]
    told = found["emergency_alert-00001"]["properties"]
    assert (told["located"], told["village"], told["district"]) == ("area", "36.71.07.1001", KARAWACI)
    assert found["emergency_alert-00002"]["properties"]["village"] is None


async def test_an_alert_is_active_until_it_expires_and_found_by_its_time(
    atlas: Atlas, clock: ManualClock
) -> None:
    until = clock.now() + timedelta(hours=2)
    await atlas.told(published("emergency_alert", 1, expires_at=until.isoformat()))
    await atlas.told(published("emergency_alert", 2, expires_at=(until - timedelta(hours=3)).isoformat()))
    path = "/collections/alerts/items"
    assert ids(await atlas.every_feature(path)) == ["emergency_alert-00001"]
    assert ids(await atlas.every_feature(f"{path}?datetime=2026-02-02T03:00:00Z")) == [
        "emergency_alert-00001"
    ]
    assert await atlas.every_feature(f"{path}?datetime=../2026-02-01T04:59:59Z") == []
    assert await atlas.every_feature(f"{path}?datetime=2026-02-02T05:00:00Z/..") == []


@pytest.mark.parametrize("few", [0, 2_000], ids=["by value", "by index"])
async def test_documents_are_read_page_by_page_with_box_and_property(
    atlas: Atlas, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(pages, "FEW", few)
    for number in range(1, 31):
        await atlas.told(published(number=number))
    whole = await atlas.every_feature("/collections/reports/items?limit=7")
    assert ids(whole) == [f"laksa_report-{n:05}" for n in range(1, 31)]
    boxed = await atlas.every_feature("/collections/reports/items?limit=7&bbox=106.61,-6.178,106.7,-6.1")
    assert ids(boxed) == [f"laksa_report-{n:05}" for n in range(10, 31)]
    mine = await atlas.every_feature(f"/collections/reports/items?limit=4&district={KARAWACI}")
    assert ids(mine) == [e["id"] for e in whole if e["properties"]["district"] == KARAWACI]
    assert len(mine) > 4
    across = await atlas.every_feature("/collections/reports/items?limit=7&bbox=106.61,-6.178,-170,-6.1")
    assert ids(across) == ids(boxed)


async def test_each_change_purges_what_was_cached_and_what_is_long_gone_is_forgotten(atlas: Atlas) -> None:
    await atlas.told(published(number=1))
    await atlas.told(withdrawn(number=1))
    await atlas.told(published(number=2))
    database = atlas.run.database
    async with database.transaction() as session:
        told = (await session.execute(select(outbox.c.type, outbox.c.data).order_by(outbox.c.id))).all()
    assert [row.type for row in told] == ["tourism.tags_purged.v1"] * 3
    assert told[0].data["tags"] == ["tourism:features", "tourism:features:laksa_report"]
    for days, left in ((39, 2), (41, 1)):
        async with database.transaction() as session:
            await usecases.forget_old(session, atlas.run.clock.now() + timedelta(days=days))
        async with database.transaction() as session:
            assert await session.scalar(select(func.count()).select_from(Feature)) == left
