"""Checking the answers to a category's questions; pure."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from svc_laksa.pack import Question

Value = str | int | float | list[str]
Fault = tuple[str, str, Mapping[str, str | int] | None]
"""Field, code and parameters of `validation.<code>`."""
LARGEST = 10**15
_LONGEST = {"string": 200, "text": 2_000, "number": 40, "datetime": 40}


def check_answers(questions: Sequence[Question], given: Mapping[str, Value]) -> list[Fault]:
    """What is wrong with the answers: unknown, missing or not of the question's datatype."""
    asked = {question.code: question for question in questions if question.variable}
    faults: list[Fault] = [(code, "unknown", None) for code in given if code not in asked]
    for code, question in asked.items():
        if code in given:
            faults += [(code, what, params) for what, params in _faults(question, given[code])]
        elif question.required:
            faults.append((code, "missing", None))
    return faults


def _faults(question: Question, value: Value) -> list[tuple[str, Mapping[str, str | int] | None]]:
    if question.values:
        return _faults_of_choice(question, value)
    if question.datatype == "number":
        return [] if _is_number(value) else [("float_parsing", None)]
    if not isinstance(value, str):
        return [("string_type", None)]
    longest = _LONGEST[question.datatype]
    if len(value) > longest:
        return [("string_too_long", {"max_length": longest})]
    if question.required and not value:
        return [("missing", None)]
    return [] if question.datatype != "datetime" or _is_moment(value) else [("datetime_parsing", None)]


def _faults_of_choice(question: Question, value: Value) -> list[tuple[str, Mapping[str, str | int] | None]]:
    """One key of the list, or for a multivaluelist several, each once."""
    several = question.datatype == "multivaluelist"
    chosen = value if isinstance(value, list) and several else [value]
    keys = [choice.key for choice in question.values]
    if any(key not in keys for key in chosen):
        return [("enum", {"expected": ", ".join(keys)})]
    if len(set(map(str, chosen))) != len(chosen):
        return [("repeated", None)]
    return [("missing", None)] if question.required and not chosen else []


def _is_number(value: Value) -> bool:
    """A finite number, or a text that is one: forms and GeoReport send texts."""
    if isinstance(value, str):
        try:
            value = float(value) if len(value) <= _LONGEST["number"] else math.nan
        except ValueError:
            return False
    return isinstance(value, int | float) and -LARGEST <= value <= LARGEST  # false for NaN too


def _is_moment(value: str) -> bool:
    """RFC 3339 with an offset, or a plain date."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return False
    return moment.tzinfo is not None or len(value) == len("2026-01-31")
