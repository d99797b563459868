"""Open-Meteo's archive: daily extremes of temperature from the ERA5 reanalyses, brought to the site's height."""

import asyncio
from datetime import date, timedelta

import httpx
import numpy as np
from pydantic import SecretStr

from core.clients.extremes import YEARS, yearly_extremes
from core.clients.gate import Gate
from core.clients.http import Patience, Question, get_json, withhold_queries_from_logs
from core.clients.open_meteo import ATTRIBUTION, FREE_URL, NON_COMMERCIAL, PROVIDER, call_weight, may_pass
from core.clients.place import is_elsewhere
from core.clients.reading import mapping, number, optional
from core.clock import Clock, SystemClock
from core.errors import ProviderUnavailable
from core.pv.weather_year import FloatArray
from state.weather import DesignTemperatures

ARCHIVE_URL = "https://archive-api.open-meteo.com"
CUSTOMER_ARCHIVE_URL = "https://customer-archive-api.open-meteo.com"
PATIENCE = Patience(attempts=2, attempt_seconds=20.0)
LOW, HIGH = "temperature_2m_min", "temperature_2m_max"


class OpenMeteoArchive:
    """`core.ports.ExtremesProvider`. Weighs a hundred calls of the allowance that forecasts need too, once per cell."""

    name = PROVIDER

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr | None,
        http_client: httpx.AsyncClient,
        *,
        clock: Clock | None = None,
        patience: Patience = PATIENCE,
        gate: Gate | None = None,
    ) -> None:
        base = base_url.rstrip("/")
        if base == FREE_URL:
            base = CUSTOMER_ARCHIVE_URL if api_key else ARCHIVE_URL
        self._url = f"{base}/v1/archive"
        self._api_key = api_key
        self._http = http_client
        self._clock = clock or SystemClock()
        self._patience = patience
        self._gate = gate or Gate(PROVIDER, concurrency=1)
        withhold_queries_from_logs()

    async def extremes(self, latitude: float, longitude: float, elevation: float) -> DesignTemperatures:
        """Means of the yearly extremes of the last twenty full years; raises `ProviderUnavailable`."""
        last = self._clock.now().year - 1
        start, end = date(last - YEARS + 1, 1, 1), date(last, 12, 31)
        params = {
            "latitude": f"{latitude:.3f}",
            "longitude": f"{longitude:.3f}",
            "elevation": f"{elevation:.0f}",
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "daily": f"{LOW},{HIGH}",
            "temperature_unit": "celsius",
            "timezone": "UTC",
        }
        if self._api_key is not None:
            params["apikey"] = self._api_key.get_secret_value()
        weight = call_weight(2, (end - start) / timedelta(days=1))
        answer = await get_json(
            self._http,
            self._gate,
            Question(self._url, params, weight=weight),
            passing=may_pass,
            patience=self._patience,
        )
        known = await asyncio.to_thread(_extremes, answer.document, latitude, longitude, elevation)
        credit = ATTRIBUTION if self._api_key else ATTRIBUTION + NON_COMMERCIAL
        return known.model_copy(update={"attribution": credit, "issued_at": self._clock.now()})


def _extremes(document: object, latitude: float, longitude: float, elevation: float) -> DesignTemperatures:
    north, east = optional(document, "latitude"), optional(document, "longitude")
    if not isinstance(north, int | float) or not isinstance(east, int | float):
        raise ProviderUnavailable(PROVIDER, "answered without saying for which place")
    if is_elsewhere(latitude, longitude, north, east):
        raise ProviderUnavailable(PROVIDER, "answered for another place")
    daily, units = mapping(PROVIDER, document, "daily"), mapping(PROVIDER, document, "daily_units")
    stamps = daily.get("time")
    if not isinstance(stamps, list):
        raise ProviderUnavailable(PROVIDER, "answered no days")
    try:
        days = [date.fromisoformat(str(stamp)) for stamp in stamps]
    except ValueError:
        raise ProviderUnavailable(PROVIDER, "answered days that are none") from None

    def column(name: str) -> FloatArray:
        values = daily.get(name)
        if not isinstance(values, list) or len(values) != len(days):
            raise ProviderUnavailable(PROVIDER, f"{name} does not cover the {len(days)} days of the answer")
        if units.get(name) != "°C":
            raise ProviderUnavailable(PROVIDER, f"{name} came in {units.get(name)!r}, not in °C")
        return np.array([number(PROVIDER, name, value) for value in values])

    return yearly_extremes(
        PROVIDER,
        "Open-Meteo archive (ERA5 reanalyses)",
        days,
        column(LOW),
        column(HIGH),
        site_elevation=elevation,
        cell_elevation=None,  # the service has brought them to the height that was asked for
    )
