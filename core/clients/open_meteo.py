"""Hourly forecasts from Open-Meteo (https://open-meteo.com/en/docs).

The free service, https://api.open-meteo.com, is for non-commercial use; a subscriber sets the keyed host and the
key. The data are under CC BY 4.0 and want to be attributed (https://open-meteo.com/en/licence).

One request of these ten variables for seven days weighs one call against the service's budget.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NoReturn

import httpx
import orjson
from pydantic import SecretStr, ValidationError

from core.clients.http import Hiccup, ask, withhold_queries_from_logs
from core.clock import Clock, SystemClock
from core.errors import ProviderUnavailable
from state.weather import Forecast, ForecastHour

PROVIDER = "open-meteo"
ATTRIBUTION = "Weather data by Open-Meteo.com (https://open-meteo.com), CC BY 4.0"
NON_COMMERCIAL = "from the free service, which is for non-commercial use"

FORECAST_DAYS = 7
DECIMALS = 4
"""Of the coordinates sent: 11 m, far finer than any weather model and than a provider needs to know."""

_HOUR = timedelta(hours=1)
_STAMP = "%Y-%m-%dT%H:%M"
_STREAM_BROKE = b"Unexpected error while streaming data"
_BUDGET_SPENT = "limit exceeded"
_LONGEST_REASON = 200

Value = float | None


def _of_the_hour(_start: Value, end: Value) -> Value:
    """A mean, sum or maximum over the hour before its stamp: the stamp at the end has the hour."""
    return end


def _at_the_middle(start: Value, end: Value) -> Value:
    """An instantaneous value at half past, between the stamps at both ends; unknown if one of them is."""
    return None if start is None or end is None else (start + end) / 2


_GRAVEST_LAST = (
    frozenset({71, 73, 75, 77, 85, 86}),  # snow
    frozenset({56, 57, 66, 67}),  # freezing drizzle and rain
    frozenset({95, 96, 99}),  # thunderstorm
)


def _graver(start: Value, end: Value) -> Value:
    """The WMO code that endangers work more: codes have no middle. Unknown if one of them is."""
    return None if start is None or end is None else max(start, end, key=_gravity)


def _gravity(code: float) -> tuple[int, float]:
    family = next((rank for rank, codes in enumerate(_GRAVEST_LAST, start=1) if code in codes), 0)
    return family, code


@dataclass(frozen=True, slots=True)
class Variable:
    """What an Open-Meteo variable is here: the field of `ForecastHour`, its unit, and what it holds over an hour."""

    field: str
    unit: str
    over_hour: Callable[[Value, Value], Value]


VARIABLES: Mapping[str, Variable] = {
    "temperature_2m": Variable("temp_air_c", "°C", _at_the_middle),
    "relative_humidity_2m": Variable("relative_humidity_pct", "%", _at_the_middle),
    "precipitation": Variable("precipitation_mm", "mm", _of_the_hour),
    "weather_code": Variable("weather_code", "wmo code", _graver),
    "wind_speed_10m": Variable("wind_speed_m_s", "m/s", _at_the_middle),
    "wind_gusts_10m": Variable("wind_gust_m_s", "m/s", _of_the_hour),
    "shortwave_radiation": Variable("ghi_w_m2", "W/m²", _of_the_hour),
    "direct_normal_irradiance": Variable("dni_w_m2", "W/m²", _of_the_hour),
    "diffuse_radiation": Variable("dhi_w_m2", "W/m²", _of_the_hour),
    "cape": Variable("cape_j_kg", "J/kg", _at_the_middle),
}


class OpenMeteoClient:
    """A `ForecastProvider` over one Open-Meteo host; a hiccup is tried again here and nowhere else."""

    def __init__(
        self, base_url: str, api_key: SecretStr | None, http: httpx.AsyncClient, clock: Clock | None = None
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/v1/forecast"
        self._api_key = api_key
        self._http = http
        self._clock = clock or SystemClock()
        withhold_queries_from_logs()

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        """Ask for the hours from midnight UTC on, seven days of them.

        Raises
        ------
        ProviderUnavailable
            If no answer came or the answer is not what was asked for; the reason names neither place nor key.
        """
        params = {
            "latitude": f"{latitude:.{DECIMALS}f}",
            "longitude": f"{longitude:.{DECIMALS}f}",
            "hourly": ",".join(VARIABLES),
            "wind_speed_unit": "ms",
            "forecast_days": str(FORECAST_DAYS),
            "timezone": "UTC",
        }
        if self._api_key is not None:
            params["apikey"] = self._api_key.get_secret_value()
        answer = await ask(self._http, PROVIDER, self._url, params, self._read)
        return read_forecast(answer, issued_at=self._clock.now(), attribution=self._attribution())

    def _read(self, response: httpx.Response) -> object:
        """The JSON document of an answer, or the error that it amounts to."""
        body = response.content
        if _STREAM_BROKE in body:
            raise Hiccup(PROVIDER, "the answer broke off while it was streamed")
        if not response.is_success:
            reason = f"HTTP {response.status_code}{self._stated_reason(body)}"
            passing = response.status_code >= 500 or response.status_code == 429
            # A spent budget stays spent for a minute at least, and every further error is charged to it.
            if passing and _BUDGET_SPENT not in reason:
                raise Hiccup(PROVIDER, reason)
            _unusable(reason)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            _unusable(f"answered {kind or 'without a content type'} instead of JSON")
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            _unusable("answered broken JSON")

    def _stated_reason(self, body: bytes) -> str:
        """The provider's own `reason`, without what it repeats of the request."""
        try:
            reason = orjson.loads(body)["reason"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return ""
        said = " ".join(str(reason).split())
        if self._api_key is not None and (key := self._api_key.get_secret_value()):
            said = said.replace(key, "…")
        return ": " + re.sub(r"[-+]?\d+\.\d+", "…", said)[:_LONGEST_REASON]

    def _attribution(self) -> str:
        host = httpx.URL(self._url).host
        if host != "open-meteo.com" and not host.endswith(".open-meteo.com"):
            return "Weather data over the Open-Meteo protocol, from the host that OPEN_METEO_URL names"
        return ATTRIBUTION if self._api_key is not None else f"{ATTRIBUTION}; {NON_COMMERCIAL}"


def read_forecast(answer: object, *, issued_at: datetime, attribution: str) -> Forecast:
    """Read the answer for one place.

    Open-Meteo stamps a value with an instant t. Radiation (mean), precipitation (sum) and gusts (maximum) cover the
    hour before it, [t − 1 h, t); temperature, humidity, wind, weather code and CAPE hold at t itself. So n stamps
    make n − 1 hours: the hour that starts at one stamp takes its means, sums and maxima from the next one, the
    mean of both for what is instantaneous, and the graver of both weather codes. A null stays unknown.

    Parameters
    ----------
    answer : object
        The decoded JSON document.
    issued_at : datetime
        When it came; an answer whose hours have all passed by then is stale.
    attribution : str
        Whom the data are to be credited to.

    Raises
    ------
    ProviderUnavailable
        If units, offset, stamps or lengths are not as asked for: nothing is converted or guessed.
    """
    document = _object(answer, "the answer")
    if document.get("error"):
        _unusable("answered an error with the status of a success")
    if document.get("utc_offset_seconds") != 0:
        _unusable("the times are not stated to be UTC")
    _check_units(_object(document.get("hourly_units"), "hourly_units"))
    hourly = _object(document.get("hourly"), "hourly")
    stamps = _stamps(hourly.get("time"))
    if stamps[-1] <= issued_at:
        _unusable(f"stale: the last hour ended {stamps[-1]:%Y-%m-%d %H:%M} UTC")
    columns = {name: _column(hourly.get(name), name, len(stamps)) for name in VARIABLES}
    try:
        return Forecast(
            source=PROVIDER,
            issued_at=issued_at,
            hourly=[
                ForecastHour.model_validate({"start": start, **_hour(columns, index)})
                for index, start in enumerate(stamps[:-1])
            ],
            attribution=attribution,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        _unusable(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")


def _hour(columns: Mapping[str, Sequence[Value]], index: int) -> dict[str, Value]:
    return {
        variable.field: variable.over_hour(columns[name][index], columns[name][index + 1])
        for name, variable in VARIABLES.items()
    }


def _check_units(units: Mapping[str, Any]) -> None:
    expected = {"time": "iso8601"} | {name: variable.unit for name, variable in VARIABLES.items()}
    for name, unit in expected.items():
        if units.get(name) != unit:
            _unusable(f"{name} is in {units.get(name, 'no stated unit')!s:.20} instead of {unit}")


def _stamps(times: object) -> list[datetime]:
    """The instants of the answer: whole, consecutive hours."""
    if not isinstance(times, list) or len(times) < 2:
        _unusable("hourly.time holds fewer than two instants")
    try:
        stamps = [datetime.strptime(time, _STAMP).replace(tzinfo=UTC) for time in times]
    except (TypeError, ValueError):
        _unusable("hourly.time holds something other than instants")
    if any(later - earlier != _HOUR for earlier, later in pairwise(stamps)):
        _unusable("hourly.time is not a row of consecutive hours")
    return stamps


def _column(values: object, name: str, length: int) -> list[Value]:
    if not isinstance(values, list):
        _unusable(f"hourly.{name} is missing")
    if len(values) != length:
        _unusable(f"hourly.{name} has {len(values)} values for {length} instants")
    if any(value is not None and type(value) not in (int, float) for value in values):
        _unusable(f"hourly.{name} holds something other than numbers")
    return values


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        _unusable(f"{name} is not a JSON object")
    return value


def _unusable(reason: str) -> NoReturn:
    raise ProviderUnavailable(PROVIDER, reason)
