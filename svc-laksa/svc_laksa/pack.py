"""The city-pack file LAKSA reads: what residents report, who gets it, how long it may take."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from shared.city.areas import Located
from shared.city.calendar import WorkCalendar
from shared.city.checks import Code, Label, PackModel, distinct, once, refers_to, wrong
from shared.city.files import read_yaml
from shared.city.pack import City
from shared.city.problems import Problems

Privacy = Literal["public", "name_hidden", "confidential", "police"]
Urgency = Literal["low", "normal", "high", "urgent"]
Datatype = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
_LISTS = ("singlevaluelist", "multivaluelist")


class DeadlineClass(PackModel):
    """How long an answer may take: working days, or hours of the clock; `source` names the rule."""

    code: Annotated[Code, once("deadline class")]
    name: Label
    working_days: int | None = Field(default=None, ge=1, le=365)
    hours: int | None = Field(default=None, ge=1, le=24 * 365)
    extension_working_days: int = Field(default=0, ge=0, le=365)
    source: str

    @model_validator(mode="after")
    def _has_one_measure(self) -> Self:
        if (self.working_days is None) == (self.hours is None):
            raise wrong("needs either working_days or hours")
        return self

    def due(self, received: datetime, calendar: WorkCalendar) -> datetime:
        """When the answer is due; `received` is aware. The extension is not counted."""
        if self.hours is not None:
            return received.astimezone(calendar.zone) + timedelta(hours=self.hours)
        return calendar.add_working_days(received, self.working_days or 1)


class Rule(PackModel):
    """Who gets a report: `area` is a village or a district, without one the rule is for the whole city."""

    id: Annotated[Code, once("routing rule")]
    area: Annotated[str, refers_to("area", "areas.csv")] | None = None
    agency: Annotated[str, refers_to("agency", "agencies.yaml")]


class Choice(PackModel):
    """One value of a list question."""

    key: Code
    name: Label


class Question(PackModel):
    """A GeoReport v2 service attribute; `variable: false` is a note to the reporter without an answer."""

    code: Code
    order: int = Field(ge=1)
    datatype: Datatype
    variable: bool = True
    required: bool = False
    description: Label
    datatype_description: Label | None = None
    values: Annotated[tuple[Choice, ...], distinct("key")] = ()

    @model_validator(mode="after")
    def _fits_its_datatype(self) -> Self:
        if (self.datatype in _LISTS) != bool(self.values):
            raise wrong(f"values belong to {' and '.join(_LISTS)}, and these need some")
        if self.required and not self.variable:
            raise wrong("a note (variable: false) cannot be required")
        return self


class Category(PackModel):
    """One thing a resident can report (a GeoReport service)."""

    code: Annotated[Code, once("category")]
    name: Label
    description: Label
    keywords: tuple[str, ...] = ()
    routing: tuple[Rule, ...] = Field(min_length=1)
    deadline: Annotated[str, refers_to("deadline class", "deadline_classes")]
    urgency: Urgency
    privacy: Privacy
    anonymous: bool = False
    moderation: bool = False
    coarse_location: bool = False
    duplicate_distance_m: int = Field(ge=1, le=5_000)
    questions: Annotated[tuple[Question, ...], distinct("code"), distinct("order")] = ()

    @model_validator(mode="after")
    def _sends_every_report_somewhere(self) -> Self:
        areas = [rule.area for rule in self.routing]
        if areas[-1] is not None or None in areas[:-1]:
            raise wrong("the last rule, and only the last, has no area", "routing")
        if len(set(areas)) != len(areas):
            raise wrong("two rules have the same area, the second would never fire", "routing")
        return self

    @model_validator(mode="after")
    def _leaves_police_matters_to_the_police(self, info: ValidationInfo) -> Self:
        police = (info.context or {}).get("police agency", set())
        for index, rule in enumerate(self.routing):
            if self.privacy == "police" and rule.agency not in police:
                raise wrong(f'"{rule.agency}" is not of kind police', "routing", index, "agency")
        return self

    def route(self, located: Located) -> Rule:
        """The first rule that fits the place."""
        return next(rule for rule in self.routing if rule.area is None or rule.area in located.codes)


class Group(PackModel):
    """A branch of the tree."""

    code: Annotated[Code, once("group")]
    name: Label
    categories: tuple[Category, ...] = Field(min_length=1)


class ReportCategories(PackModel):
    """report-categories.yaml."""

    deadline_classes: tuple[DeadlineClass, ...] = Field(min_length=1)
    groups: tuple[Group, ...] = Field(min_length=1)

    @cached_property
    def by_code(self) -> Mapping[str, Category]:
        """Every category; codes are unique over all groups."""
        return {category.code: category for group in self.groups for category in group.categories}

    def deadline(self, category: Category) -> DeadlineClass:
        """The deadline class of a category."""
        return next(each for each in self.deadline_classes if each.code == category.deadline)


def load_report_categories(city: City) -> ReportCategories:
    """The city's report categories; PackError with every problem, each with file and line."""
    problems = Problems()
    known = city.known()
    known["police agency"] = {agency.code for agency in city.agencies.values() if agency.kind == "police"}
    file = read_yaml(city.folder / "report-categories.yaml", ReportCategories, problems, known)
    if problems or file is None:
        raise problems.error()
    return file.value


def check(city: City) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """For `make check-city`: (file, what is there) and (file, what is weak); PackError as on loading."""
    tree, file = load_report_categories(city), "report-categories.yaml"
    there = (
        f"{len(tree.by_code)} categories in {len(tree.groups)} groups, {len(tree.deadline_classes)} deadlines"
    )
    rules = [(category, rule.agency) for category in tree.by_code.values() for rule in category.routing]
    doubtful = {category.code for category, agency in rules if city.agencies[agency].source == "unverified"}
    unsaid = [each.code for each in tree.deadline_classes if each.source == "unverified"]
    idle = sorted(set(city.agencies) - {agency for _, agency in rules})
    found = {
        "deadlines unverified": unsaid,
        "categories whose agency is unverified": sorted(doubtful),
        "agencies that no category leads to": idle,
    }
    weak = [(file, f"{len(codes)} {what}: {', '.join(codes[:6])}") for what, codes in found.items() if codes]
    return [(file, there)], weak
