"""Settings of this service beyond those of every process."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import NoDecode

from shared.settings import Settings


class TourismSettings(Settings):
    """See shared.settings. ROUTE_ENGINE and ROUTE_URL: the routing engine that the operator runs, if any.

    ROUTE_URL may hold `{mode}` where each mode has a server of its own; ROUTE_MODES says which modes there
    are (default: all, but for one OSRM server, which has one profile: car).
    OPEN_DATA_LICENCE: the address of the licence under which the city gives its own data away, a proposal
    until the city decides; OPEN_DATA_STEWARD: the agency of the pack that hands them out (wali data).
    """

    route_engine: Literal["none", "osrm", "valhalla"] = "none"
    route_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    route_modes: Annotated[tuple[Literal["foot", "bicycle", "motorcycle", "car"], ...], NoDecode] = ()
    route_margin_km: float = Field(default=20, ge=0, le=500)
    route_attribution: str = "© OpenStreetMap contributors, ODbL"
    open_data_licence: str = Field(
        default="https://creativecommons.org/licenses/by/4.0/", pattern=r"^https?://\S+$"
    )
    open_data_steward: str = "diskominfo"

    @field_validator("route_modes", mode="before")
    @classmethod
    def modes_from_list(cls, value: Any) -> Any:
        """ROUTE_MODES is a comma-separated list."""
        return tuple(m.strip() for m in value.split(",") if m.strip()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def an_engine_has_an_address(self) -> Self:
        """An engine without an address ends the start, not the first question."""
        if self.route_engine != "none" and not self.route_url:
            raise ValueError("ROUTE_URL must be set when ROUTE_ENGINE is")
        return self
