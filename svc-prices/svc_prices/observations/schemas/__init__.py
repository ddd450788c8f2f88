"""What travels about observations."""

from svc_prices.observations.schemas.incoming import BatchIn, CodeText, CorrectionIn, EntryIn, Reason, Rupiah
from svc_prices.observations.schemas.outgoing import (
    BatchOut,
    CityOut,
    ConvertedOut,
    ElsewhereOut,
    EntryOut,
    FormOut,
    FormRowOut,
    HistoryOut,
    ObservationOut,
    RevisionOut,
    SaidOut,
    SeenOut,
    UnitChoiceOut,
    converted,
)

__all__ = [
    "BatchIn",
    "BatchOut",
    "CityOut",
    "CodeText",
    "ConvertedOut",
    "CorrectionIn",
    "ElsewhereOut",
    "EntryIn",
    "EntryOut",
    "FormOut",
    "FormRowOut",
    "HistoryOut",
    "ObservationOut",
    "Reason",
    "RevisionOut",
    "Rupiah",
    "SaidOut",
    "SeenOut",
    "UnitChoiceOut",
    "converted",
]
