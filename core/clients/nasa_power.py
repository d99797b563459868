"""NASA POWER: monthly climate from satellites, and daily extremes of temperature from the MERRA-2 reanalysis.

Cells are 1° for light and 0.5° by 0.625° for air. At most twenty parameters a request; −999 stands for unknown.
"""

import asyncio
import calendar
from collections.abc import Mapping
from datetime import date

import httpx
import numpy as np

from core.clients.extremes import YEARS, yearly_extremes
from core.clients.gate import Gate
from core.clients.http import Patience, Question, get_json, withhold_queries_from_logs
from core.clients.place import check_place
from core.clients.reading import mapping, number, optional
from core.climate.interpolation import MonthlyClimate, climate_at
from core.climate.screening import modelled_year
from core.clock import Clock, SystemClock
from core.errors import ProviderUnavailable
from core.ports import ProvidedYear
from core.pv.weather_year import FloatArray
from state.weather import DesignTemperatures

PROVIDER = "nasa_power"
ATTRIBUTION = (
    "These data were obtained from the NASA Langley Research Center POWER Project funded through the NASA Earth "
    "Science Directorate Applied Science Program."
)
PATIENCE = Patience(attempts=2, attempt_seconds=20.0)
"""Twenty years of days take it some seconds."""

FILL = -999.0
MONTHS = [name.upper() for name in calendar.month_abbr[1:]]
GHI, MEAN, HIGH, LOW, WIND = "ALLSKY_SFC_SW_DWN", "T2M", "T2M_MAX", "T2M_MIN", "WS10M"

UNCERTAINTY_PERCENT = 18.0
"""Of the annual sum. [%]

An assumption: twice what is taken for an hourly satellite year, because its cells are 110 km wide. No validation of
this product was read.
"""

GHI_UNITS = {"kW-hr/m^2/day": 1000.0, "kWh/m^2/day": 1000.0, "kW-hr/m2/day": 1000.0, "Wh/m^2/day": 1.0,
             "MJ/m^2/day": 1e6 / 3600, "MJ/m2/day": 1e6 / 3600}  # fmt: skip
"""Factors to Wh/m²/day; the community RE answers the first, AG the last."""


class NasaPowerClient:
    """`core.ports.ResourceProvider` and `core.ports.ExtremesProvider`."""

    name = PROVIDER

    def __init__(
        self,
        base_url: str,
        http_client: httpx.AsyncClient,
        *,
        clock: Clock | None = None,
        patience: Patience = PATIENCE,
        gate: Gate | None = None,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/api/temporal"
        self._http = http_client
        self._clock = clock or SystemClock()
        self._patience = patience
        self._gate = gate or Gate(PROVIDER, concurrency=4)
        withhold_queries_from_logs()

    async def typical_year(self, latitude: float, longitude: float, elevation: float) -> ProvidedYear:
        """An hourly year with NASA's monthly sums; raises `ProviderUnavailable`."""
        # T2M_MAX and T2M_MIN of a climatology are the month's extremes, so the daily swing stays the model's.
        params = _point(latitude, longitude) | {"parameters": f"{GHI},{MEAN},{WIND}"}
        document = await self._ask("climatology", params)
        return await asyncio.to_thread(_typical_year, document, latitude, longitude, elevation)

    async def extremes(self, latitude: float, longitude: float, elevation: float) -> DesignTemperatures:
        """Means of the yearly extremes of the last twenty full years; raises `ProviderUnavailable`."""
        last = self._clock.now().year - 1
        params = _point(latitude, longitude) | {
            "parameters": f"{LOW},{HIGH}",
            "start": f"{last - YEARS + 1}0101",
            "end": f"{last}1231",
        }
        document = await self._ask("daily", params)
        known = await asyncio.to_thread(_extremes, document, latitude, longitude, elevation)
        return known.model_copy(update={"attribution": ATTRIBUTION, "issued_at": self._clock.now()})

    async def _ask(self, what: str, params: Mapping[str, str]) -> object:
        question = Question(f"{self._url}/{what}/point", params)
        answer = await get_json(self._http, self._gate, question, patience=self._patience)
        return answer.document


def _point(latitude: float, longitude: float) -> dict[str, str]:
    return {
        "latitude": f"{latitude:.3f}",
        "longitude": f"{longitude:.3f}",
        "community": "RE",
        "format": "JSON",
    }


def _column(document: object, name: str, keys: list[str]) -> FloatArray:
    """Values by key, not a number where NASA writes its fill value."""
    values = mapping(PROVIDER, document, "properties", "parameter", name)
    column = np.array([number(PROVIDER, name, values.get(key)) for key in keys])
    fill = optional(document, "header", "fill_value")
    return np.where(
        (column == FILL) | (column == (fill if isinstance(fill, int | float) else FILL)), np.nan, column
    )


def _typical_year(document: object, latitude: float, longitude: float, elevation: float) -> ProvidedYear:
    check_place(PROVIDER, document, latitude, longitude)
    unit = str(optional(document, "parameters", GHI, "units"))
    if unit not in GHI_UNITS:
        raise ProviderUnavailable(PROVIDER, f"{GHI} came in {unit!r}, which is not a unit we know for it")
    ghi = _column(document, GHI, MONTHS) * GHI_UNITS[unit]
    temp_air, wind = _column(document, MEAN, MONTHS), _column(document, WIND, MONTHS)
    if not (np.isfinite(ghi).all() and np.isfinite(temp_air).all()):
        raise ProviderUnavailable(PROVIDER, "does not know every month here")
    if ghi.max() > 13_000.0 or ghi.min() < 0.0 or ghi.sum() <= 0.0:
        raise ProviderUnavailable(
            PROVIDER, "its sunlight cannot be: more than falls outside the atmosphere, or none"
        )
    swing = climate_at(latitude, longitude, elevation).temp_range
    climate = MonthlyClimate(ghi=ghi, temp_air=temp_air, temp_range=swing)
    mean_wind = {"wind_speed": float(np.nanmean(wind))} if np.isfinite(wind).any() else {}
    year = modelled_year(latitude, longitude, elevation, climate, source=PROVIDER, **mean_wind)
    notes = [
        "Monthly means of NASA POWER over twenty years in cells of 1°; the hours within a month are modelled.",
        f"Its annual sum is assumed to be good to ±{UNCERTAINTY_PERCENT:.0f} %.",
    ]
    return ProvidedYear(year, "climatology", UNCERTAINTY_PERCENT, ATTRIBUTION, notes)


def _extremes(document: object, latitude: float, longitude: float, elevation: float) -> DesignTemperatures:
    check_place(PROVIDER, document, latitude, longitude)
    days = mapping(PROVIDER, document, "properties", "parameter", LOW)
    try:
        keys = sorted(str(day) for day in days)
        dates = [date(int(key[:4]), int(key[4:6]), int(key[6:8])) for key in keys]
    except ValueError:
        raise ProviderUnavailable(PROVIDER, "answered days that are none") from None
    cell = optional(document, "geometry", "coordinates", 2)
    return yearly_extremes(
        PROVIDER,
        "NASA POWER (MERRA-2, cells of 0.5° by 0.625°)",
        dates,
        _column(document, LOW, keys),
        _column(document, HIGH, keys),
        site_elevation=elevation,
        cell_elevation=float(cell) if isinstance(cell, int | float) else None,
    )
