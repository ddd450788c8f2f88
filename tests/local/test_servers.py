"""PostgreSQL and NATS from their wheels: closed by default, and kept over a restart."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import nats
import pytest

from deploy.local.errors import StackError
from deploy.local.nats import Broker
from deploy.local.postgres import Cluster
from tests.local.conftest import free_stack


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("postgres")
    cluster = Cluster(folder / "cluster", free_stack(folder).port(32), durable=False)
    cluster.start()
    passwords = {"jobs_owner": "o'wner", "jobs": "runs", "news_owner": "x", "news": "y"}
    databases = [("jobs", "jobs_owner", "jobs"), ("news", "news_owner", "news")]
    cluster.ensure_all(passwords, databases)
    cluster.ensure_all(passwords, databases)  # a second start finds them
    yield cluster
    cluster.stop()
    cluster.wipe()
    assert not cluster.data.exists()


async def test_a_service_enters_its_own_database_and_no_other(cluster: Cluster) -> None:
    connection = await asyncpg.connect(cluster.url("jobs", "jobs", "runs"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("CREATE TABLE mine (id int)")
    await connection.close()
    for database in ("news", "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(cluster.url(database, "jobs", "runs"))
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(cluster.url("jobs", "jobs", "wrong"))


async def test_the_owner_makes_tables_and_extensions(cluster: Cluster) -> None:
    connection = await asyncpg.connect(
        user="jobs_owner", password="o'wner", host="127.0.0.1", port=cluster.port, database="jobs"
    )
    await connection.execute("CREATE EXTENSION pg_trgm; CREATE TABLE vacancy (id int)")
    await connection.close()


def test_pages_are_checksummed_and_passwords_are_scram(cluster: Cluster) -> None:
    assert cluster.sql("SELECT current_setting('data_checksums')").strip() == "on"
    assert cluster.sql("SELECT count(*) FROM pg_authid WHERE rolpassword LIKE 'SCRAM-%'").strip() == "5"
    with pytest.raises(StackError, match="refused"):
        cluster.sql("SELECT nonsense")


def test_data_survives_a_restart_and_a_broken_off_initdb_is_made_again(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "cluster", free_stack(tmp_path).port(32), durable=False)
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "data.new").mkdir()
    (tmp_path / "cluster" / "data.new" / "half").touch()
    cluster.start()
    cluster.sql("CREATE TABLE kept AS SELECT 7 AS seven")
    cluster.stop()
    again = Cluster(tmp_path / "cluster", cluster.port, durable=False)
    again.start()
    assert again.sql("SELECT seven FROM kept").strip() == "7"
    again.stop()
    again.wipe()


def test_the_server_never_runs_as_root(cluster: Cluster) -> None:
    pid = (cluster.data / "postmaster.pid").read_text().split("\n", 1)[0]
    assert Path("/proc", pid).stat().st_uid != 0
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700
    if os.geteuid() == 0:
        assert cluster.account is not None
        assert cluster.data.stat().st_uid == cluster.account.uid


async def test_the_broker_asks_for_its_password_and_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "nats", free_stack(tmp_path).port(42))
    broker.start()
    assert _answer_without_password(broker.port).startswith(b"-ERR 'Authorization Violation'")
    connection = await nats.connect(broker.url())
    await connection.jetstream().add_stream(name="T", subjects=["t"])
    await connection.jetstream().publish("t", b"kept")
    await connection.close()
    broker.stop()
    broker.start()
    connection = await nats.connect(broker.url())
    assert (await connection.jetstream().stream_info("T")).state.messages == 1
    await connection.close()
    broker.stop()
    assert "sync_interval: always" in (tmp_path / "nats" / "nats.conf").read_text()


def _answer_without_password(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=2) as client, client.makefile("rb") as lines:
        assert lines.readline().startswith(b"INFO")
        client.sendall(b"CONNECT {}\r\nPING\r\n")
        return lines.readline()
