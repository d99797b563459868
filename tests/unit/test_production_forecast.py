"""What a sized array is to deliver in the hours of a forecast."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog import find_inverter, find_module
from core.clients.open_meteo import read_hours
from core.pv.production import BAND, production_forecast
from state.equipment import Array
from state.site import Site
from state.sizing import ArrayResult, InverterResult
from state.weather import Forecast, ProductionForecast
from tests.support.provider_bodies import HOUR, NAIROBI, NOW, open_meteo

SITE = Site(latitude=NAIROBI[0], longitude=NAIROBI[1], elevation_m=1684, timezone="Africa/Nairobi")
HOURS = read_hours(open_meteo(NAIROBI), *NAIROBI, NOW)
BRIGHT = [hour.model_copy(update={"dhi_w_m2": 4.0 * (hour.dhi_w_m2 or 0.0)}) for hour in HOURS]
"""As much light, from a white sky."""


def array(pdc0: float = 5000.0, tilt: float = 10.0) -> ArrayResult:
    plane = {"name": "roof", "surface_tilt": tilt, "surface_azimuth": 0, "mount": "roof", "modules": 10}
    return ArrayResult.model_validate(
        {
            "module": find_module("REC470AA Pure-RX"),
            "modules": 10,
            "pdc0_w": pdc0,
            "strings": [{"mppt": 1, "modules_per_string": 10}],
            "planes": [plane | {"pdc0_w": pdc0, "poa_annual_kwh_m2": 2000}],
        }
    )


def inverter(pac0: float = 4000.0) -> InverterResult:
    return InverterResult.model_validate(
        find_inverter("GW3048-EM").model_dump() | {"count": 1, "pac0_w": pac0, "dc_ac_ratio": 1.25}
    )


def produced(forecast: Forecast | None = None, now: datetime = NOW, **plant: Any) -> ProductionForecast:
    given = forecast or Forecast(source="made up", issued_at=NOW, hourly=HOURS, attribution="somebody")
    return production_forecast(
        given, SITE, plant.get("array", array()), plant.get("inverter", inverter()), Array(), now
    )


def test_it_lasts_168_hours_from_the_present_one_on() -> None:
    found = produced()
    assert [hour.start for hour in found.hourly] == [NOW.replace(minute=0) + n * HOUR for n in range(168)]
    assert found.hours_unknown == 0
    assert found.known_until == NOW.replace(minute=0) + timedelta(days=7)
    assert (found.attribution, found.warnings) == ("somebody", [])


@pytest.mark.parametrize("hour", [0, 11, 23])
@pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=3), timedelta(hours=24)])
def test_the_week_is_whole_at_any_hour_of_a_forecast_that_is_up_to_a_day_old(
    hour: int, age: timedelta
) -> None:
    fetched = NOW.replace(hour=hour, minute=50)
    given = Forecast(source="x", issued_at=fetched, hourly=read_hours(open_meteo(NAIROBI), *NAIROBI, fetched))
    assert produced(given, fetched + age).hours_unknown == 0


def test_a_provider_that_looks_less_far_is_said_to_and_the_hours_beyond_are_unknown() -> None:
    short = produced(Forecast(source="short", issued_at=NOW, hourly=HOURS[: 9 + 120]))
    assert (len(short.hourly), short.hours_unknown) == (168, 48)
    assert all(hour.p_ac_w is None for hour in short.hourly[120:])
    assert short.known_until == short.hourly[119].start + HOUR
    assert short.warnings == ["short: its forecast ends 48 hours short of a week, at 2026-06-06 09:00 UTC"]


def test_a_clear_day_yields_what_its_light_allows() -> None:
    day = [h for h in produced().hourly if h.start.date() == (NOW + timedelta(days=2)).date()]
    energy = sum(h.p_ac_w or 0.0 for h in day) / 1000
    light = sum(h.ghi_w_m2 or 0.0 for h in HOURS if h.start.date() == (NOW + timedelta(days=2)).date()) / 1000
    # Nameplate × light × a performance ratio that losses of 14 %, heat and the inverter leave.
    assert 0.70 < energy / (5.0 * light) < 0.90


def test_the_night_is_dark_without_a_band() -> None:
    for hour in produced().hourly:
        if hour.start.hour in (17, 20, 23):  # 20:00, 23:00 and 02:00 in Nairobi
            assert (hour.p_ac_w, hour.low_w, hour.high_w) == (0, 0, 0)


def test_the_inverter_bounds_power_and_band() -> None:
    found = produced(inverter=inverter(2000.0))
    assert max(h.p_ac_w or 0 for h in found.hourly) <= 2000.0
    assert max(h.high_w or 0 for h in found.hourly) <= 2000.0


def test_the_band_is_wider_where_light_was_reckoned_from_clouds_and_says_on_what_it_stands() -> None:
    dim = [
        hour.model_copy(update={"dni_w_m2": 0.0, "ghi_w_m2": hour.dhi_w_m2, "dhi_w_m2": hour.dhi_w_m2})
        for hour in BRIGHT
    ]
    model = produced(Forecast(source="x", issued_at=NOW, hourly=dim))
    estimated = produced(Forecast(source="x", issued_at=NOW, hourly=dim, quality="estimated"))
    noon = next(i for i, h in enumerate(model.hourly) if h.start.hour == 9)
    widths = [float((f.hourly[noon].p_ac_w or 0) - (f.hourly[noon].low_w or 0)) for f in (model, estimated)]
    assert widths[0] == pytest.approx(BAND["model"] * 5000, abs=1)
    assert widths[1] > widths[0]
    assert "Larson" in model.band
    assert "assumption" in estimated.band


def test_an_hour_that_is_not_known_has_no_power_and_is_counted() -> None:
    holes = [h.model_copy(update={"dni_w_m2": None}) if h.start.hour == 10 else h for h in HOURS]
    found = produced(Forecast(source="x", issued_at=NOW, hourly=holes))
    unknown = [h for h in found.hourly if h.p_ac_w is None]
    assert {h.start.hour for h in unknown} == {10}
    assert found.hours_unknown == len(unknown)
    assert found.energy_kwh < produced().energy_kwh


def test_of_a_forecast_that_has_passed_no_hour_is_known() -> None:
    found = produced(now=datetime(2027, 1, 1, tzinfo=UTC))
    assert (found.hours_unknown, found.energy_kwh, found.known_until) == (168, 0, None)


@settings(max_examples=25, deadline=None)
@given(
    share=st.floats(0.0, 1.0),
    pdc0=st.floats(100.0, 1e6),
    ratio=st.floats(0.5, 2.0),
    tilt=st.floats(0.0, 60.0),
)
def test_low_and_high_enclose_the_power(share: float, pdc0: float, ratio: float, tilt: float) -> None:
    hours = [
        hour.model_copy(
            update={
                "dni_w_m2": (hour.dni_w_m2 or 0) * share,
                "ghi_w_m2": ((hour.ghi_w_m2 or 0) - (hour.dhi_w_m2 or 0)) * share + (hour.dhi_w_m2 or 0),
            }
        )
        for hour in HOURS[:48]
    ]
    found = produced(
        Forecast(source="x", issued_at=NOW, hourly=hours),
        array=array(pdc0, tilt),
        inverter=inverter(pdc0 / ratio),
    )
    known = [(h.low_w, h.p_ac_w, h.high_w) for h in found.hourly if h.p_ac_w is not None]
    figures = np.array(known, dtype=float)
    assert (figures >= 0).all()
    assert (np.diff(figures, axis=1) >= -0.11).all()
    assert figures.max() <= pdc0 / ratio + 0.1
