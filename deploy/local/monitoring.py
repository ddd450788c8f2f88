"""`make monitoring`: everything Prometheus needs to watch the running stack, in one folder."""

import json
import shutil

from deploy.local.errors import StackError
from deploy.local.layout import Stack
from deploy.local.private_files import private_folder
from deploy.local.progress import say


def write(stack: Stack) -> int:
    """Writes <run folder>/monitoring: configuration, rules, and targets as the stack was last started.

    Prometheus reads targets again by itself; after a start with other services it needs no restart.
    """
    if not (stack.folder / "stack.json").exists():
        raise StackError("the stack has not been started here yet: run make up")
    source, folder = stack.root / "deploy" / "monitoring", private_folder(stack.folder / "monitoring")
    shutil.copy(source / "prometheus.yml", folder)
    shutil.copytree(source / "rules", folder / "rules", dirs_exist_ok=True)
    targets = [
        {"targets": [f"127.0.0.1:{process.ops_port}"], "labels": {"process": process.name}}
        for process in stack.as_started().processes()
    ]
    place = private_folder(folder / "targets") / "city.json"
    place.write_text(json.dumps(targets, indent=1) + "\n", encoding="utf-8")
    say(f"{len(targets)} processes in {place}")
    say(f"prometheus --config.file={folder / 'prometheus.yml'} --storage.tsdb.path={folder / 'data'}")
    say(f"Grafana's dashboards: {source / 'grafana'}")
    return 0
