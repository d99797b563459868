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
from tests.support.provider_bodies import NAIROBI, NOW, open_meteo

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


def test_it_begins_with_the_present_hour_and_lasts_a_week_at_most() -> None:
    found = produced()
    assert found.hourly[0].start == NOW.replace(minute=0)
    assert found.hourly[-1].start < NOW + timedelta(days=7)
    assert found.attribution == "somebody"


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


def test_a_forecast_that_has_passed_yields_no_hours() -> None:
    found = produced(now=datetime(2027, 1, 1, tzinfo=UTC))
    assert (found.hourly, found.energy_kwh) == ([], 0)


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
    figures = np.array([(h.low_w, h.p_ac_w, h.high_w) for h in found.hourly], dtype=float)
    assert (figures >= 0).all()
    assert (np.diff(figures, axis=1) >= -0.11).all()
    assert figures.max() <= pdc0 / ratio + 0.1
