"""Runs Schemathesis in a process of its own: the job comes as a file, what was found goes out line by line.

A process of its own, because making requests costs as much as answering them, and there are two cores.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Any

import schemathesis
from schemathesis.engine import Status, from_schema
from schemathesis.engine.events import EngineEvent, NonFatalError, ScenarioFinished

from tests.security.fuzz import exceptions
from tests.security.fuzz.document import only, operations, with_examples
from tests.security.fuzz.signing import SEEDED, signature

SEEDS, ONE = 0, -1
"""Doses of an operation that are not "every case, and so many random ones"."""
_KEYS = count(1)
_ONE_METHOD = {"unexpected-methods": ["trace"]}
"""In the short run: that the edge answers 405 to the others, its own tests say."""
#: A seed is meant for its operation alone: ids from answers would let one operation use up those of another.
_SEEDS = {"extra-data-sources": {"responses": False}}
_SIGNING: dict[str, Any] = {}
"""What the provider whose turn it is signs with, and the moment it is there."""


def run(job: Mapping[str, Any], part: Mapping[str, Any]) -> None:
    """One person's turn: `part["labels"]` says of every operation how much she sends.

    Schemathesis looks at each operation of a document many times; it gets those of this turn alone.
    """
    _SIGNING.update(part["signing"])
    whole = job["document"] if part["steps"] else only(job["document"], part["labels"])
    document = with_examples(whole, part["seeds"])
    schema = schemathesis.openapi.from_dict(document, config=_config(job, part, whole))
    for event in from_schema(schema).execute():
        tell(part, event)


def _config(
    job: Mapping[str, Any], part: Mapping[str, Any], document: Mapping[str, Any]
) -> schemathesis.Config:
    """All checks, a fixed seed, and the exceptions of `exceptions.py`."""
    words = {
        "seed": job["seed"],
        "base-url": job["url"],
        "headers": part["headers"],
        "auth": {"openapi": part["schemes"]},
        "continue-on-failure": True,
        "request-timeout": 60,
        "workers": 1,
        "generation": {"deterministic": True, "no-shrink": True, "max-examples": part["steps"] or 1},
        "phases": {
            "enabled": not part["steps"],
            "stateful": {"enabled": bool(part["steps"])},
            "examples": _SEEDS,
            "coverage": {} if job["deep"] else _ONE_METHOD,
        },
        "operations": [
            exceptions.rule(label, operation) | _dose(part["labels"].get(label))
            for label, operation in operations(document)
        ],
    }
    return schemathesis.Config.from_dict(words)


def _dose(examples: int | None) -> dict[str, Any]:
    """`examples`: so many random ones after every case there is; SEEDS: those, or one; ONE: one random one
    after the seeds; None: nothing."""
    if examples is None:
        return {"enabled": False}
    if examples in (SEEDS, ONE):
        seeds, random = {"fill-missing": True, **_SEEDS}, {"enabled": examples == ONE}
        return {"phases": {"examples": seeds, "coverage": {"enabled": False}, "fuzzing": random}}
    return {"generation": {"max-examples": examples}}


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """A new key for each action, as apps have it: one key for all would be answered from what is stored.

    A key made up at random comes again with another body. And what a provider says of somebody's request is
    signed as it is sent.
    """
    key = case.headers.get("Idempotency-Key", "")
    if "0" * 8 in key or (key and _is_well_formed(case)):
        case.headers["Idempotency-Key"] = f"fuzz-{next(_KEYS):08}"
    waits = all(case.headers.get(name) == value for name, value in SEEDED.items())
    if waits and isinstance(case.body, dict):  # with one of them changed, that is what is to be refused
        moment, sent = datetime.fromisoformat(_SIGNING["moment"]), json.dumps(case.body).encode()
        case.headers.update(signature(_SIGNING["secret"], sent, moment))  # as `requests` will write it


@schemathesis.check
def refused_for_a_named_reason(ctx: Any, response: Any, case: Any) -> None:
    """Where exceptions.py lets something well formed be refused, it is for the field and code named there."""
    if not _is_well_formed(case) or response.status_code not in (400, 422):
        return
    strange = exceptions.unnamed(case.operation.label, response.status_code, response.json())
    assert not strange, f"refused for {', '.join(strange)}"


def _is_well_formed(case: Any) -> bool:
    return case.meta is not None and bool(case.meta.generation.mode.is_positive)


def tell(part: Mapping[str, Any], event: EngineEvent) -> None:
    """One line of JSON for what an operation answered, and for whatever broke."""
    line: dict[str, Any] = {"role": part["role"]}
    if isinstance(event, NonFatalError):
        line |= {"label": event.label, "error": str(event.value)[:2_000]}
    elif isinstance(event, ScenarioFinished):
        method = event.label.partition(" ")[0] if event.label else ""
        made = event.recorder.interactions.values()
        meant = (each for each in made if each.request.method == method)
        statuses = Counter(each.response.status_code if each.response else 0 for each in meant)
        line |= {"label": event.label, "phase": event.phase.value, "seconds": event.elapsed_time}
        line |= {"statuses": statuses, "requests": len(made), "failures": list(_failures(event))}
    else:
        return
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _failures(event: ScenarioFinished) -> Iterator[dict[str, str]]:
    """What was expected, with a command that shows it again."""
    cases = {number: node.value for number, node in event.recorder.cases.items()}
    for number, checks in event.recorder.checks.items():
        for check in checks:
            info, case = check.failure_info, cases[number]
            if check.status == Status.FAILURE and info is not None:
                wrong = info.failure.message
                if exceptions.is_sound(check.name, case.operation.label, case.headers, wrong):
                    continue
                message = f"{info.failure.title}\n{info.failure.message[:1_500]}\n{info.code_sample[:1_500]}"
                told = (
                    f"{check.name}: {info.failure.message}"
                    if check.name == refused_for_a_named_reason.__name__
                    else check.name
                )
                yield {"check": told, "message": message}


def main(path: str) -> None:
    """Everybody in turn."""
    schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
    schemathesis.serializer.alias("text/csv", "text/plain")
    with open(path) as file:
        job = json.load(file)
    for part in job["parts"]:
        run(job, part)


if __name__ == "__main__":
    main(sys.argv[1])
