"""What travels over HTTP about places."""

from svc_tourism.places.schemas.editing import CheckIn, FormOut, HoursText, PhotoIn, PlaceIn, RevisionOut
from svc_tourism.places.schemas.parameters import Edited, InWords, Ref, Where
from svc_tourism.places.schemas.public import DayOut, ListedOut, OpenOut, PlaceOut, RangeOut

__all__ = [
    "CheckIn",
    "DayOut",
    "Edited",
    "FormOut",
    "HoursText",
    "InWords",
    "ListedOut",
    "OpenOut",
    "PhotoIn",
    "PlaceIn",
    "PlaceOut",
    "RangeOut",
    "Ref",
    "RevisionOut",
    "Where",
]
