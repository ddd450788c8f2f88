"""The tree of kinds of places as front ends draw it."""

from collections.abc import Sequence

from shared.schemas import Out
from svc_tourism.pack import PlaceCategories


class CategoryOut(Out):
    """One kind; `osm` are its tags in OpenStreetMap."""

    code: str
    label: str
    osm: dict[str, str]
    stay_minutes: int


class GroupOut(Out):
    """A branch of the tree."""

    code: str
    label: str
    categories: Sequence[CategoryOut]


class TreeOut(Out):
    """The whole tree; it changes only with the city pack."""

    groups: Sequence[GroupOut]

    @classmethod
    def of(cls, tree: PlaceCategories, language: str) -> "TreeOut":
        """In one language."""
        return cls(
            groups=[
                GroupOut(
                    code=group.code,
                    label=group.name.text(language),
                    categories=[
                        CategoryOut(
                            code=each.code,
                            label=each.name.text(language),
                            osm=each.osm,
                            stay_minutes=each.stay_minutes,
                        )
                        for each in group.categories
                    ],
                )
                for group in tree.groups
            ]
        )
