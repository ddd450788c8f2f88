"""What people write about opening hours, understood: "Senin-Jumat 08.00 s.d. 16.00" and its like."""

from dataclasses import dataclass

from svc_tourism.hours.rules.clauses import Clause
from svc_tourism.hours.rules.grammar import LONGEST, for_a_month, in_osm
from svc_tourism.hours.rules.problems import NotUnderstood
from svc_tourism.hours.rules.reader import Reader

#: What Indonesians call the zones (Keppres 41/1987).
_ZONES = {"Asia/Jakarta": "wib", "Asia/Pontianak": "wib", "Asia/Makassar": "wita", "Asia/Jayapura": "wit"}


@dataclass(frozen=True, slots=True)
class Written:
    """In OSM's grammar: the hours of the year, and those of Ramadan where they differ; None: not told."""

    opening_hours: str | None
    ramadan_hours: str | None = None


def understood(text: str, zone: str = "Asia/Jakarta") -> Written:
    """The text in OSM's grammar: as it is where it is that already, else by its words.

    Indonesian and English, days and ranges of days, holidays, breaks, exceptions; "Ramadan" holds to the end
    of its sentence. The special goes before the general whatever the order. NotUnderstood names the part.
    """
    if not text.strip():
        raise NotUnderstood("hours_empty", text)
    if (spelled := in_osm(text.strip())) is not None:
        return Written(spelled)
    if len(text) > LONGEST:
        raise NotUnderstood("hours_too_long", text)
    clauses = Reader(text, _ZONES.get(zone)).clauses()
    usual, fasting = ([c for c in clauses if c.ramadan is wanted] for wanted in (False, True))
    if dated := next((c for c in fasting if c.dates or c.but_dates), None):
        raise NotUnderstood("hours_unsupported", dated.part)
    in_ramadan = _joined(fasting, text)
    return Written(_joined(usual, text, "unknown; "), in_ramadan and for_a_month(in_ramadan))


def _joined(clauses: list[Clause], text: str, untold: str = "") -> str | None:
    """Rules from the general to the special, for in OSM's grammar the later rule wins; holidays come last.

    Where only closed days are told, `untold` stands for all others: nobody said that it is closed then.
    """
    if not clauses:
        return None
    rules = sorted((rule for clause in clauses for rule in clause.rules()), key=lambda rule: rule.rank)
    only_closed = rules[0].rank > 0 and all(clause.state == "off" for clause in clauses)
    ordered = (untold if only_closed else "") + "; ".join(rule.text for rule in rules)
    if (spelled := in_osm(ordered)) is None:
        raise NotUnderstood("hours_not_understood", text)
    return spelled
