"""What a service answers when the gateway asks what it holds of one person."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class HeldPage(BaseModel):
    """One page of things by kind; `next` is the `after` of the following page. Nothing held: no kinds."""

    model_config = ConfigDict(frozen=True)

    held: dict[str, list[dict[str, Any]]] = Field(default={}, description="kind of thing -> the things")
    next: str | None = None
