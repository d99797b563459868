"""met.no's global forecast: hourly for two to three days, then in steps of six hours.

Its terms (api.met.no/doc/TermsOfService) ask for an identifying User-Agent, at most four decimals, no request before
`Expires` has passed, and then a conditional one.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise

import httpx
import numpy as np
import structlog

from core.clients.gate import Gate
from core.clients.http import Answer, Patience, Question, get_json, withhold_queries_from_logs
from core.clients.place import check_place, contradicts_the_sun, instants
from core.clients.reading import mapping, numbers, optional
from core.clients.steps import Steps, hours_of_steps
from core.clock import Clock, SystemClock
from core.errors import ProviderUnavailable
from core.pv.weather_year import FloatArray
from state.weather import Forecast

PROVIDER = "met_no"
ATTRIBUTION = "Data from MET Norway, CC BY 4.0."
KEPT = 512
"""Forecasts kept for conditional requests, each about 80 kB."""

OLDEST = timedelta(hours=24)
"""The global model runs four times a day; older is yesterday's forecast."""

HORIZON = timedelta(days=8)
DEPRECATED = 203

UNITS = {
    # by our name: theirs, and factors from the units they may state to ours
    "temp_air": ("air_temperature", {"celsius": 1.0}),
    "relative_humidity": ("relative_humidity", {"%": 1.0}),
    "wind_speed": ("wind_speed", {"m/s": 1.0, "mph": 0.44704, "kn": 1852 / 3600}),
    "wind_gust": ("wind_speed_of_gust", {"m/s": 1.0, "mph": 0.44704, "kn": 1852 / 3600}),
    "cloud": ("cloud_area_fraction", {"%": 1.0}),
    "precipitation": ("precipitation_amount", {"mm": 1.0}),
}

SYMBOLS = {
    # api.met.no/weatherapi/weathericon/2.0 legends → WMO code table 4677
    "clearsky": 0, "fair": 1, "partlycloudy": 2, "cloudy": 3, "fog": 45,
    "lightrain": 61, "rain": 63, "heavyrain": 65,
    "lightrainshowers": 80, "rainshowers": 81, "heavyrainshowers": 82,
    "lightsleet": 68, "sleet": 69, "heavysleet": 69,
    "lightsleetshowers": 83, "sleetshowers": 84, "heavysleetshowers": 84,
    "lightsnow": 71, "snow": 73, "heavysnow": 75,
    "lightsnowshowers": 85, "snowshowers": 86, "heavysnowshowers": 86,
}  # fmt: skip
THUNDER = 95


@dataclass(frozen=True, slots=True)
class _Kept:
    forecast: Forecast
    expires: datetime
    last_modified: str | None


class MetNoClient:
    """`core.ports.ForecastProvider`. Remembers its answers for as long as met.no wants them remembered."""

    def __init__(
        self,
        base_url: str,
        user_agent: str,
        http_client: httpx.AsyncClient,
        *,
        clock: Clock | None = None,
        patience: Patience | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/weatherapi/locationforecast/2.0/complete"
        self._user_agent = user_agent
        self._http = http_client
        self._clock = clock or SystemClock()
        self._patience = patience or Patience()
        self._gate = gate or Gate(PROVIDER, clock=self._clock)
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        withhold_queries_from_logs()

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        """About nine days from now; raises `ProviderUnavailable` naming the reason where none can be had."""
        key = (f"{latitude:.4f}", f"{longitude:.4f}")
        kept = self._kept.get(key)
        if kept is not None and self._clock.now() - kept.forecast.issued_at > OLDEST:
            del self._kept[key]
            kept = None  # asked without a condition it has to send what it has, which is then judged
        if kept is not None and self._clock.now() < kept.expires:
            return kept.forecast
        answer = await self._ask(key, kept)
        if answer.document is None:
            if kept is None:
                raise ProviderUnavailable(PROVIDER, "answered that nothing changed since nothing was asked")
            self._keep(key, replace(kept, expires=self._expires(answer)))
            return kept.forecast
        if answer.status == DEPRECATED:
            structlog.get_logger(__name__).warning(
                "core.clients.met_no.deprecated", path=httpx.URL(self._url).path
            )
        forecast = await asyncio.to_thread(
            read_forecast, answer.document, latitude, longitude, self._clock.now()
        )
        if answer.status == DEPRECATED:
            forecast = forecast.model_copy(
                update={
                    "warnings": [f"{PROVIDER}: says that this version of its service will end (HTTP 203)"]
                }
            )
        self._keep(key, _Kept(forecast, self._expires(answer), answer.headers.get("last-modified")))
        return forecast

    async def _ask(self, key: tuple[str, str], kept: _Kept | None) -> Answer:
        headers = {"user-agent": self._user_agent}
        if kept is not None and kept.last_modified is not None:
            headers["if-modified-since"] = kept.last_modified
        question = Question(self._url, {"lat": key[0], "lon": key[1]}, headers)
        return await get_json(self._http, self._gate, question, patience=self._patience)

    def _expires(self, answer: Answer) -> datetime:
        try:
            stated = parsedate_to_datetime(answer.headers["expires"])
        except (KeyError, ValueError):
            return self._clock.now()
        return min(stated.astimezone(UTC), self._clock.now() + OLDEST)

    def _keep(self, key: tuple[str, str], kept: _Kept) -> None:
        self._kept[key] = kept
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def read_forecast(document: object, latitude: float, longitude: float, now: datetime) -> Forecast:
    """Check an answer and turn it into hours; raises `ProviderUnavailable`."""
    check_place(PROVIDER, document, latitude, longitude)
    properties = mapping(PROVIDER, document, "properties")
    updated = _instant(optional(properties, "meta", "updated_at"))
    if now - updated > OLDEST:
        raise ProviderUnavailable(PROVIDER, f"stale: made at {updated:%Y-%m-%d %H:%M} UTC")
    rows = properties.get("timeseries")
    if not isinstance(rows, list) or len(rows) < 2:
        raise ProviderUnavailable(PROVIDER, "answered no hours")
    times = _times(rows, now)
    rows, times = rows[: len(times)], list(times)
    factors = _factors(mapping(PROVIDER, properties, "meta", "units"))

    def column(name: str) -> FloatArray:
        theirs = UNITS[name][0]
        values = [optional(row, "data", "instant", "details", theirs) for row in rows]
        return numbers(PROVIDER, name, values) * factors.get(name, 1.0)

    lengths = [(later - earlier) // timedelta(hours=1) for earlier, later in pairwise(times)]
    spans = [f"next_{length}_hours" for length in lengths]
    symbols = [
        str(optional(row, "data", span, "summary", "symbol_code"))
        for row, span in zip(rows, spans, strict=False)
    ]
    _check_symbols(times, lengths, symbols, latitude, longitude)
    fallen = [
        optional(row, "data", span, "details", UNITS["precipitation"][0])
        for row, span in zip(rows, spans, strict=False)
    ]
    steps = Steps(
        times=times,
        temp_air=column("temp_air"),
        relative_humidity=column("relative_humidity"),
        wind_speed=column("wind_speed"),
        wind_gust=column("wind_gust"),
        cloud=column("cloud"),
        precipitation=numbers(PROVIDER, "precipitation", fallen),
        weather_code=np.array([_code(symbol) for symbol in symbols]),
    )
    return Forecast(
        source=PROVIDER,
        issued_at=updated,
        hourly=hours_of_steps(PROVIDER, steps, latitude, longitude),
        quality="estimated",
        attribution=ATTRIBUTION,
    )


def _instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise ProviderUnavailable(PROVIDER, "answered times that are none") from None
    if instant.utcoffset() != timedelta(0):
        raise ProviderUnavailable(PROVIDER, "answered in another time than UTC")
    return instant


def _times(rows: Sequence[object], now: datetime) -> list[datetime]:
    times = [_instant(optional(row, "time")) for row in rows]
    if any(time.minute or time.second for time in times):
        raise ProviderUnavailable(PROVIDER, "its steps are not on whole hours")
    if times[0] < now - timedelta(hours=6):
        raise ProviderUnavailable(PROVIDER, f"stale: the forecast begins at {times[0]:%Y-%m-%d %H:%M} UTC")
    if times[0] > now + timedelta(hours=2):
        raise ProviderUnavailable(PROVIDER, f"the forecast begins only at {times[0]:%Y-%m-%d %H:%M} UTC")
    gaps = [(later - earlier) / timedelta(hours=1) for earlier, later in pairwise(times)]
    if any(gap not in (1.0, 6.0) for gap in gaps):
        raise ProviderUnavailable(PROVIDER, "left out hours")
    return [time for time in times if time <= now + HORIZON]


def _factors(stated: Mapping[str, object]) -> dict[str, float]:
    factors = {}
    for name, (theirs, known) in UNITS.items():
        unit = stated.get(theirs)
        if unit is None and name == "wind_gust":
            continue  # gusts are forecast for northern Europe only
        if unit not in known:
            raise ProviderUnavailable(
                PROVIDER, f"{theirs} came in {unit!r}, which is not a unit we know for it"
            )
        factors[name] = known[str(unit)]
    return factors


def _check_symbols(
    times: Sequence[datetime],
    lengths: Sequence[int],
    symbols: Sequence[str],
    latitude: float,
    longitude: float,
) -> None:
    """Symbols say whether it is day or night, in the polar twilight something else."""
    marked = [
        index
        for index, symbol in enumerate(symbols)
        if lengths[index] == 1 and symbol.endswith(("_day", "_night"))
    ]
    by_day = np.array([symbols[index].endswith("_day") for index in marked], dtype=bool)
    at = instants([times[index] for index in marked])
    if marked and contradicts_the_sun(at, by_day, latitude, longitude):
        raise ProviderUnavailable(PROVIDER, "day and night do not fit the sun: the hours are shifted")


def _code(symbol: str) -> float:
    name = symbol.partition("_")[0]
    if name.endswith("andthunder"):
        return float(THUNDER)
    return float(SYMBOLS.get(name, np.nan))
