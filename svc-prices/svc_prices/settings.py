"""Settings of this service alone: when a price is questioned, when a survey is late."""

from datetime import time

from pydantic import Field

from shared.settings import Settings


class PricesSettings(Settings):
    """See shared.settings."""

    price_change_percent: int = Field(
        default=25, ge=1, le=1_000, description="a change beyond it, up or down, needs a reason"
    )
    survey_by: time = Field(
        default=time(11), description="local time by which a market is surveyed whose plan says no hour"
    )
    usual_seconds: float = Field(
        default=60, ge=0, description="how long the past year's usual prices are kept in memory"
    )
    survey_days_back: int = Field(
        default=7, ge=0, le=365, description="how late a surveyor may still enter a day; the supervisor any"
    )
