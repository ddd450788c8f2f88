"""The tables of all services, brought to the newest revision by their owners in this one process."""

import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deploy.local.environment import read_environment
from deploy.local.errors import StackError
from deploy.local.gentle import complaints
from deploy.local.layout import EVERY_SERVICE, Stack
from deploy.local.postgres import Cluster
from deploy.local.registry import Service
from deploy.local.secret_store import load_secrets

ROOT = Path(__file__).resolve().parents[2]
_RECIPES = "Each in the way that works is in tests/svc_laksa/revisions."


def database_of(service: Service) -> tuple[str, str, str]:
    """Name, owner role and runtime role of a service's database."""
    return service.short, f"{service.short}_owner", service.short


def ensure_databases(stack: Stack, cluster: Cluster) -> None:
    """Two roles and a database for every service that uses the embedded PostgreSQL."""
    passwords = load_secrets(stack.folder)["passwords"]
    own = [s for s in EVERY_SERVICE if f"DATABASE_URL_{s.short.upper()}" not in stack.given]
    roles = {role: passwords[role] for s in own for role in database_of(s)[1:]}
    cluster.ensure_all(roles, [database_of(s) for s in own])


def migrate_all(folder: Path) -> list[str]:
    """Upgrades the database of every service started here; returns those that had something to do."""
    from alembic.util import CommandError

    from shared.migrate import upgrade

    changed = []
    for service in [s for s in EVERY_SERVICE if (folder / "env" / f"{s.short}.owner.env").exists()]:
        owner = read_environment(folder, f"{service.short}.owner")["DATABASE_OWNER_URL"]
        runtime = urlsplit(read_environment(folder, service.short)["DATABASE_URL"]).username or ""
        try:
            if upgrade(package=service.package, owner_url=owner, runtime_role=unquote(runtime)):
                changed.append(service.short)
        except CommandError as error:
            raise StackError(
                f"the tables of {service.name} cannot be migrated: {error}\n"
                "Was the data made by newer code? Use that code again, or start from nothing with make reset."
            ) from error
    return changed


def write_revision(folder: Path, short: str, message: str) -> None:
    """Writes the next revision of one service; StackError if it is unknown or the message is empty."""
    from shared.migrate import revision

    package = {s.short: s.package for s in EVERY_SERVICE}.get(short)
    if package is None or not message:
        raise StackError('usage: make migration SERVICE=laksa MESSAGE="add a column"')
    owner_url = read_environment(folder, f"{short}.owner")["DATABASE_OWNER_URL"]
    revision(package=package, owner_url=owner_url, message=message, branch=short)


def refuse_locking(root: Path) -> None:
    """StackError naming each line of a revision that would stop a running service."""
    files = sorted(root.glob("*/*/migrations/versions/*.py"))
    wrong = [what for file in files for what in complaints(file)]
    if wrong:
        raise StackError("\n".join(["A revision would stop a running service:", *wrong, _RECIPES]))


def check_all(tell: Callable[[str], None]) -> None:
    """Reads every revision, then migrates empty databases on a temporary server.

    StackError if a revision would lock a table in use, or if a database differs from the models.
    """
    from alembic.util import CommandError

    from shared.migrate import check, upgrade

    refuse_locking(ROOT)
    with tempfile.TemporaryDirectory(prefix="city-check-") as folder:
        cluster = Cluster(Path(folder) / "postgres", _free_port(), durable=False)
        try:
            cluster.start()
            for service in EVERY_SERVICE:
                name, owner, runtime = database_of(service)
                cluster.ensure_all({owner: "check", runtime: "check"}, [(name, owner, runtime)])
                owner_url = cluster.url(name, owner, "check")
                upgrade(package=service.package, owner_url=owner_url, runtime_role=runtime)
                check(package=service.package, owner_url=owner_url)
                tell(f"{service.name}: the migrations make what the models say")
        except CommandError as error:
            raise StackError(f"{service.name}: {error}; write one with make migration") from error
        finally:
            cluster.stop()
            cluster.wipe()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
