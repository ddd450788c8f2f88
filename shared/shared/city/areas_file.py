"""areas.csv of a pack: every village with its district, centroid and size."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.city.areas import District, Village
from shared.city.checks import Known, PackModel, once, wrong
from shared.city.files import read_csv
from shared.city.problems import Problems

AreaCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]*$", max_length=40)]


class BoundingBox(PackModel):
    """Degrees, WGS 84."""

    south: float = Field(ge=-90, le=90)
    west: float = Field(ge=-180, le=180)
    north: float = Field(ge=-90, le=90)
    east: float = Field(ge=-180, le=180)

    @model_validator(mode="after")
    def _has_an_inside(self) -> Self:
        if self.south >= self.north or self.west >= self.east:
            raise wrong("south must be below north, and west below east")
        return self

    def holds(self, lat: float, lon: float) -> bool:
        """Whether the point is in the box or on its edge."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


class _Row(PackModel):
    code: Annotated[AreaCode, once("area")]
    name: str
    district_code: AreaCode
    district: str
    centroid_lat: float = Field(ge=-90, le=90)
    centroid_lon: float = Field(ge=-180, le=180)
    area_km2: float = Field(gt=0, le=100_000)


def read_villages(path: Path, box: BoundingBox | None, problems: Problems, known: Known) -> list[Village]:
    """The villages of the file; `known` takes up the codes of both levels."""
    files = read_csv(path, _Row, problems, known)
    districts: dict[str, District] = {}
    villages = []
    for file in files:
        row = file.value
        district = districts.setdefault(row.district_code, District(row.district_code, row.district))
        if row.district != district.name:
            file.source.add(problems, f'district {district.code} is called "{district.name}" above')
        if box is not None and not box.holds(row.centroid_lat, row.centroid_lon):
            file.source.add(problems, "the centroid lies outside bounding_box of city.yaml")
        villages.append(
            Village(row.code, row.name, district, row.centroid_lat, row.centroid_lon, row.area_km2)
        )
    for file in files:
        if file.value.code in districts:
            file.source.add(problems, "is the code of a village and of a district")
    if villages:
        known["area"].update(districts)
    else:
        problems.add(path, 1, "has no usable row")
    return villages
