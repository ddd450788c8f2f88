"""Reports, steps, texts, files and kept keys in svc-laksa's database."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.checks.mismatch import Kind, Mismatch, each_once
from tests.chaos.clients import MARK
from tests.chaos.facts import Facts, Row
from tests.chaos.record import Record, Write

_WHERE = "laksa database"
_STEPS = "/v1/laksa/reports/"


def marked(facts: Facts) -> dict[str, list[str]]:
    """Key of a submission -> the reports whose description carries it."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in facts.laksa.texts:
        if row["kind"] == "description":
            found[(row["plain"] or "").removeprefix(MARK)].append(row["report_id"])
    return found


def check_reports(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Each acknowledged report once, none that nobody sent."""
    rows, by_key = {row["id"]: row for row in facts.laksa.reports}, marked(facts)
    for write in _submissions(record):
        there, answer = by_key.get(write.key, []), write.answer or {}
        if len(there) > 1:
            yield Mismatch("doubled", _WHERE, f"{write.key} made the reports {', '.join(sorted(there))}")
        if write.acknowledged and (answer["id"] not in rows or answer["id"] not in there):
            yield Mismatch("lost", _WHERE, f"report {answer['code']} of {write.who}")
        elif write.acknowledged and rows[answer["id"]]["code"] != answer["code"]:
            yield Mismatch("wrong", _WHERE, f"report {answer['id']} has another number than {answer['code']}")
    sent = {report for write in _submissions(record) for report in by_key.get(write.key, ())}
    for stranger in rows.keys() - sent:
        yield Mismatch("orphan", _WHERE, f"report {stranger}: nobody sent it")


def check_steps(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Each acknowledged step at its version, and no more steps than were wanted."""
    steps = {(row["report_id"], row["version"]): row for row in facts.laksa.steps}
    for write in _on_reports(record):
        answer = write.answer or {}
        step = steps.get((answer["id"], answer["version"])) if write.acknowledged else None
        if write.acknowledged and step is None:
            yield Mismatch("lost", _WHERE, f"{write.action} of {answer['id']}, version {answer['version']}")
        elif step is not None and (step["action"], step["state"]) != (write.action, answer["state"]):
            told = f"{write.action} to {answer['state']}"
            yield Mismatch(
                "wrong", _WHERE, f"{told} was acknowledged, {step['action']} to {step['state']} stands"
            )
    tried = Counter(_places(record, facts))
    for place, count in Counter((r["report_id"], r["action"]) for r in _human(facts)).items():
        if count > tried[place]:
            kind: Kind = "doubled" if tried[place] else "orphan"
            yield Mismatch(
                kind, _WHERE, f"{place[1]} of {place[0]}: wanted {tried[place]}, done {count} times"
            )


def check_versions(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """A report stands where its last step left it, and its versions have no gap."""
    steps: dict[str, list[Row]] = defaultdict(list)
    for row in facts.laksa.steps:
        steps[row["report_id"]].append(row)
    for report in facts.laksa.reports:
        own = steps.pop(report["id"], [])
        versions = [step["version"] for step in own]
        if versions != list(range(1, report["version"] + 1)):
            yield Mismatch("lost", _WHERE, f"steps of {report['id']}: {versions} of {report['version']}")
        elif own[-1]["state"] != report["state"]:
            yield Mismatch(
                "wrong", _WHERE, f"{report['id']} is {report['state']}, its step {own[-1]['state']}"
            )
    for stranger in steps:
        yield Mismatch("orphan", _WHERE, f"steps of {stranger}: no such report")


def check_belongings(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Texts and files belong to steps; each acknowledged file is there."""
    steps = {(row["report_id"], row["version"]) for row in facts.laksa.steps}
    for kind, rows in (("text", facts.laksa.texts), ("file", facts.laksa.files)):
        for row in rows:
            if (row["report_id"], row["version"]) not in steps:
                yield Mismatch("orphan", _WHERE, f"{kind} of {row['report_id']}, version {row['version']}")
    kept = [row["media_id"] for row in facts.laksa.files]
    wanted = [media for write in _on_reports(record) for media in write.sent.get("media", ())]
    sure = [m for write in _on_reports(record) if write.acknowledged for m in write.sent.get("media", ())]
    yield from each_once(_WHERE, {*sure, *(set(kept) & set(wanted))}, kept, "file {} of a report")


def check_keys(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """Beside each effect its key, or sending again would do it twice; no key without its effect."""
    known = {write.key: write for write in _on_reports(record)}
    kept = Counter(row["key"] for row in facts.laksa.keys)
    done = Counter((row["report_id"], row["action"]) for row in _human(facts))
    by_key = marked(facts)
    held: Counter[tuple[str, str]] = Counter()
    for key, count in kept.items():
        write = known.get(key)
        if write is None:
            yield Mismatch("orphan", _WHERE, f"kept answer {key}: nobody used this key")
            continue
        if count > 1:
            yield Mismatch("doubled", _WHERE, f"kept answer {key}, {count} times")
        for report in by_key.get(key, ()) if write.report is None else (write.report,):
            held[report, write.action] += 1
    for key in {write.key for write in known.values() if write.acknowledged} - kept.keys():
        yield Mismatch("lost", _WHERE, f"kept answer {key}")
    for report, action in held.keys() | done.keys():
        if held[report, action] > done[report, action]:
            yield Mismatch("orphan", _WHERE, f"kept answer to {action} of {report}: it was not done")
        elif held[report, action] < done[report, action]:
            yield Mismatch("lost", _WHERE, f"kept answer to {action} of {report}, which was done")


def check_timelines(record: Record, facts: Facts) -> Iterator[Mismatch]:
    """What the reporter reads is what was done, one entry a step."""
    states: dict[str, list[str]] = defaultdict(list)
    for step in facts.laksa.steps:
        states[step["report_id"]].append(step["state"])
    for report, items in facts.timelines.items():
        shown = [item["state"]["code"] for item in items]
        if shown != states[report]:
            kind: Kind = "lost" if len(shown) < len(states[report]) else "doubled"
            yield Mismatch(kind, "timeline", f"{report} shows {shown}, done was {states[report]}")


def _submissions(record: Record) -> list[Write]:
    return [write for write in record.writes.values() if write.action == "submit"]


def _on_reports(record: Record) -> list[Write]:
    other = ("upload", "refresh", "sign_out")
    return [write for write in record.writes.values() if write.action not in other]


def _places(record: Record, facts: Facts) -> Iterator[tuple[str, str]]:
    """(report, action) of everything that was wanted."""
    by_key = marked(facts)
    for write in _on_reports(record):
        for report in by_key.get(write.key, ())[:1] if write.report is None else (write.report,):
            yield report, write.action


def _human(facts: Facts) -> list[Row]:
    """Steps somebody took; those of the clock are not in any record."""
    return [row for row in facts.laksa.steps if row["role"] != "system"]


CHECKS = (check_reports, check_steps, check_versions, check_belongings, check_keys, check_timelines)
