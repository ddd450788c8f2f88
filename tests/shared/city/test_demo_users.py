"""The demonstration's people of every pack: all roles LAKSA needs, agencies that exist, nothing secret."""

import re
from pathlib import Path
from typing import Annotated, Literal

import pytest

from shared.city.checks import Code, Label, PackModel, once, refers_to
from shared.city.files import read_yaml
from shared.city.pack import load_city
from shared.city.problems import Problems

AgencyCode = Annotated[str, refers_to("agency", "agencies.yaml")]


class Person(PackModel):
    key: Annotated[Code, once("person")]
    username: Annotated[Code, once("username")]
    name: str
    roles: tuple[str, ...]
    agency: AgencyCode | None = None
    totp: bool = False


class Citizen(PackModel):
    phone: str
    name: str


class Client(PackModel):
    key: Annotated[Code, once("client")]
    kind: Literal["front_end", "partner"]
    platform: Literal["web", "android", "ios"] | None = None
    name: Label
    agency: AgencyCode | None = None
    origins: tuple[str, ...] = ()


class Walk(PackModel):
    category: Code
    point: dict[str, float]
    description: str
    answers: dict[str, str]
    finished: str


class DemoUsers(PackModel):
    staff: tuple[Person, ...]
    citizens: tuple[Citizen, ...]
    clients: tuple[Client, ...]
    walk: Walk


@pytest.fixture(params=["tangerang", "contoh"])
def folder(request: pytest.FixtureRequest, tangerang: Path) -> Path:
    return tangerang.with_name(request.param)


def test_every_role_laksa_needs_has_a_demo_person_of_an_agency_that_exists(folder: Path) -> None:
    problems = Problems()
    file = read_yaml(folder / "demo-users.yaml", DemoUsers, problems, load_city(folder).known())
    assert file is not None, problems.error()
    roles = {role for person in file.value.staff for role in person.roles}
    laksa = {f"laksa_{name}" for name in ("officer", "head", "crew", "verifier", "moderator", "counter")}
    assert roles >= laksa | {"leader", "ops", "admin"}
    officers = {person.agency for person in file.value.staff if "laksa_officer" in person.roles}
    assert len(officers) >= 2
    assert {client.key for client in file.value.clients} == {"web", "android", "partner_test", "police"}
    assert file.value.citizens[0].phone.startswith("+62")
    assert file.value.walk.description.startswith("demo: ")


def test_demo_people_are_called_demo_and_carry_no_secret(folder: Path) -> None:
    text = (folder / "demo-users.yaml").read_text(encoding="utf-8")
    names = re.findall(r"(?<=name: )(?:\{id: )?(\w+)", text.replace("username: ", ""))
    assert len(names) > 15
    assert set(names) <= {"Demo", "demo"}
    assert "password:" not in text
    assert "secret:" not in text
