"""The demonstration's people: every role LAKSA needs, agencies that exist, nothing secret."""

from pathlib import Path
from typing import Annotated, Literal

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


class DemoUsers(PackModel):
    staff: tuple[Person, ...]
    citizens: tuple[Citizen, ...]
    clients: tuple[Client, ...]


def test_every_role_laksa_needs_has_a_demo_person_of_an_agency_that_exists(tangerang: Path) -> None:
    problems = Problems()
    file = read_yaml(tangerang / "demo-users.yaml", DemoUsers, problems, load_city(tangerang).known())
    assert file is not None, problems.error()
    roles = {role for person in file.value.staff for role in person.roles}
    laksa = {f"laksa_{name}" for name in ("officer", "head", "crew", "verifier", "moderator", "counter")}
    assert roles == laksa | {"leader", "ops", "admin"}
    officers = {person.agency for person in file.value.staff if "laksa_officer" in person.roles}
    assert len(officers) >= 2
    assert {client.key for client in file.value.clients} == {"web", "android", "partner_test", "police"}
    assert file.value.citizens[0].phone.startswith("+62")


def test_demo_people_are_called_demo_and_carry_no_secret(tangerang: Path) -> None:
    text = (tangerang / "demo-users.yaml").read_text(encoding="utf-8")
    names = [line for line in text.splitlines() if line.startswith("    name:") and "{" not in line]
    assert names
    assert all(line.startswith("    name: Demo ") for line in names)
    assert "password:" not in text
    assert "secret:" not in text
