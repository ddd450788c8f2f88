"""What a process is told from outside, as typed settings; nothing here has a secret default."""

import base64
import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class ServiceAddress(BaseModel):
    """Where the gateway finds one service, and which public path prefixes it may own."""

    name: str
    url: str
    prefixes: tuple[str, ...]


class Settings(BaseSettings):
    """Environment variables of every process (contracts 9); a subclass adds what one service alone needs."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    environment: Literal["development", "test", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    ops_port: int = Field(default=0, ge=0, le=65535)
    database_url: SecretStr
    nats_url: SecretStr
    city_pack: Path
    identity_jwks: Path
    field_keys: SecretStr
    lookup_key: SecretStr
    media_signing_key: SecretStr
    public_url: str = "http://127.0.0.1:8000"
    city_time_offset: float = Field(default=0, description="seconds added to the clock; development only")
    request_deadline_ms: int = Field(default=2_000, ge=50)

    @model_validator(mode="after")
    def no_shifted_time_in_production(self) -> Self:
        """A shifted clock would falsify deadlines and the ledger, so production refuses one."""
        if self.environment == "production" and self.city_time_offset:
            raise ValueError("CITY_TIME_OFFSET must be unset when ENVIRONMENT=production")
        return self

    def field_key_ring(self) -> dict[str, bytes]:
        """Key id -> 32 bytes; the first key encrypts, all of them decrypt. ValueError if one is malformed."""
        keys: dict[str, str] = json.loads(self.field_keys.get_secret_value())
        ring = {name: base64.b64decode(value) for name, value in keys.items()}
        wrong = [name for name, key in ring.items() if len(key) != 32]
        if wrong or not ring:
            raise ValueError(
                f"FIELD_KEYS needs at least one key of 32 bytes; not so: {wrong or 'none given'}"
            )
        return ring

    def lookup_secret(self) -> bytes:
        """The key of look-up hashes (HMAC-SHA-256), 32 bytes or more."""
        return _secret_bytes("LOOKUP_KEY", self.lookup_key)

    def media_secret(self) -> bytes:
        """The key that signs media addresses (HMAC-SHA-256), 32 bytes or more."""
        return _secret_bytes("MEDIA_SIGNING_KEY", self.media_signing_key)


class WithServices(BaseSettings):
    """Mixed into the gateway's settings: the services it stands in front of."""

    model_config = Settings.model_config  # a second base brings its own defaults, which would win

    services: Annotated[tuple[ServiceAddress, ...], NoDecode] = ()
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()

    @field_validator("services", mode="before")
    @classmethod
    def services_from_json(cls, value: Any) -> Any:
        """SERVICES is a JSON list of {name, url, prefixes}."""
        return json.loads(value) if isinstance(value, str) else value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def proxies_from_list(cls, value: Any) -> Any:
        """TRUSTED_PROXIES is a comma-separated list of addresses or networks."""
        return tuple(p.strip() for p in value.split(",") if p.strip()) if isinstance(value, str) else value


def _secret_bytes(name: str, value: SecretStr) -> bytes:
    raw = base64.b64decode(value.get_secret_value())
    if len(raw) < 32:
        raise ValueError(f"{name} needs at least 32 bytes in base64; it has {len(raw)}")
    return raw
