"""`python -m gateway client …`: what an administrator does on the machine itself."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from gateway import commands
from gateway.settings import GatewaySettings
from shared.settings import Settings


async def told(desk: Any, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    capsys.readouterr()
    code = await commands.client(desk.run, commands.client_arguments(words))
    printed = capsys.readouterr()
    return code, printed.out, printed.err


async def key_of(desk: Any, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    code, out, err = await told(desk, capsys, *words)
    assert (code, "cannot be shown again" in err) == (0, True)
    found = [line.removeprefix("key ") for line in out.splitlines() if line.startswith("key ")]
    assert len(found) == out.count("key_") - out.count("key_until") == 1
    return found[0]


async def test_a_front_end_from_its_first_key_to_its_end(
    desk: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    origins = ("--origin", "https://a.example.go.id", "--origin", "https://b.example.go.id")
    created = (
        "create",
        "by-command",
        "--name",
        "Situs Pajak",
        "--owner",
        "bapenda",
        *origins,
        "--rate",
        "9.5",
    )
    first = await key_of(desk, capsys, *created)
    second = await key_of(desk, capsys, "rotate", "by-command", "--overlap-hours", "2")
    assert [await desk.code_for(key) for key in (first, second)] == ["unauthenticated"] * 2
    _, sheet, _ = await told(desk, capsys, "show", "by-command")
    shown = dict(line.split(None, 1) for line in sheet.splitlines())
    assert (shown["keys"], shown["owner"], shown["type"], shown["rate_per_second"]) == (
        "2", "bapenda", "web", "9.5",
    )  # fmt: skip
    assert shown["origins"] == "https://a.example.go.id, https://b.example.go.id"
    assert (await told(desk, capsys, "end-old-key", "by-command"))[0] == 0
    assert await desk.code_for(first) == "client_unknown"
    assert (await told(desk, capsys, "disable", "by-command", "--reason", "leaked"))[0] == 0
    assert await desk.code_for(second) == "client_unknown"
    assert "disabled" in (await told(desk, capsys, "list", "--state", "disabled"))[1]
    assert (await told(desk, capsys, "enable", "by-command"))[0] == 0
    assert await desk.code_for(second) == "unauthenticated"
    lines = (await desk.get("/v1/admin/audits", params={"subject": "client:by-command"})).json()["items"]
    assert {line["actor"] for line in lines} == {"command"}
    assert len(lines) == 5
    assert not [key for key in (first, second) if key in json.dumps(lines)]


async def test_the_list_is_a_table(desk: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = await told(desk, capsys, "list", "--q", "desk")
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        ["code", "kind", "type", "owner", "keys", "rate", "burst", "name"],
        ["desk", "front_end", "system", "-", "1", "500", "100000", "Meja", "admin"],
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("create", "desk", "--name", "x"), "is registered. Choose another code"),
        (("create", "New One", "--name", "x"), "code: Not in the expected form"),
        (("create", "x1", "--name", " "), "name: At least 1 characters"),
        (
            ("create", "x1", "--name", "x", "--origin", "http://a.go.id"),
            "origins.0: Must be an origin such as",
        ),
        (("create", "x1", "--name", "x", "--owner", "nobody"), "owner: The city has no agency"),
        (("show", "nobody"), "no front end 'nobody'; `client list` shows all"),
        (("end-old-key", "desk"), "Only the present key is good"),
    ],
)
async def test_what_is_refused_says_why_in_words(
    desk: Any, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], why: str
) -> None:
    code, out, err = await told(desk, capsys, *words)
    assert (code, out) == (1, "")
    assert why in err


@pytest.mark.parametrize(
    "words", [(), ("erase", "x"), ("create", "x"), ("disable", "x", "--reason", "because"), ("rotate",)]
)
def test_a_slip_shows_the_usage(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        commands.client_arguments(words)
    assert "usage: python -m gateway client" in capsys.readouterr().err


def test_heads_are_read_as_they_were_printed() -> None:
    assert commands.heads_given(["7:ab"])[0].seq == 7
    with pytest.raises(SystemExit, match="seq:hash"):
        commands.heads_given(["seven"])


def test_the_command_itself_prints_the_key_to_standard_output(
    settings_for: Callable[..., Any], databases: Any
) -> None:
    settings = settings_for(GatewaySettings, databases.new("gateway"))
    done = run(settings, "client", "create", "site", "--name", "Situs", "--type", "web")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("key_") == 1


def run(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    values = {name.upper(): getattr(settings, name) for name in type(settings).model_fields}
    plain = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in values.items()
        if value not in ((), None)
    }
    command = [sys.executable, "-m", "gateway", *words]
    return subprocess.run(command, env=os.environ | plain, capture_output=True, text=True, timeout=60)
