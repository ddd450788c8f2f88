"""Settings of this service beyond those of every process."""

from typing import Self

from pydantic import Field, model_validator

from shared.settings import Settings


class NewsSettings(Settings):
    """See shared.settings."""

    single_editor: bool = Field(
        default=False, description="a city with one editor: she may publish and correct her own text"
    )
    article_page: str = Field(
        default="",
        pattern=r"^(https?://[^\s{}]*\{slug\}[^\s{}]*)?$",
        description="where people read an article, such as https://kota.example/berita/{slug}; "
        "without it links of feeds and JSON-LD lead to the API's own answer",
    )
    fetch_seconds: float = Field(default=15, ge=0.1, le=60, description="one visit to a source, all in all")
    fetch_from_test_addresses: tuple[str, ...] = Field(
        default=(), description="numeric addresses inside that tests fetch from; never in production"
    )

    @model_validator(mode="after")
    def no_test_addresses_in_production(self) -> Self:
        """A source's address leads outside, or somebody reads what only the city may."""
        if self.environment == "production" and self.fetch_from_test_addresses:
            raise ValueError("FETCH_FROM_TEST_ADDRESSES must be unset when ENVIRONMENT=production")
        return self
