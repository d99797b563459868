"""PVGIS' typical year: satellite irradiance and reanalysis temperature of the place, from the Joint Research Centre."""

import asyncio
from dataclasses import replace

import httpx

from core.clients.gate import Gate, NotCovered
from core.clients.http import Patience, Question, get_json, withhold_queries_from_logs
from core.clients.place import is_elsewhere
from core.climate.resource import FILE_UNCERTAINTY_PERCENT
from core.climate.weather_formats import read_pvgis_json
from core.climate.weather_table import to_year
from core.errors import InvalidInput, ProviderUnavailable
from core.ports import ProvidedYear
from core.pv.weather_year import WeatherYear

PROVIDER = "pvgis"
ATTRIBUTION = "PVGIS, European Commission, Joint Research Centre, re.jrc.ec.europa.eu."
PATIENCE = Patience(attempts=2, attempt_seconds=15.0)
"""A year takes it some seconds."""


class PvgisClient:
    """`core.ports.ResourceProvider`."""

    name = PROVIDER

    def __init__(
        self,
        base_url: str,
        http_client: httpx.AsyncClient,
        *,
        patience: Patience = PATIENCE,
        gate: Gate | None = None,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/api/v5_3/tmy"
        self._http = http_client
        self._patience = patience
        self._gate = gate or Gate(PROVIDER, concurrency=4)
        withhold_queries_from_logs()

    async def typical_year(self, latitude: float, longitude: float, elevation: float) -> ProvidedYear:
        """The typical year of a place; raises `ProviderUnavailable`, also for the sea and the poles."""
        params = {"lat": f"{latitude:.3f}", "lon": f"{longitude:.3f}", "outputformat": "json"}
        answer = await get_json(
            self._http, self._gate, Question(self._url, params), passing=_may_pass, patience=self._patience
        )
        year = await asyncio.to_thread(_year, answer.document, latitude, longitude)
        notes = ["Typical year of PVGIS for this place, the shade of its horizon included."]
        if abs(year.elevation - elevation) > 200.0:
            notes.append(f"PVGIS takes the site to lie {year.elevation:.0f} m above the sea.")
        return ProvidedYear(year, "tmy", FILE_UNCERTAINTY_PERCENT, ATTRIBUTION, notes)


def _year(document: object, latitude: float, longitude: float) -> WeatherYear:
    try:
        if not isinstance(document, dict):
            raise NotCovered(PROVIDER, "answered no object")
        year = to_year(read_pvgis_json(document))
    except InvalidInput as refused:
        raise ProviderUnavailable(PROVIDER, f"its year is unusable: {refused.errors[0].message}") from None
    except (KeyError, AttributeError, TypeError):
        raise ProviderUnavailable(
            PROVIDER, "answered without outputs.tmy_hourly or inputs.location"
        ) from None
    if is_elsewhere(latitude, longitude, year.latitude, year.longitude):
        raise ProviderUnavailable(PROVIDER, "answered for another place")
    return replace(year, source=PROVIDER)


def _may_pass(status: int, _reason: str) -> bool:
    # Its limit is 30 requests in a second, over in the next one; 529 is its word for overload.
    return status >= 500 or status == 429
