"""`python -m tests.chaos`: the kill test alone, by KILLS, SEED and WORKERS (of the gateway)."""

import asyncio
import os
import secrets
import sys
import tempfile
from pathlib import Path

from tests.chaos.comparing import compare
from tests.chaos.running import Plan, run
from tests.chaos.telling import told
from tests.chaos.town import running_town


def say(line: str) -> None:
    """One line for the person who watches."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """0 when everything agrees. The notebooks stay where it says if something does not."""
    kills = int(os.environ.get("KILLS") or 100)
    seed = int(os.environ.get("SEED") or secrets.randbelow(10**9))
    folder = Path(tempfile.mkdtemp(prefix="city-chaos-"))
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    say(f"{kills} kills, SEED={seed}; starting the stack …")
    with running_town(folder, int(os.environ.get("WORKERS") or 2)) as town:
        ran = asyncio.run(run(town, Plan(kills, seed, notebooks), say))
        mismatches = compare(ran.record, ran.facts)
    say(told(ran, mismatches))
    if mismatches:
        say(f"The clients' notebooks: {notebooks}")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
