"""Opening hours, pure: what people write, in OSM's grammar, and what it means on a day of the city."""

from svc_tourism.hours.rules.days import CityDays, Fast
from svc_tourism.hours.rules.evaluation import CityHours, Day, Hours, Now, Range
from svc_tourism.hours.rules.grammar import for_a_month, in_osm
from svc_tourism.hours.rules.problems import NotUnderstood
from svc_tourism.hours.rules.writing import Written, understood

__all__ = [
    "CityDays",
    "CityHours",
    "Day",
    "Fast",
    "Hours",
    "NotUnderstood",
    "Now",
    "Range",
    "Written",
    "for_a_month",
    "in_osm",
    "understood",
]
