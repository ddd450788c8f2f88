"""A published event parses for ever: one frozen sample, a whole envelope, for each version of each class.

Never edit a sample: a change that breaks it needs a new version (`.v2`), published beside the old one. After
adding an event class, add its sample under the name `<module>/<event name>.json`.
"""

import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, get_args

import pytest

from shared import contracts
from shared.events.event import Envelope, Event, Visibility

HERE = Path(__file__).parent
MODULES = [import_module(f"shared.contracts.{module.name}") for module in iter_modules(contracts.__path__)]
CLASSES: dict[str, type[Event]] = {
    f"{module.__name__.rpartition('.')[2]}/{found.name}": found
    for module in MODULES
    for found in vars(module).values()
    if isinstance(found, type)
    and issubclass(found, Event)
    and found.__module__ == module.__name__
    and not found.__name__.startswith("_")
}
SAMPLES = sorted(f"{path.parent.name}/{path.stem}" for path in HERE.glob("*/*.json"))


def read(name: str) -> dict[str, Any]:
    sample: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text())
    return sample


def test_every_event_class_has_a_sample_and_every_sample_a_class() -> None:
    assert sorted(CLASSES) == SAMPLES


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_parses_and_nothing_of_it_is_lost(name: str) -> None:
    sample = read(name)
    envelope = Envelope.model_validate(sample)
    event = CLASSES[name].model_validate(envelope.data)
    assert envelope.name == name.partition("/")[2]
    assert envelope.model_dump(mode="json") | sample == envelope.model_dump(mode="json")
    written = event.model_dump(mode="json")
    assert {field: written.get(field) for field in sample["data"]} == sample["data"]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_later_field_does_not_disturb_an_older_reader(name: str) -> None:
    CLASSES[name].model_validate(read(name)["data"] | {"a_field_of_next_year": {"deep": [1]}})


@pytest.mark.parametrize("event", CLASSES.values(), ids=CLASSES)
def test_every_class_says_its_version_and_who_may_see_it(event: type[Event]) -> None:
    assert event.__name__.endswith(f"V{event.name.rpartition('.v')[2]}")
    assert event.visibility in get_args(Visibility)
    assert event.__doc__
    if event.visibility == "public":
        assert "citizen_id" not in event.model_fields
