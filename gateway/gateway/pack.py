"""demo-users.yaml of the city pack: staff, residents, front ends and partners of the demonstration."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.clients import queries as clients_known
from gateway.clients import usecases as clients
from gateway.clients.rules import PREFIX, origin
from gateway.codes.rules import normalised
from gateway.pack_clients import check_clients
from gateway.pack_menus import check_menus
from gateway.passwords import usecases as passwords
from gateway.passwords.client import Passwords
from gateway.people import usecases as people
from gateway.settings import GatewaySettings
from gateway.vault import Vault
from shared.city.checks import Code, Label, PackModel, distinct, once, refers_to, wrong
from shared.city.files import read_yaml
from shared.city.pack import City, load_city
from shared.city.problems import Problems
from shared.clock import SystemClock
from shared.crypto import FieldCipher
from shared.db import Database

_ONE_AT_A_TIME = 7_160_001  # the advisory lock of loading


class NoDemo(Exception):
    """Demo accounts have no place here."""


def _mobile(text: str) -> str:
    phone = normalised(text)
    if phone is None:
        raise wrong(f'"{text}" is no mobile number')
    return phone


def _origin(text: str) -> str:
    try:
        return origin(text)
    except ValueError as error:
        raise wrong(str(error)) from error


class DemoStaff(PackModel):
    """One member of staff; `key` names her in demo.json, `totp` gives her a second factor."""

    key: Annotated[Code, once("staff key")]
    username: Annotated[Code, once("user name")]
    name: str
    roles: tuple[Code, ...] = Field(min_length=1)
    agency: Annotated[str, refers_to("agency", "agencies.yaml")] | None = None
    totp: bool = False

    def secrets(self, vault: Vault) -> dict[str, str]:
        """User name, password and, with `totp`, the TOTP secret (base32)."""
        name = self.username.encode()
        password = base64.urlsafe_b64encode(vault.derive("demo-password", name)[:12]).decode()
        totp = base64.b32encode(vault.derive("demo-totp", name)[:20]).decode()
        return {"username": self.username, "password": password} | (
            {"totp_secret": totp} if self.totp else {}
        )


class DemoCitizen(PackModel):
    """One resident."""

    phone: Annotated[str, AfterValidator(_mobile)]
    name: str


class DemoClient(PackModel):
    """One front end or partner; `origins` are the sites whose browsers may call."""

    key: Annotated[Code, once("client")]
    kind: Literal["front_end", "partner"]
    platform: Literal["web", "android", "ios"] | None = None
    name: Label
    origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    agency: Annotated[str, refers_to("agency", "agencies.yaml")] | None = None

    def api_key(self, vault: Vault) -> str:
        """The key its requests carry."""
        return (
            PREFIX
            + base64.urlsafe_b64encode(vault.derive("demo-key", self.key.encode())).rstrip(b"=").decode()
        )


class DemoPoint(PackModel):
    """WGS 84, degrees."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class DemoWalk(PackModel):
    """The report that `make demo` walks from phone to done; LAKSA knows the category and its questions."""

    category: Code
    point: DemoPoint
    description: str
    answers: dict[str, str] = {}
    finished: str


class DemoUsers(PackModel):
    """demo-users.yaml. The first resident is the `citizen` of demo.json."""

    staff: tuple[DemoStaff, ...] = ()
    citizens: Annotated[tuple[DemoCitizen, ...], distinct("phone")] = Field(min_length=1)
    clients: tuple[DemoClient, ...] = ()
    walk: DemoWalk

    def sign_ins(self, vault: Vault, otp: str) -> dict[str, Any]:
        """What people need to sign in: the same at every start, and nowhere in the repository.

        Every secret is an HMAC of TOKEN_KEY and the name, so it is worth what that key is worth.
        """
        return {
            "api_keys": {each.key: each.api_key(vault) for each in self.clients},
            "staff": {
                each.key: {**each.secrets(vault), "roles": list(each.roles), "agency": each.agency}
                for each in self.staff
            },
            "citizen": {"phone": self.citizens[0].phone, "otp": otp},
            "citizens": [{"phone": each.phone, "otp": otp} for each in self.citizens],
            "walk": self.walk.model_dump(),
        }


def read_demo_users(city: City) -> DemoUsers:
    """The file of this city; PackError with every problem, each with file and line."""
    problems = Problems()
    file = read_yaml(city.folder / "demo-users.yaml", DemoUsers, problems, city.known())
    if file is not None and not city.bounding_box.holds(file.value.walk.point.lat, file.value.walk.point.lon):
        file.source.add(problems, "lies outside bounding_box of city.yaml", "walk", "point")
    if problems or file is None:
        raise problems.error()
    return file.value


def check(city: City) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """For `make check-city`: (file, what is there) and (file, what is weak); PackError as on loading."""
    demo, file = read_demo_users(city), "demo-users.yaml"
    there = f"{len(demo.staff)} staff, {len(demo.citizens)} residents, {len(demo.clients)} clients"
    (menus, weak), (fronts, doubtful) = check_menus(city), check_clients(city)
    return [(file, there), *menus, *fronts], [*weak, *doubtful]


async def load(settings: GatewaySettings) -> dict[str, Any]:
    """Inserts the demonstration and answers its sign-ins; NoDemo outside development."""
    if settings.environment != "development" or settings.demo_otp is None:
        raise NoDemo("demo users are for ENVIRONMENT=development with DEMO_OTP set; nothing was inserted")
    demo = read_demo_users(load_city(settings.city_pack))
    vault = Vault.of(settings, FieldCipher(settings.field_key_ring()))
    database = Database(settings.database_url.get_secret_value(), "gateway")
    now = SystemClock(settings.city_time_offset).now()
    try:
        async with database.transaction() as session:
            await insert_demo_users(session, demo, argon2=Passwords(), vault=vault, now=now)
    finally:
        await database.close()
    return demo.sign_ins(vault, settings.demo_otp.get_secret_value())


async def insert_demo_users(
    session: AsyncSession, demo: DemoUsers, *, argon2: Passwords, vault: Vault, now: datetime
) -> Mapping[str, int]:
    """Inserts whoever is not there yet and changes nobody; answers how many of each kind it inserted."""
    await session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    taken, known = await passwords.usernames(session), await clients_known.codes(session)
    staff = [each for each in demo.staff if each.username not in taken]
    fronts = [each for each in demo.clients if each.key not in known]
    for member in staff:
        await _insert_staff(session, member, argon2, vault, now)
    for front in fronts:
        await clients.register(
            session,
            code=front.key,
            name=front.name.id,
            kind=front.kind,
            platform=front.platform,
            owner=front.agency,
            origins=front.origins,
            key=front.api_key(vault),
            now=now,
        )
    new = [await _insert_citizen(session, citizen, vault, now) for citizen in demo.citizens]
    return {"staff": len(staff), "clients": len(fronts), "citizens": sum(new)}


async def _insert_staff(
    session: AsyncSession, member: DemoStaff, argon2: Passwords, vault: Vault, now: datetime
) -> None:
    secrets = member.secrets(vault)
    staff_id = await people.enrol(
        session, name=member.name, roles=member.roles, agency=member.agency, vault=vault, now=now
    )
    await passwords.give(
        session,
        staff_id,
        username=member.username,
        password_hash=argon2.hash(secrets["password"]),
        totp_secret=secrets.get("totp_secret"),
        vault=vault,
        now=now,
    )


async def _insert_citizen(session: AsyncSession, citizen: DemoCitizen, vault: Vault, now: datetime) -> bool:
    citizen_id, new = await people.welcome(session, citizen.phone, vault, now)
    if new:
        await people.rename(session, citizen_id, citizen.name, vault)
    return new
