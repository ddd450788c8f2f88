"""Words that must not be found again: one for each field of the merged document that takes text."""

import re
import secrets
import string
from collections.abc import Iterator, Mapping
from typing import Any

_WORD = re.compile(rb"knr\d{4}[a-z]{8}", re.I)
_HEX = re.compile(rb"6b6e72(?:3\d){4}(?:[67][0-9a-f]){8}", re.I)


class Canaries:
    """Makes canaries, and finds them in anything, as text or as hex."""

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}
        self.exact: dict[str, str] = {}

    def new(self, label: str) -> str:
        """A word of 15 characters that stands nowhere else."""
        tail = "".join(secrets.choice(string.ascii_lowercase) for _ in range(8))
        word = f"knr{len(self.labels):04d}{tail}"
        self.labels[word] = label
        return word

    def watch(self, label: str, *texts: str) -> None:
        """Texts that are what they are: a phone, a token."""
        self.exact |= dict.fromkeys(texts, label)

    def found(self, data: bytes) -> set[str]:
        """Labels of what stands in it."""
        words = {match.decode().lower() for match in _WORD.findall(data)}
        words |= {bytes.fromhex(match.decode()).decode().lower() for match in _HEX.findall(data)}
        exact = {
            label
            for text, label in self.exact.items()
            if text.encode() in data or text.encode().hex().encode() in data
        }
        return {self.labels[word] for word in words if word in self.labels} | exact


class Bodies:
    """Fills every text field of an operation's body with a canary of its own, new fields too."""

    def __init__(self, document: Mapping[str, Any], canaries: Canaries) -> None:
        self._document, self._canaries = document, canaries

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(METHOD, path template, operation) of everything the city offers."""
        for path, item in self._document["paths"].items():
            for method, operation in item.items():
                if method in ("get", "post", "put", "patch", "delete"):
                    yield method.upper(), path, operation

    def text_fields(self, operation: Mapping[str, Any]) -> list[str]:
        """Top-level members of the JSON body that take free text."""
        return [name for name, schema in self._members(operation).items() if self._text(schema)]

    def filled(self, method: str, template: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """`given`, and a canary in every text field that is not given."""
        operation = self._document["paths"][template][method.lower()]
        free = [name for name in self.text_fields(operation) if name not in given]
        return {name: self._canaries.new(f"{method} {template} {name}") for name in free} | dict(given)

    def spoiled(self, method: str, template: str, operation: Mapping[str, Any]) -> dict[str, Any]:
        """A body with a canary in every member, whatever it should be, and in one nobody knows."""
        names = [*self._members(operation), "nobody_knows"]
        return {name: self._canaries.new(f"spoiled {method} {template} {name}") for name in names}

    def _members(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        content = operation.get("requestBody", {}).get("content", {})
        schema = self._resolved(content.get("application/json", {}).get("schema", {}))
        members: dict[str, Any] = schema.get("properties", {})
        return members

    def _text(self, schema: Mapping[str, Any]) -> bool:
        schema = self._resolved(schema)
        if any(self._text(option) for option in schema.get("anyOf", ())):
            return True
        free = schema.get("type") == "string" and not schema.keys() & {"enum", "format", "const"}
        return free and re.search(schema.get("pattern", ""), "knr0000abcdefgh") is not None

    def _resolved(self, schema: Any) -> Any:
        while isinstance(schema, Mapping) and "$ref" in schema:
            part: Any = self._document
            for name in schema["$ref"].removeprefix("#/").split("/"):
                part = part[name]
            schema = part
        if isinstance(schema, Mapping) and len(schema.get("allOf", ())) == 1:
            return self._resolved(schema["allOf"][0])
        return schema
