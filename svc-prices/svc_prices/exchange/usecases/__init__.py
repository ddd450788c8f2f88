"""Prices in and out of a file."""

from svc_prices.exchange.usecases.exporting import Days, days_of, describe, edition, export_panel, export_wfp
from svc_prices.exchange.usecases.filing import chosen, import_path
from svc_prices.exchange.usecases.importing import UnreadableFile, import_text
from svc_prices.exchange.usecases.report import Declared, Report

__all__ = [
    "Days",
    "Declared",
    "Report",
    "UnreadableFile",
    "chosen",
    "days_of",
    "describe",
    "edition",
    "export_panel",
    "export_wfp",
    "import_path",
    "import_text",
]
