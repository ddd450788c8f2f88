"""Who PostgreSQL runs as when we are root: it refuses to be root, and we create no account for it."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.errors import StackError


@dataclass(frozen=True)
class Account:
    """An existing account without rights of its own."""

    name: str
    uid: int
    gid: int

    def can_run(self, command: list[str]) -> bool:
        """Whether the account can reach and run the program: tried, as modes do not tell all."""
        try:
            return (
                subprocess.run(command, capture_output=True, cwd="/", **self.as_subprocess()).returncode == 0
            )
        except PermissionError:
            return False

    def can_enter(self, folder: Path) -> bool:
        """Whether the account may pass through `folder` and all folders above it."""
        return self.can_run(["/bin/sh", "-c", 'cd "$0"', str(folder)])

    def as_subprocess(self) -> dict[str, Any]:
        """Arguments that make subprocess start a child as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def become(self) -> None:
        """Gives up root for good in this process."""
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)


def account_for_servers() -> Account | None:
    """None for an ordinary account; as root the account `nobody`. StackError if the machine has none."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise StackError("PostgreSQL refuses to run as root and there is no account 'nobody' here") from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
