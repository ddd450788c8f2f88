"""pg_dump and pg_restore against any database by its address; no password is ever on a command line."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy.engine import URL, make_url

from deploy.local import postgres_place
from deploy.local.errors import StackError
from deploy.local.layout import POSTGRES_OFFSET, Stack
from deploy.local.postgres import Cluster


class Programs:
    """Those of the wheel, which speak no TLS, or of PG_BIN when the caller names a folder."""

    def __init__(self, stack: Stack) -> None:
        place = Cluster(stack.folder / "postgres", stack.port(POSTGRES_OFFSET)).place
        given = stack.given.get("PG_BIN")
        self._folder = Path(given) if given else postgres_place.programs(place)

    def dump(self, url: str, snapshot: str, file: Path) -> None:
        """Writes what the exported `snapshot` saw, compressed; roles and rights are left out."""
        options = ["--format=custom", f"--snapshot={snapshot}", "--lock-wait-timeout=30s", f"--file={file}"]
        self._run("pg_dump", url, options)

    def load(self, url: str, file: Path) -> None:
        """Puts a dump into an empty database, whole or not at all; all belongs to the role of `url`."""
        self._run("pg_restore", url, ["--exit-on-error", "--single-transaction", str(file)])

    def _run(self, name: str, url: str, options: Sequence[str]) -> None:
        address, password = for_libpq(url)
        command = [str(self._folder / name), "--no-owner", "--no-acl", "--no-password", f"--dbname={address}"]
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PGPASSWORD": password}
        try:
            done = subprocess.run(
                [*command, *options], capture_output=True, text=True, env=environment, umask=0o077
            )
        except OSError as error:
            raise StackError(f"{name} cannot be run: {error.strerror}: {self._folder}") from error
        if done.returncode:
            raise StackError(f"{name} of {make_url(url).database} failed:\n{done.stderr.strip()}")


def for_libpq(url: str) -> tuple[str, str]:
    """(the address without its password, the password), in the words of libpq."""
    parts = make_url(url)
    query = {("sslmode" if name == "ssl" else name): str(value) for name, value in parts.query.items()}
    bare = URL.create("postgresql", parts.username, None, parts.host, parts.port, parts.database)
    return bare.render_as_string() + (f"?{urlencode(query)}" if query else ""), parts.password or ""
