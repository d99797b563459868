"""Open-Meteo's hourly forecast.

What a value's stamp means, from open-meteo.com/en/docs: radiation is the mean, precipitation the sum of the
preceding hour, gusts are its maximum; temperature, humidity, wind, code and CAPE hold at that instant.
`ForecastHour` covers the hour from its start: of the former the end counts, of the latter the middle.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from types import NoneType
from typing import NamedTuple

import httpx
import numpy as np
from pydantic import SecretStr

from core.clients.gate import Gate, NotCovered
from core.clients.hours import to_hours, worse_code
from core.clients.http import Document, Patience, Question, get_json, withhold_queries_from_logs
from core.clients.place import Instants, instants, is_elsewhere, parts_contradict
from core.clock import Clock, SystemClock
from core.errors import ProviderUnavailable
from core.pv.solar_position import solar_position
from core.pv.weather_year import FloatArray
from state.weather import Forecast, ForecastHour

PROVIDER = "open_meteo"
FREE_URL = "https://api.open-meteo.com"
CUSTOMER_URL = "https://customer-api.open-meteo.com"
"""Where requests with a key go; the free host ignores keys and limits by address."""

ATTRIBUTION = "Weather data by Open-Meteo.com, CC BY 4.0."
NON_COMMERCIAL = " Its free service is for non-commercial use only."
STAND_IN = "Weather in the form of Open-Meteo, from the host that OPEN_METEO_URL names."
"""Credit for any other host: a simulator's inventions are not Open-Meteo's."""

PAST_DAYS = 1
"""Before 00:00 UTC today, which is morning in Sydney: what rained in the last hours counts there too."""

FORECAST_DAYS = 9
"""From 00:00 UTC today: the week to come is whole at any hour, of a forecast that is up to a day old too."""

BEHIND, AHEAD = timedelta(days=1), timedelta(days=8)
"""What of an answer is of use, seen from the hour in which it came."""

BATCH = 100
"""Locations in one request; the service takes 1000, but a failed request loses them all."""

HOUR = timedelta(hours=1)
_SLOW_CLOCK = timedelta(minutes=10)
"""By which the provider may still think that it is yesterday."""

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
"""Ten variables weigh exactly one call of the daily allowance, for as many as fourteen days."""

LIGHT = ("shortwave_radiation", "direct_normal_irradiance", "diffuse_radiation")
"""Global, beam and diffuse."""

Place = tuple[float, float]
"""Degrees north and east."""

_NUMBERS = frozenset({int, float, NoneType})
_HALF_HOUR = np.timedelta64(1_800_000_000, "us")


def call_weight(variables: int, days: float, locations: int = 1) -> float:
    """What a request costs of the allowance: ten variables and fourteen days at one place are one call.

    From open-meteo.com/en/pricing: more variables or more days count as more calls, and every place for itself.
    """
    return max(1.0, variables / 10.0, variables / 10.0 * days / 14.0) * locations


class OpenMeteoClient:
    """`core.ports.ForecastBatches`. With a key the customers' host is asked, unless another one is named."""

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr | None,
        http_client: httpx.AsyncClient,
        *,
        clock: Clock | None = None,
        patience: Patience | None = None,
        gate: Gate | None = None,
    ) -> None:
        base = base_url.rstrip("/")
        self._url = f"{CUSTOMER_URL if api_key and base == FREE_URL else base}/v1/forecast"
        self._api_key = api_key
        self._http = http_client
        self._clock = clock or SystemClock()
        self._patience = patience or Patience()
        self._gate = gate or Gate(PROVIDER, concurrency=1, clock=self._clock)
        withhold_queries_from_logs()

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        """Eight days from now and more; raises `ProviderUnavailable` naming the reason where none can be had."""
        document = await self._ask([(latitude, longitude)])
        if not isinstance(document, dict):
            raise ProviderUnavailable(PROVIDER, "answered a list to a question about one place")
        return self._read(document, (latitude, longitude), self._clock.now())

    async def forecasts(self, places: Sequence[Place]) -> list[Forecast | ProviderUnavailable]:
        """For each place its forecast, or why there is none; one request for up to a hundred of them."""
        found: list[Forecast | ProviderUnavailable] = []
        for first in range(0, len(places), BATCH):
            found += await self._batch(places[first : first + BATCH])
        return found

    async def _batch(self, places: Sequence[Place]) -> list[Forecast | ProviderUnavailable]:
        """Of a batch that is refused, one bad place is found by halving."""
        try:
            document = await self._ask(places)
        except NotCovered as refusal:
            if len(places) == 1:
                return [refusal]
            half = len(places) // 2
            return [*await self._batch(places[:half]), *await self._batch(places[half:])]
        except ProviderUnavailable as failure:
            return [failure] * len(places)
        return await asyncio.to_thread(self._read_batch, document, places, self._clock.now())

    async def _ask(self, places: Sequence[Place]) -> Document:
        params = {
            # About a hundred metres: finer than any model, and no more than they need to know.
            "latitude": ",".join(f"{latitude:.3f}" for latitude, _ in places),
            "longitude": ",".join(f"{longitude:.3f}" for _, longitude in places),
            "hourly": ",".join(VARIABLES),
            "wind_speed_unit": "ms",
            "timezone": "UTC",
            "past_days": str(PAST_DAYS),
            "forecast_days": str(FORECAST_DAYS),
        }
        if self._api_key is not None:
            params["apikey"] = self._api_key.get_secret_value()
        question = Question(
            self._url, params, weight=call_weight(len(VARIABLES), PAST_DAYS + FORECAST_DAYS, len(places))
        )
        answer = await get_json(self._http, self._gate, question, passing=may_pass, patience=self._patience)
        if answer.document is None:
            raise ProviderUnavailable(PROVIDER, "answered nothing")
        return answer.document

    def _read(self, document: Mapping[str, object], place: Place, now: datetime) -> Forecast:
        return Forecast(
            source=PROVIDER,
            issued_at=now,
            hourly=read_hours(document, *place, now),
            attribution=self._attribution(),
        )

    def _read_batch(
        self, document: Document, places: Sequence[Place], now: datetime
    ) -> list[Forecast | ProviderUnavailable]:
        """One answer per place, in the order of the question; the first has no `location_id`."""
        documents = document if isinstance(document, list) else [document]
        if len(documents) != len(places):
            fault = ProviderUnavailable(
                PROVIDER, f"answered {len(documents)} places to a question about {len(places)}"
            )
            return [fault] * len(places)
        found: list[Forecast | ProviderUnavailable] = []
        for number, (each, place) in enumerate(zip(documents, places, strict=True)):
            if not isinstance(each, dict) or each.get("location_id", number) != number:
                found.append(ProviderUnavailable(PROVIDER, "answered places in another order"))
                continue
            try:
                found.append(self._read(each, place, now))
            except ProviderUnavailable as fault:
                found.append(fault)
        return found

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
    stamps = instants(times)
    _check_daylight(stamps, series["shortwave_radiation"], latitude, longitude)
    ghi, dni, dhi = (series[name] for name in LIGHT)
    if parts_contradict(stamps - _HALF_HOUR, ghi, dni, dhi, latitude, longitude):
        raise ProviderUnavailable(
            PROVIDER, "beam and diffuse light do not add up under the sun: hours or units are shifted"
        )
    starts = times[:-1]
    useful = slice(bisect_left(starts, now - BEHIND), bisect_left(starts, now + AHEAD))
    columns = {variable.field: _of_hours(name, series[name])[useful] for name, variable in VARIABLES.items()}
    return to_hours(PROVIDER, starts[useful], columns)


def may_pass(status: int, reason: str) -> bool:
    """Limits by minute, hour and day do not pass within seconds; concurrency and overload do."""
    return status >= 500 or (status == 429 and "concurrent" in reason.lower())


def _check_place(document: Mapping[str, object], latitude: float, longitude: float) -> None:
    north, east = document.get("latitude"), document.get("longitude")
    if not isinstance(north, int | float) or not isinstance(east, int | float):
        raise ProviderUnavailable(PROVIDER, "answered without saying for which place")
    if is_elsewhere(latitude, longitude, north, east):
        raise ProviderUnavailable(PROVIDER, "answered for another place")


def _times(document: Mapping[str, object], hourly: Mapping[str, object], now: datetime) -> list[datetime]:
    if document.get("utc_offset_seconds", 0) != 0:
        raise ProviderUnavailable(PROVIDER, f"answered in the time of {document.get('timezone')}, not UTC")
    stamps = hourly.get("time")
    if not isinstance(stamps, list) or len(stamps) < 2:
        raise ProviderUnavailable(PROVIDER, "answered no hours")
    times = _read_times(tuple(map(str, stamps)))
    if _is_stale(times, now):
        raise ProviderUnavailable(PROVIDER, f"stale: the forecast begins at {times[0]:%Y-%m-%d %H:%M} UTC")
    if times[0] > now:
        raise ProviderUnavailable(PROVIDER, f"the forecast begins only at {times[0]:%Y-%m-%d %H:%M} UTC")
    return times


def _is_stale(times: Sequence[datetime], now: datetime) -> bool:
    """Whether it was another day when this was made; a service may leave out the day that has passed."""
    today = (now - _SLOW_CLOCK).replace(hour=0, minute=0, second=0, microsecond=0)
    if times[0] >= today:
        return times[-1] < now
    return times[0] < today - timedelta(PAST_DAYS) or times[-1] < today + timedelta(FORECAST_DAYS) - HOUR


@lru_cache(maxsize=4)
def _read_times(stamps: tuple[str, ...]) -> list[datetime]:
    """All places of a batch have the same."""
    try:
        times = [datetime.fromisoformat(stamp).replace(tzinfo=UTC) for stamp in stamps]
    except ValueError:
        raise ProviderUnavailable(PROVIDER, "answered times that are none") from None
    if any(later - earlier != HOUR for earlier, later in pairwise(times)):
        raise ProviderUnavailable(PROVIDER, "left out hours")
    return times


def _series(name: str, hourly: Mapping[str, object], units: Mapping[str, object], hours: int) -> FloatArray:
    """One variable in our unit; what the provider does not know is not a number."""
    values, unit = hourly.get(name), units.get(name)
    if not isinstance(values, list) or len(values) != hours:
        raise ProviderUnavailable(PROVIDER, f"{name} does not cover the {hours} hours of the answer")
    if not _NUMBERS.issuperset(map(type, values)):
        raise ProviderUnavailable(PROVIDER, f"{name} holds values that are no numbers")
    if unit not in VARIABLES[name].units:
        raise ProviderUnavailable(PROVIDER, f"{name} came in {unit!r}, which is not a unit we know for it")
    factor, offset = VARIABLES[name].units[str(unit)]
    return np.array(values, dtype=np.float64) * factor + offset


def _check_daylight(stamps: Instants, ghi: FloatArray, latitude: float, longitude: float) -> None:
    """Refuse radiation in the dark: then the hours are shifted, whatever the time zone says."""
    known = np.nan_to_num(ghi)
    # A value belongs to the hour before its stamp: dark only where the sun is down at both ends.
    elevation = 90.0 - solar_position(stamps, latitude, longitude).zenith
    dark = np.maximum(elevation, np.roll(elevation, 1)) < -6.0
    if known[dark].sum() > _LIGHT_AT_NIGHT * known.sum():
        raise ProviderUnavailable(PROVIDER, "radiation at night: the hours of the answer are shifted")


def _of_hours(name: str, series: FloatArray) -> FloatArray:
    """The values of the hours that begin at each stamp but the last."""
    here, end = series[:-1], series[1:]
    if VARIABLES[name].over_hour:
        return end
    if name == "weather_code":
        return worse_code(here, end)
    return np.round((here + end) / 2.0, 3)
