"""What a process is told from outside, as typed settings; nothing here has a secret default."""

import base64
import json
from functools import cached_property
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

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

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
    stream_max_bytes: int = Field(default=1_024**3, ge=1_024**2, description="of each publisher's stream")
    traces_url: str = Field(default="", pattern="^(https?://.*)?$", description="OTLP/HTTP, whole address")
    traces_ratio: float = Field(default=0.01, ge=0, le=1, description="of requests, chosen by the gateway")

    @model_validator(mode="after")
    def no_shifted_time_in_production(self) -> Self:
        """A shifted clock would falsify deadlines and the ledger, so production refuses one."""
        if self.environment == "production" and self.city_time_offset:
            raise ValueError("CITY_TIME_OFFSET must be unset when ENVIRONMENT=production")
        return self

    @model_validator(mode="after")
    def usable_keys(self) -> Self:
        """A malformed key ends the start, not the first request that needs it."""
        self.field_key_ring(), self.lookup_keys(), self.media_keys
        return self

    def field_key_ring(self) -> dict[str, bytes]:
        """Key id -> 32 bytes; the first key encrypts, all of them decrypt. ValueError if one is malformed."""
        return key_ring("FIELD_KEYS", self.field_keys, longest=32)

    def lookup_keys(self) -> dict[str, bytes]:
        """Key id -> key of look-up hashes (HMAC-SHA-256): the first writes, all of them find."""
        return key_ring("LOOKUP_KEY", self.lookup_key)

    @cached_property
    def media_keys(self) -> tuple[bytes, ...]:
        """The keys of media addresses (HMAC-SHA-256): the first signs, all of them verify."""
        return tuple(key_ring("MEDIA_SIGNING_KEY", self.media_signing_key).values())


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


def service_names(settings: Settings) -> list[str]:
    """The services a process stands in front of; none for a service itself."""
    return [service.name for service in settings.services] if isinstance(settings, WithServices) else []


def key_ring(name: str, value: SecretStr, longest: int = 64) -> dict[str, bytes]:
    """Keys of 32 bytes or more by id, the current one first: JSON {"k2": base64, "k1": …}; one base64 is k1.

    ValueError, without a value in it, if there is none or one is malformed.
    """
    text = value.get_secret_value()
    keys: dict[str, str] = json.loads(text) if text.startswith("{") else {"k1": text}
    ring = {key: base64.b64decode(each) for key, each in keys.items()}
    wrong = [key for key, each in ring.items() if not 32 <= len(each) <= longest or not 0 < len(key) < 64]
    if wrong or not ring:
        wanted = "32" if longest == 32 else f"32 to {longest}"
        raise ValueError(f"{name} needs keys of {wanted} bytes in base64; not so: {wrong or 'none given'}")
    return ring
