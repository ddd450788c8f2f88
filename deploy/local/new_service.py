"""`make new-service NAME=parks`: writes a service that works from its first day, in the shape of all others.

What it writes is deploy/local/template, a service called `example`, under another name.
"""

import keyword
import re
import subprocess
import sys
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.registry import SERVICE_OPS_OFFSET, find_services, free_offset

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = Path(__file__).parent / "template"
_NAME = re.compile(r"[a-z][a-z0-9]{1,19}")
#: Names that mean something already: paths of the gateway, streams, roles and folders of the platform.
_TAKEN = frozenset({
    "admin", "alerts", "auth", "bootstrap", "catalogue", "city", "dead", "docs", "example", "feeds",
    "gateway", "health", "home", "hooks", "internal", "ledger", "live", "me", "media", "menus", "metrics",
    "migrations", "nats", "oauth", "ogc", "open311", "partner", "plumbing", "postgres", "provider",
    "public", "role", "search", "shared", "stream", "template", "test", "tests", "user", "verify", "web",
})  # fmt: skip


def main(arguments: list[str]) -> int:
    """0 when the service stands there; what is wrong with the name is one text on standard error."""
    try:
        written = write_service(ROOT, arguments[0] if arguments else "")
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    name = arguments[0]
    sys.stdout.write("".join(f"  {path.relative_to(ROOT)}\n" for path in written))
    sys.stdout.write(
        f"svc-{name} is written. `make up` starts it, also beside a stack that runs; it answers at\n"
        f"/v1/{name}/announcements. What it can do: svc-{name}/README.md. Then: make check\n"
    )
    return 0


def write_service(root: Path, name: str) -> list[Path]:
    """Writes svc-<name>, its tests, contracts and samples, and lists it; answers the files that are new.

    StackError, with nothing written, if the name cannot be used.
    """
    _refuse(root, name)
    offset = free_offset(find_services(root))
    sources = [p for p in sorted(TEMPLATE.rglob("*")) if p.is_file() and "__pycache__" not in p.parts]
    written = []
    for source in sources:
        path = root / _named(str(source.relative_to(TEMPLATE)), name)
        written.append(_write(path, _named(source.read_text(encoding="utf-8"), name), offset))
    _list_in(root / ".importlinter", r"^( +svc_)\w+$", name)
    _list_in(root / "README.md", r"^(\| \[svc-).*$", name, _row(name))
    _tidy(written)
    return written


def _refuse(root: Path, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise StackError(
            "usage: make new-service NAME=parks\n"
            f"NAME is 2 to 20 lower-case letters and digits, a letter first; it is {name!r}"
        )
    if name in _TAKEN or keyword.iskeyword(name) or name.startswith(("pg", "svc")):
        raise StackError(f"the name {name!r} means something else already; choose another one")
    mine = (f"svc-{name}", f"tests/svc_{name}", f"shared/shared/contracts/{name}.py")
    found = [path for path in mine if (root / path).exists()]
    if found:
        raise StackError(f"there is a {found[0]} already")
    prefix = f"/v1/{name}"
    owner = next((s.name for s in find_services(root) if prefix in s.prefixes), None)
    if owner:
        raise StackError(f"{owner} serves {prefix} already")


def _named(text: str, name: str) -> str:
    return text.replace("example", name).replace("Example", name.capitalize())


def _write(path: Path, text: str, offset: int) -> Path:
    ops = SERVICE_OPS_OFFSET + offset
    ports = f"offset = {offset}  # port PORT_BASE + {offset}, health and metrics {ops}"
    text = re.sub(r"^offset = \d+.*$", ports, text, flags=re.MULTILINE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _row(name: str) -> str:
    return f"| [svc-{name}](svc-{name}/README.md) | announcements of this service | new |"


def _list_in(file: Path, pattern: str, name: str, line: str = "") -> None:
    """Adds a line after the last of each run of lines that look like the pattern."""
    lines = file.read_text(encoding="utf-8").splitlines()
    like = [bool(re.match(pattern, each)) for each in lines]
    for index in reversed(range(len(lines))):
        if like[index] and not (index + 1 < len(lines) and like[index + 1]):
            lines.insert(index + 1, line or re.sub(r"svc_\w+", f"svc_{name}", lines[index]))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _tidy(written: list[Path]) -> None:
    """Another name is sorted and broken into lines elsewhere."""
    files = [str(path) for path in written if path.suffix == ".py"]
    for command in (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, *files], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
