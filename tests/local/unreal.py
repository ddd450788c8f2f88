"""A finished backup of a stack that never was, and every way to damage it."""

import json
import os
import shutil
import tarfile
from pathlib import Path

from deploy.local.keeping import archive


def unreal_backup(folder: Path) -> Path:
    """A finished backup of a stack that never was."""
    stack, part = folder / "source", folder / "part"
    (stack / "keys").mkdir(parents=True)
    (stack / "secrets.json").write_text('{"field_keys": {}}')
    (stack / "keys" / "identity.jwk.json").write_text("{}")
    part.mkdir()
    (part / "laksa.dump").write_bytes(os.urandom(5_000))
    tarfile.open(part / archive.MEDIA, "w").close()
    facts = {"city": "tangerang", "made_at": "2026-11-23T04:54:55Z", "databases": {"laksa": ["laksa_0001"]}}
    archive.finish(part, folder / "made", archive.collect_keys(stack), facts)
    return folder / "made"


def damage(whole: Path, to: Path, how: str) -> None:
    """Copies the backup `whole` to `to`, and does to the copy what `how` says."""
    shutil.copytree(whole, to)
    shutil.copy(archive.keys_file(whole), archive.keys_file(to))
    dump, manifest, keys = to / "laksa.dump", to / "manifest.json", archive.keys_file(to)
    content = bytearray(dump.read_bytes())
    said = json.loads(manifest.read_text())
    match how:
        case "cut":
            dump.write_bytes(content[:-1])
        case "flipped":
            content[2_000] ^= 1
            dump.write_bytes(content)
        case "gone":
            (to / archive.MEDIA).unlink()
        case "no manifest":
            manifest.unlink()
        case "half a manifest":
            manifest.write_text(manifest.read_text()[:200])
        case "altered manifest":
            manifest.write_text(json.dumps(said | {"made_at": "2020"}))
        case "other format":
            manifest.write_text(json.dumps(said | {"format": 2}))
        case "no keys":
            keys.unlink()
        case "other keys":
            keys.write_text(json.dumps({"files": {"secrets.json": "{}"}}))
