"""Reads of reports: one of them whole, and lists page by page."""

from svc_laksa.reports.queries.filters import Box, Filters, Narrowed
from svc_laksa.reports.queries.lists import (
    SUMMARY,
    Found,
    agency_page,
    nearby,
    page_of_citizen,
    public_page,
    waiting_page,
)
from svc_laksa.reports.queries.single import (
    CODE,
    files,
    find,
    latest_steps,
    seen_before,
    texts,
    work_began,
    worked,
)

__all__ = [
    "CODE",
    "SUMMARY",
    "Box",
    "Filters",
    "Found",
    "Narrowed",
    "agency_page",
    "files",
    "find",
    "latest_steps",
    "nearby",
    "page_of_citizen",
    "public_page",
    "seen_before",
    "texts",
    "waiting_page",
    "work_began",
    "worked",
]
