"""Settings under which a service asks nobody but the weather that the tests stand in for."""

ONLY_OPEN_METEO = {
    "WEATHER_PROVIDERS": "open_meteo",
    "RESOURCE_PROVIDERS": "none",
    "DESIGN_TEMPERATURE_PROVIDERS": "none",
    "ALERT_PROVIDERS": "none",
}
