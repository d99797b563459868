"""Open-Meteo's hourly forecast.

What a value's stamp means, from open-meteo.com/en/docs: radiation is the mean, precipitation the sum of the
preceding hour, gusts are its maximum; temperature, humidity, wind, code and CAPE hold at that instant.
`ForecastHour` covers the hour from its start: of the former the end counts, of the latter the middle.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import httpx
import numpy as np
from pydantic import SecretStr, TypeAdapter, ValidationError

from core.clients.http import Patience, get_json, withhold_queries_from_logs
from core.clock import Clock, SystemClock
from core.errors import ProviderUnavailable
from core.pv.solar_position import solar_position
from state.weather import Forecast, ForecastHour

PROVIDER = "open_meteo"
FREE_URL = "https://api.open-meteo.com"
CUSTOMER_URL = "https://customer-api.open-meteo.com"
"""Where requests with a key go; the free host ignores keys and limits by address."""

ATTRIBUTION = "Weather data by Open-Meteo.com, CC BY 4.0."
NON_COMMERCIAL = " Its free service is for non-commercial use only."
STAND_IN = "Weather in the form of Open-Meteo, from the host that OPEN_METEO_URL names."
"""Credit for any other host: a simulator's inventions are not Open-Meteo's."""

FORECAST_DAYS = 7

HOUR = timedelta(hours=1)
_LATEST_START = timedelta(hours=24, minutes=10)
"""The answer begins at 00:00 UTC today; ten minutes for a clock that runs behind."""

_ANOTHER_PLACE = 0.5
"""The models' cells are at most 0.25° wide; an answer further off is for another place. [°]"""

_LIGHT_AT_NIGHT = 0.02
"""Share of the radiation that may fall while the sun is 6° below the horizon. [unitless]"""


class Variable(NamedTuple):
    field: str
    """Of `ForecastHour`."""
    units: Mapping[str, tuple[float, float]]
    """Factor and offset from the unit in which it may come."""
    over_hour: bool
    """Whether it belongs to the preceding hour rather than to an instant."""


_METRES_PER_SECOND = {
    "m/s": (1.0, 0.0),
    "km/h": (1 / 3.6, 0.0),
    "mp/h": (0.44704, 0.0),
    "mph": (0.44704, 0.0),
    "kn": (1852 / 3600, 0.0),
}
_CELSIUS = {"°C": (1.0, 0.0), "°F": (1 / 1.8, -32 / 1.8)}
_MILLIMETRES = {"mm": (1.0, 0.0), "inch": (25.4, 0.0)}
_AS_IS = (1.0, 0.0)

VARIABLES = {
    "temperature_2m": Variable("temp_air_c", _CELSIUS, over_hour=False),
    "relative_humidity_2m": Variable("relative_humidity_pct", {"%": _AS_IS}, over_hour=False),
    "precipitation": Variable("precipitation_mm", _MILLIMETRES, over_hour=True),
    "weather_code": Variable("weather_code", {"wmo code": _AS_IS}, over_hour=False),
    "wind_speed_10m": Variable("wind_speed_m_s", _METRES_PER_SECOND, over_hour=False),
    "wind_gusts_10m": Variable("wind_gust_m_s", _METRES_PER_SECOND, over_hour=True),
    "shortwave_radiation": Variable("ghi_w_m2", {"W/m²": _AS_IS}, over_hour=True),
    "direct_normal_irradiance": Variable("dni_w_m2", {"W/m²": _AS_IS}, over_hour=True),
    "diffuse_radiation": Variable("dhi_w_m2", {"W/m²": _AS_IS}, over_hour=True),
    "cape": Variable("cape_j_kg", {"J/kg": _AS_IS}, over_hour=False),
}
"""Ten variables and seven days weigh exactly one call of the daily allowance."""

_Series = list[float | None]
_HOURS = TypeAdapter(list[ForecastHour])


class OpenMeteoClient:
    """`core.ports.ForecastProvider`. With a key the customers' host is asked, unless another one is named."""

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr | None,
        http_client: httpx.AsyncClient,
        *,
        clock: Clock | None = None,
        patience: Patience | None = None,
    ) -> None:
        base = base_url.rstrip("/")
        self._url = f"{CUSTOMER_URL if api_key and base == FREE_URL else base}/v1/forecast"
        self._api_key = api_key
        self._http = http_client
        self._clock = clock or SystemClock()
        self._patience = patience or Patience()
        withhold_queries_from_logs()

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        """Seven days from now; raises `ProviderUnavailable` naming the reason where none can be had."""
        params = {
            # About a hundred metres: finer than any model, and no more than they need to know.
            "latitude": f"{latitude:.3f}",
            "longitude": f"{longitude:.3f}",
            "hourly": ",".join(VARIABLES),
            "wind_speed_unit": "ms",
            "timezone": "UTC",
            "forecast_days": str(FORECAST_DAYS),
        }
        if self._api_key is not None:
            params["apikey"] = self._api_key.get_secret_value()
        document = await get_json(
            self._http, PROVIDER, self._url, params, passing=_may_pass, patience=self._patience
        )
        if not isinstance(document, dict):
            raise ProviderUnavailable(PROVIDER, "answered a list to a question about one place")
        hours = read_hours(document, latitude, longitude, self._clock.now())
        return Forecast(
            source=PROVIDER,
            issued_at=self._clock.now(),
            hourly=hours,
            attribution=self._attribution(),
        )

    def _attribution(self) -> str:
        if not httpx.URL(self._url).host.endswith(".open-meteo.com"):
            return STAND_IN
        return ATTRIBUTION if self._api_key else ATTRIBUTION + NON_COMMERCIAL


def read_hours(
    document: Mapping[str, object], latitude: float, longitude: float, now: datetime
) -> list[ForecastHour]:
    """Check one location's answer and turn it into hours; raises `ProviderUnavailable`."""
    if document.get("error"):
        raise ProviderUnavailable(PROVIDER, "answered an error with the status of a success")
    _check_place(document, latitude, longitude)
    hourly, units = document.get("hourly"), document.get("hourly_units")
    if not isinstance(hourly, dict) or not isinstance(units, dict):
        raise ProviderUnavailable(PROVIDER, "answered without hourly values or their units")
    times = _times(document, hourly, now)
    series = {name: _series(name, hourly, units, len(times)) for name in VARIABLES}
    _check_daylight(times, series["shortwave_radiation"], latitude, longitude)
    fields = {v.field: _values(name, series[name]) for name, v in VARIABLES.items()}
    try:
        return _HOURS.validate_python(
            [
                {"start": start, **dict(zip(fields, values, strict=True))}
                for start, values in zip(times[:-1], zip(*fields.values(), strict=True), strict=True)
            ]
        )
    except ValidationError as error:
        fault = error.errors(include_input=True, include_url=False)[0]
        raise ProviderUnavailable(
            PROVIDER, f"{fault['loc'][-1]} of {fault['input']!r} cannot be: {fault['msg']}"
        ) from None


def _may_pass(status: int, reason: str) -> bool:
    """Limits by minute, hour and day do not pass within seconds; concurrency and overload do."""
    return status >= 500 or (status == 429 and "concurrent" in reason.lower())


def _check_place(document: Mapping[str, object], latitude: float, longitude: float) -> None:
    north, east = document.get("latitude"), document.get("longitude")
    if not isinstance(north, int | float) or not isinstance(east, int | float):
        raise ProviderUnavailable(PROVIDER, "answered without saying for which place")
    across = abs((east - longitude + 180.0) % 360.0 - 180.0) * np.cos(np.radians(latitude))
    if abs(north - latitude) > _ANOTHER_PLACE or across > _ANOTHER_PLACE:
        raise ProviderUnavailable(PROVIDER, "answered for another place")


def _times(document: Mapping[str, object], hourly: Mapping[str, object], now: datetime) -> list[datetime]:
    if document.get("utc_offset_seconds", 0) != 0:
        raise ProviderUnavailable(PROVIDER, f"answered in the time of {document.get('timezone')}, not UTC")
    stamps = hourly.get("time")
    if not isinstance(stamps, list) or len(stamps) < 2:
        raise ProviderUnavailable(PROVIDER, "answered no hours")
    try:
        times = [datetime.fromisoformat(str(stamp)).replace(tzinfo=UTC) for stamp in stamps]
    except ValueError:
        raise ProviderUnavailable(PROVIDER, "answered times that are none") from None
    if any(later - earlier != HOUR for earlier, later in pairwise(times)):
        raise ProviderUnavailable(PROVIDER, "left out hours")
    if now - times[0] > _LATEST_START or times[-1] < now:
        raise ProviderUnavailable(PROVIDER, f"stale: the forecast begins at {times[0]:%Y-%m-%d %H:%M} UTC")
    if times[0] > now:
        raise ProviderUnavailable(PROVIDER, f"the forecast begins only at {times[0]:%Y-%m-%d %H:%M} UTC")
    return times


def _series(name: str, hourly: Mapping[str, object], units: Mapping[str, object], hours: int) -> _Series:
    """One variable in our unit; what the provider does not know stays None."""
    values, unit = hourly.get(name), units.get(name)
    if not isinstance(values, list) or len(values) != hours:
        raise ProviderUnavailable(PROVIDER, f"{name} does not cover the {hours} hours of the answer")
    if any(v is not None and (isinstance(v, bool) or not isinstance(v, int | float)) for v in values):
        raise ProviderUnavailable(PROVIDER, f"{name} holds values that are no numbers")
    if unit not in VARIABLES[name].units:
        raise ProviderUnavailable(PROVIDER, f"{name} came in {unit!r}, which is not a unit we know for it")
    factor, offset = VARIABLES[name].units[str(unit)]
    return [None if v is None else v * factor + offset for v in values]


def _check_daylight(times: Sequence[datetime], ghi: _Series, latitude: float, longitude: float) -> None:
    """Refuse radiation in the dark: then the hours are shifted, whatever the time zone says."""
    known = np.array([v if v is not None else 0.0 for v in ghi])
    instants = np.datetime64(times[0].replace(tzinfo=None), "us") + np.arange(len(times)) * np.timedelta64(
        HOUR
    )
    # A value belongs to the hour before its stamp: dark only where the sun is down at both ends.
    elevation = 90.0 - solar_position(instants, latitude, longitude).zenith
    dark = np.maximum(elevation, np.roll(elevation, 1)) < -6.0
    if known[dark].sum() > _LIGHT_AT_NIGHT * known.sum():
        raise ProviderUnavailable(PROVIDER, "radiation at night: the hours of the answer are shifted")


def _values(name: str, series: _Series) -> list[float | None] | list[int | None]:
    """The value of each hour, from the stamps at its two ends."""
    if VARIABLES[name].over_hour:
        return series[1:]
    if name == "weather_code":
        return [_worse(here, end) for here, end in pairwise(series)]
    return [
        None if here is None or end is None else round((here + end) / 2.0, 3)
        for here, end in pairwise(series)
    ]


def _worse(one: float | None, other: float | None) -> int | None:
    """Of the codes at the two ends of an hour the one that matters on a roof: thunder, then ice, then rain."""
    if one is None or other is None:
        return None
    return int(max(one, other, key=lambda code: (code >= 95, code in {56, 57, 66, 67}, code)))
