"""Settings under which a service asks nobody but the weather that the tests stand in for."""

from pathlib import Path
from typing import Any

from core.config import Settings

SECRET = "tests-" * 12

ONLY_OPEN_METEO = {
    "WEATHER_PROVIDERS": "open_meteo",
    "RESOURCE_PROVIDERS": "none",
    "DESIGN_TEMPERATURE_PROVIDERS": "none",
    "ALERT_PROVIDERS": "none",
}


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
