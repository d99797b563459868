"""Warnings of the US National Weather Service, fetched by state for all of its sites, matched by zone.

From api.weather.gov: a User-Agent is demanded; `ends` is when the hazard ends, `expires` only when the text is to be
renewed; a site's zones come from `/points` with at most four decimals.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Literal

import httpx

from core.clients.gate import Gate
from core.clients.http import Answer, Patience, Question, get_json, withhold_queries_from_logs
from core.clients.reading import mapping, optional
from core.climate.terrain import lookup_timezone
from core.clock import Clock, SystemClock
from core.errors import ProviderUnavailable
from core.ports import Bulletin, Warned, WarnedPlace
from state.weather import Alert

PROVIDER = "nws"
SOURCE = "US National Weather Service"
AREA_LIFE = timedelta(minutes=5)
"""How long runs take the warnings of a state to be the latest; a look at all jobs asks anew."""

PATIENCE_SECONDS = 25.0
"""For all that a site's warnings take."""

KEPT_PLACES = 4096
COUNTRIES = frozenset({"US", "PR", "VI", "GU", "MP", "AS"})
"""ISO 3166 codes of where the service warns."""

OPEN_ENDED = timedelta(days=1)
"""For a warning with neither `ends` nor `expires`."""

Kind = Literal["wind", "thunderstorm", "ice", "heat", "rain", "other"]

KINDS: tuple[tuple[str, Kind], ...] = (
    # Words of the event's name (api.weather.gov/alerts/types), the first that fits.
    ("thunderstorm", "thunderstorm"),
    ("tornado", "wind"),
    ("hurricane", "wind"),
    ("tropical storm", "wind"),
    ("typhoon", "wind"),
    ("wind", "wind"),
    ("gale", "wind"),
    ("squall", "wind"),
    ("dust storm", "wind"),
    ("heat", "heat"),
    ("ice", "ice"),
    ("freez", "ice"),
    ("winter", "ice"),
    ("blizzard", "ice"),
    ("snow", "ice"),
    ("flood", "rain"),
    ("rain", "rain"),
)

STOPPING = frozenset({"Severe", "Extreme"})
SURE = frozenset({"Observed", "Likely"})


@dataclass(frozen=True, slots=True)
class _Heard:
    bulletin: Bulletin
    asked_at: datetime
    last_modified: str | None


class NwsClient:
    """`core.ports.Authority`."""

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
        self._base = base_url.rstrip("/")
        self._user_agent = user_agent
        self._http = http_client
        self._clock = clock or SystemClock()
        self._patience = patience or Patience(attempts=2)
        self._gate = gate or Gate(PROVIDER, clock=self._clock)
        self._places: dict[tuple[str, str], WarnedPlace] = {}
        self._heard: dict[str, _Heard] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        withhold_queries_from_logs()

    async def alerts(self, latitude: float, longitude: float) -> Warned:
        """Warnings in force or announced; none outside of the United States. Raises `ProviderUnavailable`."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                place = await self.place(latitude, longitude)
                if place is None:
                    return Warned([])
                bulletin = await self._recent(place.area)
        except TimeoutError:
            raise ProviderUnavailable(PROVIDER, f"no answer within {PATIENCE_SECONDS:g} s") from None
        return bulletin.at(place.zones, self._clock.now())

    async def place(self, latitude: float, longitude: float) -> WarnedPlace | None:
        """The state and the zones of a place; None outside of the United States. Raises `ProviderUnavailable`."""
        if lookup_timezone(latitude, longitude) not in _zones_of_the_country():
            return None
        key = (f"{latitude:.4f}", f"{longitude:.4f}")
        if key not in self._places:
            answer = await self._ask(f"points/{key[0]},{key[1]}", {})
            if len(self._places) >= KEPT_PLACES:
                self._places.clear()
            self._places[key] = _read_place(answer.document)
        return self._places[key]

    async def bulletin(self, area: str) -> Bulletin:
        """A state's warnings as they are now, for all of its sites. Raises `ProviderUnavailable`."""
        async with self._asking.setdefault(area, asyncio.Lock()):
            return await self._hear(area)

    async def _recent(self, area: str) -> Bulletin:
        """A state's warnings, asked for once however many runs want them."""
        async with self._asking.setdefault(area, asyncio.Lock()):
            known = self._heard.get(area)
            if known is not None and self._clock.now() - known.asked_at <= AREA_LIFE:
                return known.bulletin
            return await self._hear(area)

    async def _hear(self, area: str) -> Bulletin:
        known = self._heard.get(area)
        since = known.last_modified if known is not None else None
        unless = {} if since is None else {"if-modified-since": since}
        answer = await self._ask("alerts/active", {"area": area.removeprefix(f"{PROVIDER}:")}, unless)
        now = self._clock.now()
        if answer.document is not None:
            features = mapping(PROVIDER, answer.document).get("features")
            if not isinstance(features, list):
                raise ProviderUnavailable(PROVIDER, "answered without a list of warnings")
            known = _Heard(read_bulletin(area, features, now), now, answer.headers.get("last-modified"))
        elif known is None:
            raise ProviderUnavailable(PROVIDER, "answered that nothing changed since nothing was asked")
        self._heard[area] = replace(known, asked_at=now)
        return known.bulletin

    async def _ask(
        self, path: str, params: Mapping[str, str], unless: Mapping[str, str] | None = None
    ) -> Answer:
        headers = {"user-agent": self._user_agent, "accept": "application/geo+json", **(unless or {})}
        question = Question(f"{self._base}/{path}", params, headers)
        return await get_json(self._http, self._gate, question, patience=self._patience)


def read_bulletin(area: str, features: Iterable[object], now: datetime) -> Bulletin:
    """All warnings that are in force or announced.

    A warning whose times cannot be read is in force until it is gone from the list.
    """
    warnings = []
    for feature in features:
        told = feature.get("properties") if isinstance(feature, Mapping) else None
        if not isinstance(told, Mapping) or told.get("status") != "Actual":
            continue
        if told.get("messageType") == "Cancel":
            continue
        affected = told.get("affectedZones")
        zones = affected if isinstance(affected, list) else []
        warnings.append((_alert(told, now, area), frozenset(map(_code, zones))))
    warnings.sort(key=lambda each: _sent(each[0]))  # the service lists the newest first
    return Bulletin(area, warnings)


def _sent(alert: Alert) -> float:
    return alert.issued_at.timestamp() if alert.issued_at is not None else 0.0


def _alert(told: Mapping[str, object], now: datetime, area: str) -> Alert:
    event = str(told.get("event") or "Warning")
    start = _instant(told.get("onset")) or _instant(told.get("effective")) or now
    # `expires` is when the text is renewed: it stands in only where the hazard's end is not said.
    end = _instant(told.get("ends")) or _instant(told.get("expires")) or now + OPEN_ENDED
    severe = told.get("severity") in STOPPING and told.get("certainty") in SURE
    return Alert(
        kind=next((kind for word, kind in KINDS if word in event.lower()), "other"),
        severity="stop" if severe else "caution",
        start=start,
        end=max(end, start + timedelta(minutes=1)),
        detail=str(told.get("headline") or event)[:500],
        rule=f"{SOURCE}: severity {told.get('severity')}, certainty {told.get('certainty')}",
        source=PROVIDER,
        event=event,
        track=_track(told),
        issued_at=_instant(told.get("sent")),
        area=area,
    )


def _track(told: Mapping[str, object]) -> str:
    """What stays the same from update to update: office, phenomenon, significance and number of its VTEC."""
    vtec = optional(told, "parameters", "VTEC", 0)
    parts = str(vtec).strip("/").split(".") if vtec else []
    return ".".join(parts[2:6]) if len(parts) >= 6 else str(told.get("id") or told.get("event"))


def _instant(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo is not None else None


def _read_place(document: object) -> WarnedPlace:
    told = mapping(PROVIDER, document, "properties")
    zones = [
        _code(zone) for name in ("county", "forecastZone", "fireWeatherZone") if (zone := told.get(name))
    ]
    if not zones:
        raise ProviderUnavailable(PROVIDER, "answered without the zones of the place")
    # The state of the zones: across a border the nearest town, which the answer names too, lies in another one.
    return WarnedPlace(f"{PROVIDER}:{zones[0][:2]}", frozenset(zones))


def _code(zone: object) -> str:
    """`ORZ006` of the address that names a zone."""
    return str(zone).rpartition("/")[2]


@cache
def _zones_of_the_country() -> frozenset[str]:
    """Time zones of the countries, from the zone table of the tz database."""
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return frozenset(row[2] for row in rows if row[0] in COUNTRIES)
