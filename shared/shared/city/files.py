"""YAML and CSV of a pack into models, with the line of everything that is wrong."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.city.checks import Known
from shared.city.problems import Broken, Problems, read_text
from shared.city.yaml_lines import Place, parse_yaml

Model = TypeVar("Model", bound=BaseModel)
_NAMES = ("code", "id", "key", "username")


@dataclass(frozen=True, slots=True)
class Source:
    """Plain data of a file, or of one row, and the line of its parts."""

    path: Path
    data: Any
    lines: dict[Place, int]
    prefix: str = ""

    def add(self, problems: Problems, why: str, *place: str | int) -> None:
        """Report a problem of the part that `place` leads to."""
        nearest = place
        while nearest not in self.lines:
            nearest = nearest[:-1]
        problems.add(self.path, self.lines[nearest], self.prefix + self._label(place) + why)

    def read(self, model: type[Model], problems: Problems, known: Known) -> Model | None:
        """The data as `model`, or None and all errors reported."""
        try:
            return model.model_validate(self.data, context=known)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False)
            for fault in faults:
                if fault["type"] == "too_short" and any(_lies_in(other, fault) for other in faults):
                    continue  # pydantic counts only good items; the bad ones are told anyway
                self.add(problems, fault["msg"], *fault["loc"], *fault.get("ctx", {}).get("at", ()))
        return None

    def _label(self, place: Place) -> str:
        """`place` in words: 'group "jalan": category "trotoar": routing 2: '."""
        words: list[str] = []
        data = self.data
        for part in place:
            try:
                data = data[part]
            except (KeyError, IndexError, TypeError):
                data = None
            if isinstance(part, str) or not words:
                words.append(str(part))
                continue
            names = [f'"{data[key]}"' for key in _NAMES if key in data] if isinstance(data, dict) else []
            words[-1] = f"{_singular(words[-1])} {names[0] if names else part + 1}"
        return ": ".join([*words, ""])


@dataclass(frozen=True, slots=True)
class File(Generic[Model]):
    """A file as `value`; `source` knows its lines, for checks that come later."""

    value: Model
    source: Source


def read_yaml(
    path: Path, model: type[Model], problems: Problems, known: Known | None = None
) -> File[Model] | None:
    """The file as `model`; None if anything is wrong, and then `problems` has each error with its line.

    `known` carries the codes of other files for `refers_to` and takes up those this file declares.
    """
    try:
        data, lines, repeated = parse_yaml(read_text(path))
    except Broken as broken:
        problems.add(path, broken.line, broken.why)
        return None
    for line, name in repeated:
        problems.add(path, line, f'the name "{name}" stands here twice')
    source = Source(path, data, lines)
    value = source.read(model, problems, known if known is not None else {})
    return File(value, source) if value is not None else None


def read_csv(
    path: Path, model: type[Model], problems: Problems, known: Known | None = None
) -> list[File[Model]]:
    """The good rows; `problems` has each error with its line.

    The first row names the columns; lines that begin with # are comments; an empty cell is an absent value.
    """
    try:
        names, *rows = _rows(read_text(path), model)
    except Broken as broken:
        problems.add(path, broken.line, broken.why)
        return []
    good = []
    for line, cells in rows:
        given = {name: cell for name, cell in zip(names[1], cells, strict=False) if cell}
        source = Source(path, given, {(): line}, f'row "{cells[0]}": ')
        if len(cells) != len(names[1]):
            source.add(problems, f"has {len(cells)} cells, the first row has {len(names[1])}")
        elif (row := source.read(model, problems, known if known is not None else {})) is not None:
            good.append(File(row, source))
    return good


def _rows(text: str, model: type[BaseModel]) -> list[tuple[int, list[str]]]:
    """Line and cells of every row; the first one has exactly the names of the model's fields."""
    lines = ("\n" if line.startswith("#") else line for line in io.StringIO(text, newline=""))
    reader = csv.reader(lines, strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if cells]
    except csv.Error as error:
        raise Broken(reader.line_num, f"is not valid CSV: {error}") from error
    if not rows:
        raise Broken(1, "is empty")
    line, names = rows[0]
    if odd := sorted(set(names) ^ set(model.model_fields)):
        raise Broken(line, "; ".join(f'column "{name}" is unknown or missing' for name in odd))
    if len(names) != len(set(names)):
        raise Broken(line, "a column stands here twice")
    return rows


def _lies_in(inner: ErrorDetails, outer: ErrorDetails) -> bool:
    return inner is not outer and inner["loc"][: len(outer["loc"])] == outer["loc"]


def _singular(noun: str) -> str:
    return noun[:-3] + "y" if noun.endswith("ies") else re.sub(r"(?<=ss)es$|(?<!s)s$", "", noun)
