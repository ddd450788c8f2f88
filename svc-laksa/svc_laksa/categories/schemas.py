"""The category tree as front ends draw it."""

from collections.abc import Sequence

from shared.schemas import Labelled, Out
from svc_laksa.pack import Category, DeadlineClass, Group, Privacy, Question, ReportCategories, Urgency


class QuestionOut(Out):
    """A GeoReport attribute; `variable: false` is a note to read, not a question."""

    code: str
    order: int
    datatype: str
    variable: bool
    required: bool
    description: str
    datatype_description: str | None
    values: Sequence[Labelled]

    @classmethod
    def of(cls, question: Question, language: str) -> "QuestionOut":
        """In one language."""
        hint = question.datatype_description
        return cls(
            code=question.code,
            order=question.order,
            datatype=question.datatype,
            variable=question.variable,
            required=question.required,
            description=question.description.text(language),
            datatype_description=hint.text(language) if hint else None,
            values=[Labelled(code=v.key, label=v.name.text(language)) for v in question.values],
        )


class DeadlineClassOut(Out):
    """How long it may take: working days, or hours of the clock."""

    code: str
    label: str
    working_days: int | None
    hours: int | None

    @classmethod
    def of(cls, limit: DeadlineClass, language: str) -> "DeadlineClassOut":
        """In one language."""
        name = limit.name.text(language)
        return cls(code=limit.code, label=name, working_days=limit.working_days, hours=limit.hours)


class CategoryOut(Out):
    """One thing that can be reported."""

    code: str
    label: str
    description: str
    keywords: Sequence[str]
    urgency: Urgency
    privacy: Privacy
    privacy_label: str
    anonymous: bool
    moderation: bool
    coarse_location: bool
    deadline: DeadlineClassOut
    duplicate_distance_m: int
    questions: Sequence[QuestionOut]

    @classmethod
    def of(cls, category: Category, limit: DeadlineClass, privacy: str, language: str) -> "CategoryOut":
        """In one language; `privacy` is the sentence about its privacy class."""
        return cls(
            code=category.code,
            label=category.name.text(language),
            description=category.description.text(language),
            keywords=category.keywords,
            urgency=category.urgency,
            privacy=category.privacy,
            privacy_label=privacy,
            anonymous=category.anonymous,
            moderation=category.moderation,
            coarse_location=category.coarse_location,
            deadline=DeadlineClassOut.of(limit, language),
            duplicate_distance_m=category.duplicate_distance_m,
            questions=[QuestionOut.of(each, language) for each in category.questions],
        )


class GroupOut(Out):
    """A branch of the tree."""

    code: str
    label: str
    categories: Sequence[CategoryOut]


class TreeOut(Out):
    """The whole tree; it changes only with the city pack."""

    groups: Sequence[GroupOut]


def tree_of(tree: ReportCategories, privacy: dict[str, str], language: str) -> TreeOut:
    """The pack's categories in one language; `privacy` has a sentence for each class."""

    def group_of(group: Group) -> GroupOut:
        leaves = [
            CategoryOut.of(each, tree.deadline(each), privacy[each.privacy], language)
            for each in group.categories
        ]
        return GroupOut(code=group.code, label=group.name.text(language), categories=leaves)

    return TreeOut(groups=[group_of(group) for group in tree.groups])
