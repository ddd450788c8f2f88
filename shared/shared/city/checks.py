"""What every file of a pack is checked with: strict models, unique codes, references between files."""

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

Known = dict[str, set[str]]
"""Kind of thing -> its codes met so far; one such dict goes from file to file."""

Item = TypeVar("Item")
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)]


class PackModel(BaseModel):
    """Part of a pack file: unknown names, empty texts and NaN are errors."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, str_min_length=1, allow_inf_nan=False
    )


class Label(PackModel):
    """A text for people in both languages of the platform."""

    id: str
    en: str

    def text(self, language: str) -> str:
        """In `language`, or in Indonesian when there is no such one."""
        return self.en if language == "en" else self.id


def wrong(why: str, *at: str | int) -> PydanticCustomError:
    """The error a validator raises; `at` leads from the validated value to the place to mend."""
    return PydanticCustomError("pack", "{why}", {"why": why, "at": at})


def once(kind: str) -> AfterValidator:
    """The value is a new code of this kind; a second use is an error."""

    def check(code: str, info: ValidationInfo) -> str:
        codes = _known(info).setdefault(kind, set())
        if code in codes:
            raise wrong(f'"{code}" is used twice')
        codes.add(code)
        return code

    return AfterValidator(check)


def refers_to(kind: str, file: str) -> AfterValidator:
    """The value is a code that `file` declares; unchecked when that file could not be read at all."""

    def check(code: str, info: ValidationInfo) -> str:
        if code not in _known(info).get(kind, {code}):
            raise wrong(f'"{code}" is not in {file}')
        return code

    return AfterValidator(check)


def distinct(field: str) -> AfterValidator:
    """No two items of the list have the same value of `field`."""

    def check(items: tuple[Item, ...]) -> tuple[Item, ...]:
        seen: set[Any] = set()
        for index, item in enumerate(items):
            value = getattr(item, field)
            if value in seen:
                raise wrong(f'"{value}" is used twice in this list', index, field)
            seen.add(value)
        return items

    return AfterValidator(check)


def _known(info: ValidationInfo) -> Known:
    known: Known = {} if info.context is None else info.context
    return known
