"""The environment and the settings of services under test, which ask nobody but whom the tests stand in for."""

import os
from pathlib import Path
from typing import Any

from core.config import SPELLINGS, Settings

SECRET = "tests-" * 12
VARIABLES = {name.upper() for name in Settings.model_fields}
"""What `.env.example` names."""
SPELLED = VARIABLES.union(*SPELLINGS.values())
"""Everything that would be heard."""

ONLY_OPEN_METEO = {
    "WEATHER_PROVIDERS": "open_meteo",
    "RESOURCE_PROVIDERS": "none",
    "DESIGN_TEMPERATURE_PROVIDERS": "none",
    "ALERT_PROVIDERS": "none",
}
NOBODY_ANSWERS = {**ONLY_OPEN_METEO, "OPEN_METEO_URL": "http://127.0.0.1:9"}


def bare_environment() -> dict[str, str]:
    """This process's own, without any setting of ours."""
    return {name: value for name, value in os.environ.items() if name not in SPELLED}


def settings_for(database_url: str, redis_url: str, data_dir: Path, **changes: Any) -> Settings:
    """Of a service in this process; it asks no provider unless `changes` name one."""
    given: dict[str, Any] = {
        "environment": "testing",
        "database_url": database_url,
        "redis_url": redis_url,
        "secret_key": SECRET,
        "data_dir": data_dir,
        "weather_providers": [],
        "resource_providers": [],
        "design_temperature_providers": [],
        "alert_providers": [],
    }
    return Settings(_env_file=None, **given | changes)
