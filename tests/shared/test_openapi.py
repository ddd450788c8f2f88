"""The document of a service refers to nothing that it does not hold."""

import json
import re
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import Query

from shared.app import Service, build_app
from shared.auth import Allow, Anyone, Caller
from shared.routes import CityRouter, x_city
from shared.settings import Settings


@pytest.mark.parametrize("errors", ["problem", "open311", "ogc"])
def test_whatever_errors_an_operation_answers_with_nothing_it_refers_to_is_missing(
    settings_for: Callable[..., Any], errors: str
) -> None:
    router = CityRouter(prefix="/v1/news")

    @router.get("/checked", openapi_extra=x_city(errors=errors))
    async def checked(
        caller: Annotated[Caller, Allow(Anyone)], limit: Annotated[int, Query(ge=1)] = 1
    ) -> int:
        """FastAPI states a 422 of its own for it."""
        return limit

    service = Service(name="svc-news", package="svc_news", title="A service to try", routers=[router])
    document = build_app(service, settings_for(Settings, "postgresql://nobody:x@127.0.0.1:1/x")).openapi()
    named = re.findall(r'"#/components/(\w+)/(\w+)"', json.dumps(document))
    assert [each for each in named if each[1] not in document["components"].get(each[0], {})] == []
    assert document["paths"]["/v1/news/checked"]["get"]["x-city"]["errors"] == errors
