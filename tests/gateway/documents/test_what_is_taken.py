"""Bodies of the desks are taken as their document says: a number is no switch, and a switch no number."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from gateway.bootstrap.schemas import AppVersionIn, FlagIn
from gateway.clients.schemas import ClientChangeIn, RotateIn
from gateway.providers.schemas import ProviderChangeIn


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (AppVersionIn, {"latest": "1.10.0", "required": True}, {"latest": "1.10.0", "required": 0}),
        (FlagIn, {"is_on": False, "purpose": "demo"}, {"is_on": 1, "purpose": "demo"}),
        (RotateIn, {"overlap_hours": 0}, {"overlap_hours": False}),
        (ClientChangeIn, {"rate_per_second": 20, "burst": 5}, {"rate_per_second": True}),
        (ClientChangeIn, {"burst": 1}, {"burst": True}),
        (ProviderChangeIn, {"scopes": ["home", "home"]}, {"scopes": ["home"] * 5}),
    ],
)
def test_a_desk_takes_what_its_document_says(
    kind: type[BaseModel], good: dict[str, Any], bad: dict[str, Any]
) -> None:
    assert kind.model_validate(good).model_fields_set == good.keys()
    with pytest.raises(ValidationError):
        kind.model_validate(bad)
