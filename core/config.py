"""Every setting of the product, read from the environment and `.env`; `get_settings` refuses a wrong one."""

import os
import secrets
from datetime import time
from functools import cache
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import (
    AliasChoices,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.clients.limits import parse_limits
from core.errors import ConfigurationError

SPELLINGS: dict[str, tuple[str, ...]] = {
    "secret_key": ("SECRET_KEY", "JWT_SECRET"),
    "jwt_algorithm": ("JWT_ALGORITHM", "ALGORITHM"),
    "access_token_expire_minutes": ("ACCESS_TOKEN_EXPIRE_MINUTES", "JWT_EXPIRATION_MINUTES"),
}
"""Settings with more than one accepted name; the first is the one to use."""

PostgresScheme = ("postgresql+asyncpg", "postgresql", "postgres")
RedisScheme = ("redis", "rediss", "unix")
Names = Annotated[list[str], NoDecode]
Limit = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Given = TypeVar("Given", bound="Rates")


NOBODY = "none"
"""Where nobody is to be asked: an empty value means the default."""

KNOWN_PROVIDERS: dict[str, frozenset[str]] = {
    "weather_providers": frozenset({"open_meteo", "openweathermap", "met_no"}),
    "resource_providers": frozenset({"pvgis", "nasa_power"}),
    "design_temperature_providers": frozenset({"nasa_power", "open_meteo"}),
    "alert_providers": frozenset({"nws"}),
}


def _spelled(name: str) -> AliasChoices:
    return AliasChoices(*SPELLINGS[name])


class Rates(BaseSettings):
    """What the firm itself decides of triage: all that `solarsync triage` needs to be told."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    respond_within_hours_p1: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 4.0
    respond_within_hours_p2: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 24.0
    respond_within_hours_p3: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 72.0
    rates_currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "KES"
    labour_per_hour: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1_000.0
    transport_cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 800.0
    transport_cost_offline: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1_200.0
    tariff_per_kwh: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 20.0


class Settings(Rates):
    """One field per environment variable of the same name; `.env.example` describes each."""

    environment: Literal["development", "testing", "production"] = "development"
    data_dir: Path = Path(".solarsync")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    database_url: SecretStr | None = None
    database_pool_size: Annotated[int, Field(ge=1, le=1000)] = 20
    database_max_overflow: Annotated[int, Field(ge=0, le=1000)] = 10
    database_echo: bool = False

    redis_url: SecretStr | None = None
    redis_checkpoint_url: SecretStr | None = None
    checkpoint_ttl_seconds: Annotated[int, Field(ge=60)] = 86_400

    secret_key: SecretStr | None = Field(default=None, validation_alias=_spelled("secret_key"))
    jwt_algorithm: Literal["HS256", "HS384", "HS512"] = Field(
        default="HS256", validation_alias=_spelled("jwt_algorithm")
    )
    access_token_expire_minutes: Annotated[int, Field(ge=1, le=1440)] = Field(
        default=15, validation_alias=_spelled("access_token_expire_minutes")
    )
    refresh_token_expire_days: Annotated[int, Field(ge=1, le=365)] = 14

    weather_refresh_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    weather_life_minutes: Annotated[int, Field(ge=1, le=1440)] = 180
    weather_jitter_seconds: Annotated[float, Field(ge=0, le=600)] = 60.0
    work_start: time = time(7, 0)
    work_end: time = time(18, 0)
    work_wind_caution_kmh: Limit = 27.0
    work_wind_stop_kmh: Limit = 37.0
    work_gust_caution_kmh: Limit = 42.0
    work_gust_stop_kmh: Limit = 48.0
    work_roof_gust_stop_kmh: Limit = 56.0
    work_heat_caution_f: Limit = 91.0
    work_heat_high_f: Limit = 103.0
    work_heat_stop_f: Limit = 115.0
    work_thunder_hold_minutes: Annotated[int, Field(ge=0, le=1440)] = 30
    work_drying_minutes: Annotated[int, Field(ge=0, le=1440)] = 120
    work_rain_mm: Limit = 0.1
    weather_providers: Names = ["open_meteo", "openweathermap", "met_no"]
    resource_providers: Names = ["pvgis", "nasa_power"]
    design_temperature_providers: Names = ["nasa_power", "open_meteo"]
    alert_providers: Names = ["nws"]
    provider_budgets: Names = []
    provider_contact: str | None = None
    open_meteo_url: str = "https://api.open-meteo.com"
    open_meteo_api_key: SecretStr | None = None
    openweathermap_api_key: SecretStr | None = None
    openweathermap_url: str = "https://api.openweathermap.org"
    met_no_url: str = "https://api.met.no"
    pvgis_url: str = "https://re.jrc.ec.europa.eu"
    nasa_power_url: str = "https://power.larc.nasa.gov"
    nws_url: str = "https://api.weather.gov"
    geocoder_url: str | None = None

    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    openai_model: str = "gpt-4o-mini"
    openai_timeout_seconds: Annotated[float, Field(gt=0, le=30)] = 15.0
    openai_tokens_per_job: Annotated[int, Field(ge=0)] = 20_000
    openai_prompt_price: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    openai_answer_price: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    openai_cost_per_job: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    heartbeat_interval_seconds: Annotated[float, Field(ge=0.2, le=60)] = 1.0
    worker_concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    queue_limit: Annotated[int, Field(ge=1)] = 10_000
    event_retention_days: Annotated[int, Field(ge=1, le=36_500)] = 365
    shutdown_grace_seconds: Annotated[float, Field(ge=0, le=600)] = 20.0

    rate_limit_per_minute: Annotated[int, Field(ge=1)] = 600
    rate_limit_per_address_per_minute: Annotated[int, Field(ge=1)] = 3_000
    event_heartbeat_seconds: Annotated[float, Field(gt=0, le=300)] = 15.0
    cors_origins: Names = []
    forwarded_allow_ips: Annotated[list[IPvAnyNetwork], NoDecode] = [IPv4Network("127.0.0.1")]
    webhook_allow_private: bool = False
    notification_urls: Annotated[list[SecretStr], NoDecode] = []
    technician_notification_urls: Annotated[list[SecretStr], NoDecode] = []

    @field_validator(
        "weather_providers",
        "resource_providers",
        "design_temperature_providers",
        "alert_providers",
        "provider_budgets",
        "cors_origins",
        "forwarded_allow_ips",
        "notification_urls",
        "technician_notification_urls",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @field_validator(*KNOWN_PROVIDERS)
    @classmethod
    def _known_providers(cls, names: list[str], info: ValidationInfo) -> list[str]:
        return _only_known(names, KNOWN_PROVIDERS[str(info.field_name)])

    @field_validator("provider_budgets")
    @classmethod
    def _readable_budgets(cls, budgets: list[str]) -> list[str]:
        parse_limits(budgets)
        return budgets

    @field_validator("provider_contact")
    @classmethod
    def _fit_for_a_header(cls, contact: str | None) -> str | None:
        if contact is not None and (not contact.isascii() or not contact.isprintable()):
            raise ValueError("must be printable ASCII: it is sent in a header")
        return contact

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, url: SecretStr | None) -> SecretStr | None:
        return _with_scheme(url, PostgresScheme)

    @field_validator("redis_url", "redis_checkpoint_url")
    @classmethod
    def _redis(cls, url: SecretStr | None) -> SecretStr | None:
        return _with_scheme(url, RedisScheme)

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < 32:
            raise ValueError("needs at least 32 characters")
        return key

    @field_validator("work_end")
    @classmethod
    def _a_working_day(cls, end: time, info: ValidationInfo) -> time:
        start = info.data.get("work_start")
        if end.tzinfo is not None or (start is not None and (start.tzinfo is not None or end <= start)):
            raise ValueError("must be later than WORK_START, and both by the clock of the site")
        return end

    @model_validator(mode="after")
    def _a_cost_has_its_prices(self) -> Self:
        if self.openai_cost_per_job is not None and not (
            self.openai_prompt_price or self.openai_answer_price
        ):
            raise ValueError("OPENAI_COST_PER_JOB needs OPENAI_PROMPT_PRICE and OPENAI_ANSWER_PRICE")
        return self

    @model_validator(mode="after")
    def _production_is_complete(self) -> Self:
        if self.environment == "production":
            missing = [n for n in ("database_url", "redis_url", "secret_key") if getattr(self, n) is None]
            if missing:
                raise ValueError(f"{', '.join(n.upper() for n in missing)} required in production")
        return self

    @property
    def redis_urls(self) -> dict[str, SecretStr]:
        """The URL of each Redis by what verdicts call it; `checkpoints` only where they are apart from the rest."""
        apart = self.redis_checkpoint_url if self.redis_checkpoint_url != self.redis_url else None
        given = {"redis": self.redis_url, "checkpoints": apart}
        return {name: url for name, url in given.items() if url is not None}


def _only_known(names: list[str], known: frozenset[str]) -> list[str]:
    """The names in their order, each once; `none` alone stands for an empty list."""
    if names == [NOBODY]:
        return []
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}, or {NOBODY} alone"
        )
    return list(dict.fromkeys(names))


def _with_scheme(url: SecretStr | None, schemes: tuple[str, ...]) -> SecretStr | None:
    if url is not None and urlsplit(url.get_secret_value()).scheme not in schemes:
        raise ValueError(f"must start with {', '.join(f'{s}://' for s in schemes)}")
    return url


def _disagreements(env_file: str | Path | None) -> list[str]:
    """Settings given under two names with two values."""
    given = {k.upper(): v for k, v in (dotenv_values(env_file) if env_file else {}).items()}
    given |= {k.upper(): v for k, v in os.environ.items()}
    problems = []
    for names in SPELLINGS.values():
        values = {given[name] for name in names if given.get(name)}
        if len(values) > 1:
            problems.append(
                f"{' and '.join(names)} are two names of one setting and disagree; keep {names[0]}"
            )
    return problems


def load_settings(env_file: str | Path | None = ".env") -> Settings:
    """Read the environment; raises `ConfigurationError` with one line per problem, never a value."""
    return _read(Settings, env_file, _disagreements(env_file))


def load_rates(env_file: str | Path | None = ".env") -> Rates:
    """Read response times and rates alone, where no service is configured; raises as `load_settings` does."""
    return _read(Rates, env_file, [])


def _read(kind: type[Given], env_file: str | Path | None, problems: list[str]) -> Given:
    try:
        settings = kind(_env_file=env_file)
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            name = str(fault["loc"][0]).upper() if fault["loc"] else ""
            reason = fault["msg"].removeprefix("Value error, ")
            problems.append(f"{name}: {reason}" if name else reason)
        raise ConfigurationError(problems) from None
    if problems:
        raise ConfigurationError(problems)
    return settings


@cache
def get_settings() -> Settings:
    """The settings of this process. Called only where things are put together."""
    return load_settings()


def resolve_secret_key(settings: Settings) -> tuple[SecretStr, bool]:
    """The signing key, and whether it is one this machine made for itself because none was set."""
    if settings.secret_key is not None:
        return settings.secret_key, False
    path = settings.data_dir / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass  # made at an earlier start, or by a process starting beside this one
    return SecretStr(path.read_text().strip()), True
