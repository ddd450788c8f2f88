"""A strict reading of YAML that knows the line of every part."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from shared.city.problems import Broken

Place = tuple[str | int, ...]
_DEEPEST = 20
_CONSTANTS = {"": None, "null": None, "~": None, "true": True, "false": False}


def parse_yaml(text: str) -> tuple[Any, dict[Place, int], list[tuple[int, str]]]:
    """Plain data, the line of each part, and the names that stand twice; Broken if it cannot be read.

    Scalars are those of JSON: `no` stays a text, 16:00 is not 960, a date is not a number. Anchors, aliases
    and tags are refused: a pack says everything once, in plain sight, and nothing in it can grow.
    """
    reading = _Reading(text)
    try:
        return reading.document(), reading.lines, reading.repeated
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Broken(mark.line + 1 if mark else 1, f"is not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise Broken(1, "is not valid YAML: it has characters that may not stand in a text") from error


class _Reading:
    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {}
        self.repeated: list[tuple[int, str]] = []
        self._events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)

    def document(self) -> Any:
        """The only document of the file."""
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise Broken(1, "is empty")
        data = self._value(next(self._events), ())
        next(self._events)
        if not isinstance(end := next(self._events), yaml.StreamEndEvent):
            raise Broken(end.start_mark.line + 1, "has a second document")
        return data

    def _value(self, event: Any, place: Place) -> Any:
        line = event.start_mark.line + 1
        self.lines.setdefault(place, line)
        if isinstance(event, yaml.AliasEvent) or event.anchor or event.tag:
            raise Broken(line, "anchors (&), aliases (*) and tags (!) are not allowed")
        if len(place) > _DEEPEST:
            raise Broken(line, f"is nested deeper than {_DEEPEST} levels")
        if isinstance(event, yaml.SequenceStartEvent):
            return [self._value(item, (*place, index)) for index, item in enumerate(self._until_end())]
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(place)
        return _scalar(event.value) if event.implicit[0] else event.value

    def _mapping(self, place: Place) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key in self._until_end():
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarEvent):
                raise Broken(line, "a name must be plain text")
            if key.value in built:
                self.repeated.append((line, key.value))
            self.lines[(*place, key.value)] = line
            built[key.value] = self._value(next(self._events), (*place, key.value))
        return built

    def _until_end(self) -> Iterator[Any]:
        for event in self._events:
            if isinstance(event, yaml.CollectionEndEvent):
                return
            yield event


def _scalar(text: str) -> str | int | float | bool | None:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if re.fullmatch(r"[-+]?(0|[1-9][0-9]{0,17})", text):
        return int(text)
    return float(text) if re.fullmatch(r"[-+]?[0-9]{1,18}\.[0-9]+", text) else text
