"""Settings of the gateway beyond those of every process."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from shared.settings import Settings, WithServices, key_ring


class GatewaySettings(Settings, WithServices):
    """`identity_key` signs; `media_url` is where files go; all workers share `rate_file`."""

    identity_key: Path
    media_url: str
    rate_file: Path
    demo_otp: SecretStr | None = None
    token_key: SecretStr | None = Field(default=None, description="unset: the one LOOKUP_KEY")
    documents_seconds: float = Field(default=5, gt=0, description="how often services are asked for routes")
    upstream_pool: int = Field(default=100, ge=1, description="requests under way at one service")
    head_seconds: float = Field(default=10, gt=0, description="until a header is complete")
    body_seconds: float = Field(default=30, gt=0, description="until a body is complete, or keeps flowing")
    upload_seconds: float = Field(default=60, gt=0, description="until a file sent in one piece is complete")
    providers_local: bool = Field(default=False, description="ask providers on this machine, by http")
    address_rate: float = Field(default=100, gt=0, description="requests a second of one address, as a guest")
    address_burst: int = Field(default=1_000, ge=1)
    address_streams: int = Field(default=500, ge=1, description="of everybody, open at once, by worker")
    user_rate: float = Field(default=20, gt=0, description="requests a second of one person signed in")
    user_burst: int = Field(default=200, ge=1)
    cache_bytes: int = Field(default=64 * 1_048_576, ge=1_048_576, description="of kept answers, by worker")
    cache_seconds: float = Field(default=60, gt=0, description="how long an answer is fresh without an event")
    cache_stale_seconds: float = Field(default=3_600, ge=0, description="its age if its owner fails")
    home_part_seconds: float = Field(default=0.3, gt=0, description="until a section of home is late")
    home_seconds: float = Field(default=0.4, gt=0, description="until home answers without whatever is late")
    home_bytes: int = Field(default=40_960, ge=1_024, description="of all public sections together, as JSON")
    home_section_bytes: int = Field(default=8_192, ge=512, description="of a section's items, as JSON")

    @model_validator(mode="after")
    def no_fixed_code_outside_development(self) -> Self:
        """A fixed sign-in code is for the demo city alone."""
        if self.demo_otp is not None and self.environment == "production":
            raise ValueError("DEMO_OTP must be unset when ENVIRONMENT=production")
        return self

    @model_validator(mode="after")
    def providers_outside_in_production(self) -> Self:
        """A provider on this machine is for development and tests: it could be anything that listens here."""
        if self.providers_local and self.environment == "production":
            raise ValueError("PROVIDERS_LOCAL must be unset when ENVIRONMENT=production")
        return self

    @model_validator(mode="after")
    def token_key_before_a_change(self) -> Self:
        """Without the look-up key it fell back on, copies of older refresh tokens were not found out."""
        if self.token_key is None and len(self.lookup_keys()) > 1:
            raise ValueError("TOKEN_KEY must be set, to the first LOOKUP_KEY, before LOOKUP_KEY is changed")
        return self

    def token_secret(self) -> bytes:
        """What refresh tokens and the demo's secrets are derived with; it outlives every look-up key."""
        if self.token_key is None:
            return next(iter(self.lookup_keys().values()))
        return next(iter(key_ring("TOKEN_KEY", self.token_key).values()))
