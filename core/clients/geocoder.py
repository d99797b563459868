"""Places by their address, from a server that speaks Nominatim's protocol; asked only where GEOCODER_URL names one."""

import math

import httpx

from core.clients.gate import Gate
from core.clients.http import Patience, Question, get_json, withhold_queries_from_logs
from core.errors import ProviderUnavailable
from core.ports import FoundPlace

PROVIDER = "geocoder"
ATTRIBUTION = "Data © OpenStreetMap contributors, ODbL 1.0."
"""Where the server does not say it itself."""

MOST = 5
"""Candidates: more than a person chooses from."""


class NominatimGeocoder:
    """`core.ports.Geocoder`. The public server allows one request a second and no heavy use: have one of your own."""

    def __init__(
        self,
        base_url: str,
        user_agent: str,
        http_client: httpx.AsyncClient,
        *,
        patience: Patience | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/search"
        self._user_agent = user_agent
        self._http = http_client
        self._patience = patience or Patience(attempts=2)
        self._gate = gate or Gate(PROVIDER, concurrency=1)
        withhold_queries_from_logs()

    async def find(self, address: str) -> list[FoundPlace]:
        """Candidates, best first, none where nothing is known; raises `ProviderUnavailable`."""
        params = {"q": address, "format": "jsonv2", "limit": str(MOST)}
        answer = await get_json(
            self._http,
            self._gate,
            Question(self._url, params, {"user-agent": self._user_agent}),
            patience=self._patience,
        )
        if not isinstance(answer.document, list):
            raise ProviderUnavailable(PROVIDER, "answered no list of places")
        return [_place(each) for each in answer.document[:MOST]]


def _place(found: object) -> FoundPlace:
    if not isinstance(found, dict):
        raise ProviderUnavailable(PROVIDER, "answered places that are none")
    try:
        latitude, longitude = float(str(found.get("lat"))), float(str(found.get("lon")))
    except ValueError:
        raise ProviderUnavailable(PROVIDER, "answered a place without coordinates") from None
    if not (
        math.isfinite(latitude) and math.isfinite(longitude) and abs(latitude) <= 90 and abs(longitude) <= 180
    ):
        raise ProviderUnavailable(PROVIDER, "answered coordinates that are none")
    return FoundPlace(
        latitude, longitude, str(found.get("display_name") or ""), str(found.get("licence") or ATTRIBUTION)
    )
