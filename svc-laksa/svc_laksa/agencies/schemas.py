"""An agency as the public sees it."""

from shared.schemas import Labelled, Out
from svc_laksa.reports.documents import Words


class AgencyOut(Out):
    """`area` is set for the office of one district."""

    code: str
    label: str
    short: str
    kind: str
    area: Labelled | None

    @classmethod
    def of(cls, code: str, words: Words) -> "AgencyOut":
        """In the language of the answer."""
        agency = words.run.city.agencies[code]
        area = words.area(agency.area) if agency.area else None
        name = agency.name.text(words.language)
        return cls(code=code, label=name, short=agency.short, kind=agency.kind, area=area)
