"""Warnings of the US National Weather Service, fetched by state for all of its sites, matched by zone.

From api.weather.gov: a User-Agent is demanded; `ends` is when the hazard ends, `expires` only when the text is to be
renewed; a site's zones come from `/points` with at most four decimals.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Literal

import httpx

from core.clients.gate import Gate
from core.clients.http import Patience, Question, get_json, withhold_queries_from_logs
from core.clients.reading import mapping, optional
from core.climate.terrain import lookup_timezone
from core.clock import Clock, SystemClock
from core.errors import ProviderUnavailable
from core.ports import Warned
from state.weather import Alert

PROVIDER = "nws"
SOURCE = "US National Weather Service"
AREA_LIFE = timedelta(minutes=5)
"""How long the warnings of a state are taken to be the latest."""

PATIENCE_SECONDS = 25.0
"""For all that a site's warnings take."""

KEPT_POINTS = 4096
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
class _Point:
    state: str
    zones: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Area:
    features: tuple[Mapping[str, object], ...]
    asked_at: datetime


class NwsClient:
    """`core.ports.AlertProvider`."""

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
        self._points: dict[tuple[str, str], _Point] = {}
        self._areas: dict[str, _Area] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        withhold_queries_from_logs()

    async def alerts(self, latitude: float, longitude: float) -> Warned:
        """Warnings in force or announced; none outside of the United States. Raises `ProviderUnavailable`."""
        if lookup_timezone(latitude, longitude) not in _zones_of_the_country():
            return Warned([])
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                point = await self._point(latitude, longitude)
                features = await self._area(point.state)
        except TimeoutError:
            raise ProviderUnavailable(PROVIDER, f"no answer within {PATIENCE_SECONDS:g} s") from None
        area = f"{PROVIDER}:{point.state}"
        return Warned(read_alerts(features, point.zones, self._clock.now(), area), area, _listed(features))

    async def _point(self, latitude: float, longitude: float) -> _Point:
        key = (f"{latitude:.4f}", f"{longitude:.4f}")
        if key not in self._points:
            document = await self._ask(f"points/{key[0]},{key[1]}", {})
            if len(self._points) >= KEPT_POINTS:
                self._points.clear()
            self._points[key] = _read_point(document)
        return self._points[key]

    async def _area(self, state: str) -> tuple[Mapping[str, object], ...]:
        """The state's warnings, asked for once however many sites want them."""
        async with self._asking.setdefault(state, asyncio.Lock()):
            known = self._areas.get(state)
            if known is None or self._clock.now() - known.asked_at > AREA_LIFE:
                document = await self._ask("alerts/active", {"area": state})
                features = mapping(PROVIDER, document).get("features")
                if not isinstance(features, list):
                    raise ProviderUnavailable(PROVIDER, "answered without a list of warnings")
                known = _Area(tuple(f for f in features if isinstance(f, Mapping)), self._clock.now())
                self._areas[state] = known
            return known.features

    async def _ask(self, path: str, params: Mapping[str, str]) -> object:
        headers = {"user-agent": self._user_agent, "accept": "application/geo+json"}
        question = Question(f"{self._base}/{path}", params, headers)
        answer = await get_json(self._http, self._gate, question, passing=_may_pass, patience=self._patience)
        return answer.document


def read_alerts(
    features: Iterable[Mapping[str, object]], zones: frozenset[str], now: datetime, area: str | None = None
) -> list[Alert]:
    """Warnings for any of the zones that have not ended, one for each event.

    A warning whose times cannot be read is in force until it is gone from the list.
    """
    found: dict[str, Alert] = {}
    for told in _in_force(features):
        affected = told.get("affectedZones")
        if not isinstance(affected, list) or not zones & {str(zone).rpartition("/")[2] for zone in affected}:
            continue
        alert = _alert(told, now, area)
        if alert.end > now:
            found[alert.track or alert.detail] = alert
    return sorted(found.values(), key=lambda alert: (alert.start, alert.kind))


def _in_force(features: Iterable[Mapping[str, object]]) -> Iterator[Mapping[str, object]]:
    for feature in features:
        told = feature.get("properties")
        if (
            isinstance(told, Mapping)
            and told.get("status") == "Actual"
            and told.get("messageType") != "Cancel"
        ):
            yield told


def _listed(features: Iterable[Mapping[str, object]]) -> frozenset[str]:
    return frozenset(map(_track, _in_force(features)))


def _alert(told: Mapping[str, object], now: datetime, area: str | None) -> Alert:
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


def _read_point(document: object) -> _Point:
    told = mapping(PROVIDER, document, "properties")
    state = optional(told, "relativeLocation", "properties", "state")
    if not isinstance(state, str) or len(state) != 2:
        raise ProviderUnavailable(PROVIDER, "answered without the state of the place")
    zones = (told.get(name) for name in ("forecastZone", "county", "fireWeatherZone"))
    return _Point(state, frozenset(str(zone).rpartition("/")[2] for zone in zones if zone))


def _may_pass(status: int, _reason: str) -> bool:
    return status >= 500


@cache
def _zones_of_the_country() -> frozenset[str]:
    """Time zones of the countries, from the zone table of the tz database."""
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return frozenset(row[2] for row in rows if row[0] in COUNTRIES)
