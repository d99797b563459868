"""OpenWeatherMap's 5-day forecast in steps of three hours, the one that an ordinary key may ask for.

What a stamp means, from openweathermap.org/forecast5: rain and snow are sums of the three hours before it, the rest
holds at the instant. One Call 3.0 needs a subscription of its own and is not asked.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import numpy as np
from pydantic import SecretStr

from core.clients.gate import Gate
from core.clients.hours import worst_code
from core.clients.http import Patience, Question, get_json, withhold_queries_from_logs
from core.clients.place import contradicts_the_sun, instants, is_elsewhere
from core.clients.reading import mapping, number, numbers, optional
from core.clients.steps import Steps, hours_of_steps, stretch_codes
from core.clock import Clock, SystemClock
from core.errors import ProviderUnavailable
from core.pv.weather_year import FloatArray
from state.weather import Forecast

PROVIDER = "openweathermap"
ATTRIBUTION = "Weather data provided by OpenWeather, openweathermap.org, CC BY-SA 4.0."
STEP = timedelta(hours=3)
KELVIN = 273.15
LOWEST_KELVIN = 180.0
"""Colder than it was ever measured; any temperature in °C or °F lies below. [K]"""

LATEST_START = timedelta(hours=6)
"""The first step is the next full three hours."""

WMO_CODES = {
    # openweathermap.org/weather-conditions → WMO code table 4677; a family's worst where they differ by words only
    300: 51, 301: 53, 302: 55, 310: 51, 311: 53, 312: 55, 313: 80, 314: 81, 321: 80,
    500: 61, 501: 63, 502: 65, 503: 65, 504: 65, 511: 66, 520: 80, 521: 81, 522: 82, 531: 82,
    600: 71, 601: 73, 602: 75, 611: 68, 612: 83, 613: 84, 615: 68, 616: 69, 620: 85, 621: 86, 622: 86,
    701: 10, 711: 4, 721: 5, 731: 8, 741: 45, 751: 7, 761: 6, 762: 6, 771: 18, 781: 19,
    800: 0, 801: 1, 802: 2, 803: 3, 804: 3,
}  # fmt: skip
THUNDER = 95
"""All of 2xx."""


class OpenWeatherMapClient:
    """`core.ports.ForecastProvider`."""

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr,
        http_client: httpx.AsyncClient,
        *,
        clock: Clock | None = None,
        patience: Patience | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/data/2.5/forecast"
        self._api_key = api_key
        self._http = http_client
        self._clock = clock or SystemClock()
        self._patience = patience or Patience()
        self._gate = gate or Gate(PROVIDER, clock=self._clock)
        withhold_queries_from_logs()

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        """Five days from the next step on; raises `ProviderUnavailable` naming the reason where none can be had."""
        params = {
            "lat": f"{latitude:.3f}",
            "lon": f"{longitude:.3f}",
            # Kelvin and m/s: an answer in °C or °F with mph betrays itself by its temperatures.
            "units": "standard",
            "appid": self._api_key.get_secret_value(),
        }
        answer = await get_json(self._http, self._gate, Question(self._url, params), patience=self._patience)
        now = self._clock.now()
        return await asyncio.to_thread(read_forecast, answer.document, latitude, longitude, now)


def read_forecast(document: object, latitude: float, longitude: float, now: datetime) -> Forecast:
    """Check an answer and turn it into hours; raises `ProviderUnavailable`."""
    answer = mapping(PROVIDER, document)
    # An int or a string, and an error may come with the status of a success.
    if str(answer.get("cod", "200")) != "200":
        raise ProviderUnavailable(PROVIDER, f"answered code {answer['cod']} with the status of a success")
    _check_place(answer, latitude, longitude)
    rows = answer.get("list")
    if not isinstance(rows, list) or len(rows) < 2:
        raise ProviderUnavailable(PROVIDER, "answered no steps")
    times = _times(rows, now)
    by_day = np.array([optional(row, "sys", "pod") != "n" for row in rows])
    if contradicts_the_sun(instants(times) - np.timedelta64(30, "m"), by_day, latitude, longitude):
        raise ProviderUnavailable(PROVIDER, "day and night do not fit the sun: the hours are shifted")
    kelvin = np.array([number(PROVIDER, "temperature", optional(row, "main", "temp")) for row in rows])
    if (kelvin < LOWEST_KELVIN).any():
        raise ProviderUnavailable(PROVIDER, "temperatures are not in kelvin: other units than were asked for")

    def column(name: str, *path: str) -> FloatArray:
        return numbers(PROVIDER, name, [optional(row, *path) for row in rows])

    steps = Steps(
        times=times,
        temp_air=numbers(PROVIDER, "temp_air", [None if t != t else t - KELVIN for t in kelvin.tolist()]),  # noqa: PLR0124
        relative_humidity=column("relative_humidity", "main", "humidity"),
        wind_speed=column("wind_speed", "wind", "speed"),
        wind_gust=column("wind_gust", "wind", "gust"),
        cloud=column("cloud", "clouds", "all"),
        precipitation=numbers(PROVIDER, "precipitation", [_fallen(row) for row in rows])[1:],
        weather_code=stretch_codes(np.array([_code(row) for row in rows], dtype=np.float64)),
    )
    return Forecast(
        source=PROVIDER,
        issued_at=now,
        hourly=hours_of_steps(PROVIDER, steps, latitude, longitude),
        quality="estimated",
        attribution=ATTRIBUTION,
    )


def _check_place(answer: Mapping[str, object], latitude: float, longitude: float) -> None:
    north, east = optional(answer, "city", "coord", "lat"), optional(answer, "city", "coord", "lon")
    if not isinstance(north, int | float) or not isinstance(east, int | float):
        raise ProviderUnavailable(PROVIDER, "answered without saying for which place")
    if is_elsewhere(latitude, longitude, north, east):
        raise ProviderUnavailable(PROVIDER, "answered for another place")


def _times(rows: Sequence[object], now: datetime) -> list[datetime]:
    stamps = [optional(row, "dt") for row in rows]
    if not all(isinstance(stamp, int) and not isinstance(stamp, bool) for stamp in stamps):
        raise ProviderUnavailable(PROVIDER, "answered times that are none")
    try:
        times = [datetime.fromtimestamp(int(str(stamp)), UTC) for stamp in stamps]
    except (OverflowError, ValueError, OSError):
        raise ProviderUnavailable(PROVIDER, "answered times that are none") from None
    if any(later - earlier != STEP for earlier, later in pairwise(times)):
        raise ProviderUnavailable(PROVIDER, "left out steps")
    if times[0].minute or times[0].second:
        raise ProviderUnavailable(PROVIDER, "its steps are not on whole hours")
    if times[0] < now - STEP:
        raise ProviderUnavailable(PROVIDER, f"stale: the forecast begins at {times[0]:%Y-%m-%d %H:%M} UTC")
    if times[0] > now + LATEST_START:
        raise ProviderUnavailable(PROVIDER, f"the forecast begins only at {times[0]:%Y-%m-%d %H:%M} UTC")
    return times


def _fallen(row: object) -> float | None:
    """Rain and snow of the three hours before the stamp; the parts are left out where nothing falls [mm]."""
    if not isinstance(row, Mapping):
        return None
    parts = [
        number(PROVIDER, "precipitation", optional(row, kind, "3h"))
        for kind in ("rain", "snow")
        if kind in row
    ]
    total = sum(parts)
    return None if total != total else total  # noqa: PLR0124  NaN


def _code(row: object) -> float:
    conditions = optional(row, "weather")
    codes = [optional(each, "id") for each in conditions] if isinstance(conditions, list) else []
    known = [
        THUNDER if 200 <= code < 300 else WMO_CODES[code]
        for code in codes
        if isinstance(code, int) and (200 <= code < 300 or code in WMO_CODES)
    ]
    return float(worst_code(known)) if known and len(known) == len(codes) else float("nan")
