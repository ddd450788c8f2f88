"""OSM's opening_hours grammar (wiki.openstreetmap.org), as far as it can be evaluated here."""

import re
from itertools import groupby

from opening_hours import OpeningHours, validate

from svc_tourism.hours.rules.problems import NotUnderstood
from svc_tourism.hours.rules.words import DAYS, EVERY_DAY, MONTHS

LONGEST = 500
_DAY = r"(?:Mo|Tu|We|Th|Fr|Sa|Su)"
#: A list of weekdays and holidays at the beginning of a rule.
SELECTOR = re.compile(
    rf"(?P<days>(?:{_DAY}(?:-{_DAY})?|PH)(?:, ?(?:{_DAY}(?:-{_DAY})?|PH))*)(?P<rest>(?: .*)?)"
)
#: A rule for a part of the year: months, dates, weeks or years stand first.
_SEASON = re.compile(rf"\d{{4}}\b|week|(?:{'|'.join(MONTHS)})\b")
#: A rule for single days of the year.
DATED = re.compile(rf"(?:\d{{4}} )?(?:{'|'.join(MONTHS)}) \d{{1,2}}[ ,]")
_QUOTED = re.compile(r'"[^"]*"')
#: What selects days behind the weekdays of a rule: a season, a date, the nth weekday, another rule.
_MORE_DAYS = re.compile(rf"\b(?:{_DAY}|PH|week\d*|\d{{4}}|{'|'.join(MONTHS)})\b|\[")


def in_osm(text: str) -> str | None:
    """The text in the library's own spelling, or None if it is not in OSM's grammar.

    NotUnderstood for what the grammar has and this city cannot know: school holidays, days counted from a
    holiday, holidays bound to a season, and a fallback (`||`), which the library evaluates for one day only.
    """
    if len(text) > LONGEST:
        raise NotUnderstood("hours_too_long", text)
    if not validate(text):
        return None
    spelled = str(OpeningHours(text, auto_country=False, auto_timezone=False))
    bare = _QUOTED.sub("", spelled)
    if found := re.search(r"\bSH\b[^;]*|\bPH ?[-+]?\d+ day[^;]*|\beaster\b[^;]*", bare):
        raise NotUnderstood("hours_unsupported", found.group())
    for rule in rules_of(spelled):
        selects = SELECTOR.fullmatch(rule)
        if re.search(r"\bPH\b", _QUOTED.sub("", rule)) and not (selects and "PH" in selects["days"]):
            raise NotUnderstood("hours_unsupported", rule)
    if found := re.search(r"\|\|.*", bare):
        raise NotUnderstood("hours_unsupported", found.group())
    if "PH" in bare and (found := re.search(r"\d, (?:PH|[A-Z]).*", bare)):
        raise NotUnderstood("hours_unsupported", found.group())
    return spelled


def for_a_month(expression: str) -> str:
    """The expression, if its rules can stand behind the dates of Ramadan: weekdays and times, nothing else.

    NotUnderstood for the rule that selects days in another way, or by holidays.
    """
    for rule in rules_of(expression):
        bare = _QUOTED.sub("", rule)
        selects = SELECTOR.fullmatch(bare)
        if _MORE_DAYS.search(selects["rest"] if selects else bare) or re.search(r"\bPH\b", bare):
            raise NotUnderstood("hours_unsupported", rule)
    return expression


def rules_of(expression: str) -> list[str]:
    """The rules between semicolons; those inside a comment do not count."""
    masked = _QUOTED.sub(lambda found: found.group().replace(";", "\0"), expression)
    return [rule.replace("\0", ";").strip() for rule in masked.split(";") if rule.strip()]


def days_of(selector: str) -> frozenset[int]:
    """The weekdays of `Mo-Fr,Su` (Monday is 0); holidays are none."""
    found: set[int] = set()
    for part in selector.replace(" ", "").split(","):
        if part != "PH":
            first, last = (DAYS.index(name) for name in (part[:2], part[-2:]))
            found |= {day % 7 for day in range(first, last + 1 if last >= first else last + 8)}
    return frozenset(found)


def open_days(expression: str) -> frozenset[int]:
    """The weekdays on which an expression may open at all."""
    found: frozenset[int] = frozenset()
    for rule in rules_of(expression):
        bare = _QUOTED.sub("", rule)
        selects = SELECTOR.search(bare) if _SEASON.match(bare) else SELECTOR.fullmatch(rule)
        days = days_of(selects["days"]) if selects else EVERY_DAY
        if re.search(r"\b(?:closed|off)\b", bare):  # for a part of the year it may still open on these days
            found -= frozenset() if _SEASON.match(bare) else days
        else:
            found |= days
    return found


def in_days(days: frozenset[int]) -> str:
    """`Mo-Fr,Su`; nothing for the whole week."""
    ordered = sorted(days)
    if len(ordered) == len(DAYS):
        return ""
    runs = [[day for _, day in run] for _, run in groupby(enumerate(ordered), lambda pair: pair[1] - pair[0])]
    return ",".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs)
