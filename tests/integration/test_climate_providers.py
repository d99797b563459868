"""Typical years, design temperatures, official warnings and addresses, from a server that speaks their protocols."""

import json
from datetime import timedelta
from typing import Any

import httpx
import numpy as np
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clients.climates import KnownClimates
from core.clients.gate import NotCovered
from core.clients.geocoder import NominatimGeocoder
from core.clients.http import Patience
from core.clients.nasa_power import NasaPowerClient
from core.clients.nws import NwsClient
from core.clients.open_meteo_archive import OpenMeteoArchive
from core.clients.pvgis import PvgisClient
from core.climate.resource import ClimateYears, design_resource
from core.clock import FixedClock
from core.config import Settings
from core.database.climates import StoredClimates
from core.errors import ProviderUnavailable
from core.ports import Warned, WarnedPlace
from graph.providers import Providers
from state.job import JobInput
from tests.support import provider_bodies as bodies
from tests.support.fakes import NoFiles
from tests.support.provider_bodies import NAIROBI, NOW
from tests.support.provider_server import Asked, ProviderServer, Reply

QUICK = Patience(attempts=2, attempt_seconds=2.0, first_wait_seconds=0.001, longest_wait_seconds=0.002)
AGENT = "SolarSync/test (ops@example.org)"
ROUNDED = (-1.29, 36.82)
YEAR = bodies.pvgis(ROUNDED)
YEAR_AS_JSON = json.dumps(YEAR)


def public(asked: Asked) -> Reply:
    """PVGIS and NASA POWER, all well."""
    if asked.path == "/api/v5_3/tmy":
        return Reply(YEAR_AS_JSON)
    place = (float(asked.params["latitude"]), float(asked.params["longitude"]))
    if asked.path.endswith("/climatology/point"):
        return Reply(bodies.nasa_climatology(place))
    return Reply(bodies.nasa_daily(place, asked.params["start"], asked.params["end"]))


def climates(server: ProviderServer, http: httpx.AsyncClient, engine: AsyncEngine) -> KnownClimates:
    nasa = NasaPowerClient(server.url, http, clock=FixedClock(NOW), patience=QUICK)
    pvgis = PvgisClient(server.url, http, patience=QUICK)
    return KnownClimates([pvgis, nasa], [nasa], StoredClimates(engine))


def job(**more: Any) -> JobInput:
    site = {
        "latitude": NAIROBI[0],
        "longitude": NAIROBI[1],
        "elevation_m": 1795,
        "timezone": "Africa/Nairobi",
    }
    return JobInput.model_validate({"kind": "sizing", "site": site} | more)


async def test_a_typical_year_is_asked_for_once_and_the_same_for_good(
    server: ProviderServer, http: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    server.script = public
    first = climates(server, http, engine)
    resource = await design_resource(job(), NoFiles(), first)
    assert (resource.source, resource.quality, resource.fallback) == ("pvgis", "tmy", False)
    assert resource.ref == "pvgis:-1.29,36.82"
    assert resource.attribution is not None
    assert resource.issued_at is not None
    assert resource.warnings == []
    asked = len(server.asked)
    another_process = climates(server, http, engine)
    assert await design_resource(job(), NoFiles(), another_process) == resource
    assert len(server.asked) == asked
    year = await ClimateYears(NoFiles(), another_process).weather_year(resource)
    assert float(year.ghi.sum()) / 1000 == pytest.approx(resource.annual_ghi_kwh_m2, abs=0.1)
    assert year.minute == 10.0


async def test_the_hours_of_pvgis_keep_their_light_under_the_sun(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    server.script = public
    year = (await PvgisClient(server.url, http, patience=QUICK).typical_year(*ROUNDED, 1684.0)).year
    # Local standard time is UTC+3: light before six in the morning would be three hours early.
    assert year.utc_offset == 3
    assert year.ghi.reshape(365, 24)[:, :6].sum() == 0
    assert float(year.ghi.reshape(365, 24)[:, 12].min()) > 500


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply({"message": "Location over the sea. Please, select another location"}, 400), "over the sea"),
        (Reply(YEAR_AS_JSON, hangs=True), "no answer within"),
        (Reply(YEAR_AS_JSON, kind="text/html"), "instead of JSON"),
        (Reply({"inputs": {}, "outputs": {}}), "pvgis: "),
        (Reply({"inputs": {"location": YEAR["inputs"]["location"]},
                "outputs": {"tmy_hourly": YEAR["outputs"]["tmy_hourly"][:100]}}), "its year is unusable"),
        (Reply(bodies.pvgis((51.5, 0.0))), "another place"),
    ],
)  # fmt: skip
async def test_where_pvgis_fails_nasa_is_asked_and_the_reason_is_kept(
    reply: Reply, says: str, server: ProviderServer, http: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    server.script = lambda asked: reply if asked.path == "/api/v5_3/tmy" else public(asked)
    nasa = NasaPowerClient(server.url, http, clock=FixedClock(NOW), patience=QUICK)
    patience = Patience(attempts=1, attempt_seconds=0.3 if reply.hangs else 10)
    known = KnownClimates(
        [PvgisClient(server.url, http, patience=patience), nasa], [], StoredClimates(engine)
    )
    resource = await design_resource(job(), NoFiles(), known)
    assert (resource.source, resource.quality) == ("nasa_power", "climatology")
    assert resource.peak_sun_hours.annual_mean == pytest.approx(5.5, rel=0.01)
    [warning] = resource.warnings
    assert says in warning


async def test_the_offline_model_is_last_and_marked_as_a_fallback(
    server: ProviderServer, http: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    server.answers(Reply("", 500))
    resource = await design_resource(job(), NoFiles(), climates(server, http, engine))
    assert (resource.quality, resource.fallback) == ("screening", True)
    assert resource.design_temperatures is None
    assert [warning.partition(":")[0] for warning in resource.warnings[:2]] == ["pvgis", "nasa_power"]
    server.script = public
    server.asked.clear()
    later = await design_resource(job(), NoFiles(), climates(server, http, engine))
    assert (later.source, later.fallback) == ("pvgis", False)


@pytest.mark.parametrize(
    "more",
    [{"kind": "triage", "ticket": {"text": "no power"}}, {"resource": {"peak_sun_hours": 5.1}}],
)
async def test_nobody_is_asked_for_what_is_not_needed_or_given(
    more: dict[str, Any], server: ProviderServer, http: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    server.script = public
    wanted = job(electrical={"design_temp_min_c": 5}, **more)
    await design_resource(wanted, NoFiles(), climates(server, http, engine))
    assert server.asked == []


# NASA POWER.


async def test_nasa_units_are_read_and_not_assumed(server: ProviderServer, http: httpx.AsyncClient) -> None:
    nasa = NasaPowerClient(server.url, http, clock=FixedClock(NOW), patience=QUICK)
    server.answers(Reply(bodies.nasa_climatology(unit="MJ/m^2/day")))
    provided = await nasa.typical_year(*NAIROBI, 1795.0)
    assert float(provided.year.ghi.sum()) / 365_000 == pytest.approx(5.5 / 3.6, rel=0.01)
    server.answers(Reply(bodies.nasa_climatology(unit="furlongs")))
    with pytest.raises(ProviderUnavailable, match="'furlongs'"):
        await nasa.typical_year(*NAIROBI, 1795.0)
    assert all(len(asked.params["parameters"].split(",")) <= 20 for asked in server.asked)
    assert {asked.params["community"] for asked in server.asked} == {"RE"}


async def test_nasa_fill_values_are_unknown(server: ProviderServer, http: httpx.AsyncClient) -> None:
    body = bodies.nasa_climatology()
    body["properties"]["parameter"]["ALLSKY_SFC_SW_DWN"]["JUN"] = -999.0
    server.answers(Reply(body))
    with pytest.raises(ProviderUnavailable, match="does not know every month"):
        await NasaPowerClient(server.url, http, patience=QUICK).typical_year(*NAIROBI, 1795.0)


# Design temperatures.


async def test_design_temperatures_are_the_mean_of_yearly_extremes_and_labelled_so(
    server: ProviderServer, http: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    server.script = public
    resource = await design_resource(job(), NoFiles(), climates(server, http, engine))
    known = resource.design_temperatures
    assert known is not None
    daily = next(asked for asked in server.asked if asked.path.endswith("/daily/point"))
    assert (daily.params["start"], daily.params["end"]) == ("20060101", "20251231")
    # 8.0 − 0.1 a year over twenty years, and a site 100 m above its cell: 0.65 °C colder.
    assert known.min_c == pytest.approx(np.mean(8.0 - 0.1 * np.arange(20)) - 0.65, abs=0.06)
    assert known.max_c == 31.0
    assert known.approximation is not None
    assert "20 years" in known.approximation
    assert "2006 to 2025" in known.source
    asked = len(server.asked)
    again = await design_resource(job(), NoFiles(), climates(server, http, engine))
    assert again.design_temperatures == known
    assert len(server.asked) == asked


async def test_the_archive_weighs_what_it_costs_and_gives_the_same_figures(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    nasa = bodies.nasa_daily(NAIROBI, "20060101", "20251231")["properties"]["parameter"]
    days = sorted(nasa["T2M_MIN"])
    body = {
        "latitude": -1.27,
        "longitude": 36.8,
        "utc_offset_seconds": 0,
        "daily_units": {"time": "iso8601", "temperature_2m_min": "°C", "temperature_2m_max": "°C"},
        "daily": {
            "time": [f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in days],
            "temperature_2m_min": [nasa["T2M_MIN"][day] for day in days],
            "temperature_2m_max": [nasa["T2M_MAX"][day] for day in days],
        },
    }
    server.answers(Reply(body))
    archive = OpenMeteoArchive(server.url, SecretStr("s3cret"), http, clock=FixedClock(NOW), patience=QUICK)
    known = await archive.extremes(*NAIROBI, 1795.0)
    assert known.min_c == pytest.approx(7.05, abs=0.06)
    assert ("Open-Meteo" in str(known.attribution), known.issued_at) == (True, NOW)
    [asked] = server.asked
    assert asked.path == "/v1/archive"
    assert (asked.params["elevation"], asked.params["temperature_unit"]) == ("1795", "celsius")
    body["daily_units"]["temperature_2m_min"] = "°F"  # type: ignore[index]
    server.answers(Reply(body))
    with pytest.raises(ProviderUnavailable, match="not in °C"):
        await archive.extremes(*NAIROBI, 1795.0)


# The National Weather Service.

PORTLAND = (45.5231, -122.6765)


def point(asked: Asked) -> Reply:
    zones = "https://api.weather.gov/zones"
    return Reply(
        {
            "type": "Feature",
            "properties": {
                "forecastZone": f"{zones}/forecast/ORZ006",
                "county": f"{zones}/county/ORC051",
                "fireWeatherZone": f"{zones}/fire/ORZ604",
                "relativeLocation": {"properties": {"city": "Portland", "state": "OR"}},
            },
        },
        kind="application/geo+json",
    )


def warning(**changes: Any) -> dict[str, Any]:
    told = {
        "id": "urn:oid:1",
        "affectedZones": ["https://api.weather.gov/zones/forecast/ORZ006"],
        "sent": "2026-06-01T02:00:00-07:00",
        "effective": "2026-06-01T02:00:00-07:00",
        "onset": "2026-06-01T05:00:00-07:00",
        "expires": "2026-06-01T08:00:00-07:00",
        "ends": "2026-06-01T20:00:00-07:00",
        "status": "Actual",
        "messageType": "Alert",
        "severity": "Severe",
        "certainty": "Likely",
        "event": "High Wind Warning",
        "headline": "High Wind Warning until June 1 at 8:00PM PDT",
        "parameters": {"VTEC": ["/O.NEW.KPQR.HW.W.0004.260601T1200Z-260602T0300Z/"]},
    }
    return {"type": "Feature", "properties": told | changes}


def weather_service(*warnings: dict[str, Any]) -> Any:
    def script(asked: Asked) -> Reply:
        if asked.path.startswith("/points/"):
            return point(asked)
        return Reply({"type": "FeatureCollection", "features": list(warnings)}, kind="application/geo+json")

    return script


async def test_of_two_messages_of_one_event_the_later_one_counts_wherever_it_is_listed(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    earlier = warning(severity="Moderate", sent="2026-06-01T01:00:00-07:00", ends="2026-06-01T12:00:00-07:00")
    for listed in ([warning(), earlier], [earlier, warning()]):
        service = NwsClient(server.url, AGENT, http, clock=FixedClock(NOW), patience=QUICK)
        server.script = weather_service(*listed)
        [alert] = (await service.alerts(*PORTLAND)).alerts
        assert (alert.severity, alert.end.isoformat()) == ("stop", "2026-06-02T03:00:00+00:00")


async def test_warnings_are_fetched_by_state_once_for_all_of_its_sites(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    clock = FixedClock(NOW)
    service = NwsClient(server.url, AGENT, http, clock=clock, patience=QUICK)
    server.script = weather_service(warning())
    [alert] = (await service.alerts(*PORTLAND)).alerts
    assert (alert.kind, alert.severity, alert.source) == ("wind", "stop", "nws")
    # `ends`, not `expires`.
    assert alert.end.isoformat() == "2026-06-02T03:00:00+00:00"
    assert alert.track == "KPQR.HW.W.0004"
    assert str(alert.issued_at) == "2026-06-01 09:00:00+00:00"
    await service.alerts(45.6, -122.7)
    areas = [asked for asked in server.asked if asked.path == "/alerts/active"]
    assert [asked.params for asked in areas] == [{"area": "OR"}]
    assert {asked.headers["user-agent"] for asked in server.asked} == {AGENT}
    assert "/points/45.5231,-122.6765" in [asked.path for asked in server.asked]
    clock.move_to(NOW + timedelta(minutes=6))
    await service.alerts(*PORTLAND)
    assert len([asked for asked in server.asked if asked.path == "/alerts/active"]) == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"affectedZones": ["https://api.weather.gov/zones/forecast/ORZ001"]}, []),
        ({"onset": "2026-06-01T00:00:00-07:00", "ends": "2026-06-01T01:00:00-07:00"}, []),
        ({"ends": None, "expires": None}, ["stop"]),
        ({"status": "Test"}, []),
        ({"messageType": "Cancel"}, []),
        ({"certainty": "Possible", "event": "High Wind Watch"}, ["caution"]),
        ({"severity": "Moderate", "event": "Wind Advisory"}, ["caution"]),
        ({"event": "Avalanche Warning"}, ["stop"]),
    ],
)
async def test_only_what_is_in_force_for_the_zone_is_told(
    changes: dict[str, Any], told: list[str], server: ProviderServer, http: httpx.AsyncClient
) -> None:
    server.script = weather_service(warning(**changes))
    service = NwsClient(server.url, AGENT, http, clock=FixedClock(NOW), patience=QUICK)
    assert [alert.severity for alert in (await service.alerts(*PORTLAND)).alerts] == told


async def test_updates_of_one_event_are_one_alert(server: ProviderServer, http: httpx.AsyncClient) -> None:
    later = warning(id="urn:oid:2", messageType="Update", ends="2026-06-01T22:00:00-07:00")
    server.script = weather_service(warning(), later)
    service = NwsClient(server.url, AGENT, http, clock=FixedClock(NOW), patience=QUICK)
    [alert] = (await service.alerts(*PORTLAND)).alerts
    assert alert.end.isoformat() == "2026-06-02T05:00:00+00:00"


async def test_a_warning_is_withdrawn_when_its_state_lists_it_for_no_zone_any_more(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    clock = FixedClock(NOW)
    service = NwsClient(server.url, AGENT, http, clock=clock, patience=QUICK)
    server.script = weather_service(warning())
    [told] = (await service.alerts(*PORTLAND)).alerts
    server.script = weather_service(warning(affectedZones=["https://api.weather.gov/zones/forecast/ORZ001"]))
    clock.move_to(clock.now() + timedelta(minutes=6))
    next_door = await service.alerts(*PORTLAND)
    assert next_door.alerts == []
    assert not next_door.withdrew(told)
    server.script = weather_service(warning(messageType="Cancel"))
    clock.move_to(clock.now() + timedelta(minutes=6))
    cancelled = await service.alerts(*PORTLAND)
    assert cancelled.withdrew(told)
    assert not cancelled.withdrew(told.model_copy(update={"area": "nws:WA"}))
    assert not (await service.alerts(*NAIROBI)).withdrew(told)


async def test_a_look_asks_anew_and_is_told_when_nothing_changed(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    modified = "Mon, 01 Jun 2026 09:00:00 GMT"

    def script(asked: Asked) -> Reply:
        if asked.headers.get("if-modified-since") == modified:
            return Reply(status=304)
        return Reply(
            {"features": [warning()]}, kind="application/geo+json", headers={"last-modified": modified}
        )

    server.script = script
    service = NwsClient(server.url, AGENT, http, clock=FixedClock(NOW), patience=QUICK)
    first, second = [await service.bulletin("nws:OR") for _ in range(2)]
    assert first == second
    assert second.at(frozenset({"ORZ006"}), NOW).alerts[0].track == "KPQR.HW.W.0004"
    assert ["if-modified-since" in asked.headers for asked in server.asked] == [False, True]


async def test_across_a_border_from_the_nearest_town_the_zones_say_which_state_warns(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    def script(asked: Asked) -> Reply:
        reply = point(asked)
        reply.body["properties"]["relativeLocation"]["properties"]["state"] = "WA"
        return reply

    server.script = script
    service = NwsClient(server.url, AGENT, http, clock=FixedClock(NOW), patience=QUICK)
    place = await service.place(*PORTLAND)
    assert place == WarnedPlace("nws:OR", frozenset({"ORZ006", "ORC051", "ORZ604"}))


async def test_outside_of_the_country_nobody_is_asked(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    service = NwsClient(server.url, AGENT, http, clock=FixedClock(NOW), patience=QUICK)
    assert await service.alerts(*NAIROBI) == Warned([])
    assert await service.alerts(49.28, -123.12) == Warned([])  # Vancouver
    assert server.asked == []


# Addresses.


async def test_an_address_is_found_by_nominatims_protocol(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    server.answers(Reply([{"lat": "-1.2921", "lon": "36.8219", "display_name": "Nairobi, Kenya"}]))
    geocoder = NominatimGeocoder(server.url, AGENT, http, patience=QUICK)
    [found] = await geocoder.find("Kenyatta Avenue, Nairobi")
    assert (found.latitude, found.longitude, found.name) == (-1.2921, 36.8219, "Nairobi, Kenya")
    assert "OpenStreetMap" in str(found.attribution)
    [asked] = server.asked
    assert (asked.path, asked.params["format"]) == ("/search", "jsonv2")
    assert asked.headers["user-agent"] == AGENT
    server.answers(Reply([]))
    assert await geocoder.find("nowhere at all") == []


@pytest.mark.parametrize(
    "body",
    [
        {"error": "x"},
        [{"lat": "north", "lon": "36"}],
        [{"lat": "91", "lon": "0"}],
        [{"lat": "nan", "lon": "0"}],
    ],
)
async def test_a_place_that_is_none_is_refused(
    body: Any, server: ProviderServer, http: httpx.AsyncClient
) -> None:
    server.answers(Reply(body))
    with pytest.raises(ProviderUnavailable):
        await NominatimGeocoder(server.url, AGENT, http, patience=QUICK).find("x")


async def test_a_place_that_a_provider_does_not_cover_opens_no_breaker(
    server: ProviderServer, http: httpx.AsyncClient
) -> None:
    server.answers(Reply({"message": "Location over the sea."}, 400))
    pvgis = PvgisClient(server.url, http, patience=QUICK)
    for _ in range(5):
        with pytest.raises(NotCovered):
            await pvgis.typical_year(0.0, 0.0, 0.0)
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    ("status", "serves"), [(200, True), (404, True), (403, False), (429, False), (503, False)]
)
async def test_a_service_that_is_there_and_refuses_us_does_not_serve(
    server: ProviderServer, http: httpx.AsyncClient, status: int, serves: bool
) -> None:
    server.script = lambda _: Reply({}, status)
    settings = Settings(
        _env_file=None,
        weather_providers=[],
        resource_providers=["pvgis"],
        design_temperature_providers=[],
        alert_providers=[],
        pvgis_url=server.url,
    )
    states = await Providers(settings, http, FixedClock(NOW), budget=None).states(5.0)
    assert states["pvgis"].answers == serves
    assert str(status) in states["pvgis"].detail
