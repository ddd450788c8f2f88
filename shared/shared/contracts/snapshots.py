"""What an owner answers to whoever rebuilds what it was told: its rows as they stand, page by page."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class SnapshotItem(BaseModel):
    """One entity. `id`, `version` and `at` are what subject, entityversion and time of its event would be."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="a UUID; ids rise within a page and from page to page")
    version: int
    at: datetime
    data: dict[str, Any] = Field(description="the payload of the event that tells of this kind")


class SnapshotPage(BaseModel):
    """`next` is the `after` of the following page, None on the last one."""

    model_config = ConfigDict(frozen=True)

    items: tuple[SnapshotItem, ...]
    next: str | None = None
