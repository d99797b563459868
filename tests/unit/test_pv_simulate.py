"""What holds for every array under every weather."""

import dataclasses
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.pv.atmosphere import erbs, ineichen
from core.pv.inverter import EfficiencyCurve
from core.pv.simulate import EnergyYear, Plane, System, simulate, simulate_times
from core.pv.single_diode import SingleDiode
from core.pv.solar_position import MODEL_YEAR, solar_position_year
from core.pv.temperature import TemperatureModel
from core.pv.weather_year import HOURS, FloatArray, WeatherYear


def clear_year(latitude: float = -1.27, longitude: float = 36.84, clearness: float = 0.8) -> WeatherYear:
    """A site where every day is the same: a share of clear-sky light, mild air, a light wind."""
    utc_offset = float(round(longitude / 15.0))
    sun = solar_position_year(latitude, longitude, utc_offset)
    ghi = clearness * ineichen(sun.apparent_zenith, sun.dni_extra, 3.0, 0.0)[0]
    dni, dhi = erbs(ghi, sun.zenith, sun.dni_extra)
    return WeatherYear(
        latitude=latitude,
        longitude=longitude,
        elevation=0.0,
        utc_offset=utc_offset,
        ghi=ghi,
        dni=dni,
        dhi=dhi,
        temp_air=np.full(HOURS, 20.0),
        wind_speed=np.full(HOURS, 2.0),
        source="clear days",
    )


NAIROBI = clear_year()
ROOF = Plane(15.0, 0.0, "roof", 4000.0)
DIODE = SingleDiode(1.65916, 9.51393, 4.37813e-11, 0.269953, 654.059, 0.004755, 5.79586)
"""The standard module of PVWatts version 8."""

planes = st.builds(
    Plane,
    surface_tilt=st.floats(0.0, 90.0),
    surface_azimuth=st.floats(0.0, 360.0),
    mount=st.sampled_from(["roof", "rack"]),
    pdc0=st.floats(100.0, 1e6),
    gamma_pdc=st.floats(-0.006, 0.0),
    diode=st.sampled_from([None, DIODE]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    latitude=st.floats(-90.0, 90.0),
    planes=st.lists(planes, min_size=1, max_size=3),
    ratio=st.floats(0.3, 3.0),
    model=st.sampled_from(["fuentes", "noct_sam", "faiman"]),
)
def test_no_weather_brings_a_value_that_is_not_finite_or_out_of_range(
    seed: int, latitude: float, planes: list[Plane], ratio: float, model: TemperatureModel
) -> None:
    """Light, wind and cold that do not fit the sun, the season or each other."""
    rng = np.random.default_rng(seed)

    def mostly_zero(highest: float) -> FloatArray:
        return rng.uniform(0.0, highest, HOURS) * (rng.random(HOURS) < 0.6)

    year = WeatherYear(
        latitude=latitude,
        longitude=0.0,
        elevation=float(rng.uniform(-400.0, 5000.0)),
        utc_offset=0.0,
        ghi=mostly_zero(1400.0),
        dni=mostly_zero(1100.0),
        dhi=mostly_zero(700.0),
        temp_air=rng.uniform(-60.0, 55.0, HOURS),
        wind_speed=mostly_zero(60.0),
        source="noise",
    )
    pac0 = sum(plane.pdc0 for plane in planes) * ratio
    result = simulate(year, planes, System(pac0=pac0, temperature_model=model))
    for values in (result.p_ac, result.p_dc, result.poa_global, result.temp_cell):
        assert np.isfinite(values).all()
    assert all(np.isfinite(percent) for percent in result.losses.values())
    assert result.p_ac.min() >= 0.0
    assert result.p_ac.max() <= pac0
    assert (result.p_ac <= result.p_dc).all()
    assert result.poa_global.min() >= 0.0
    night = solar_position_year(latitude, 0.0, 0.0).apparent_zenith >= 90.0
    assert not result.p_ac[night].any()
    assert (result.temp_cell[:, night] == year.temp_air[night]).all()


@given(azimuth=st.floats(0.0, 180.0), tilt=st.floats(0.0, 90.0))
@settings(max_examples=25, deadline=None)
def test_on_the_equator_east_and_west_and_north_and_south_are_alike(azimuth: float, tilt: float) -> None:
    """On the equator at 0° the days are symmetric about noon but for the equation of time, the year about March."""
    year = clear_year(0.0, 0.0)

    def light(surface_azimuth: float) -> float:
        return simulate(
            year, [Plane(tilt, surface_azimuth, "roof", 1000.0)], System(pac0=1000.0)
        ).poa_annual_kwh_m2

    assert light(azimuth) == pytest.approx(light(360.0 - azimuth), rel=0.02)
    assert light(azimuth) == pytest.approx(light((180.0 - azimuth) % 360.0), rel=0.06)


def test_the_hemispheres_mirror_each_other() -> None:
    north = simulate(clear_year(40.0, 0.0), [Plane(30.0, 180.0, "roof", 1000.0)], System(pac0=1000.0))
    south = simulate(clear_year(-40.0, 0.0), [Plane(30.0, 0.0, "roof", 1000.0)], System(pac0=1000.0))
    # The earth is nearest to the sun in the southern summer.
    assert south.ac_annual_kwh == pytest.approx(north.ac_annual_kwh, rel=0.02)
    assert north.ac_monthly_kwh[11] < north.ac_monthly_kwh[5]
    assert south.ac_monthly_kwh[11] > south.ac_monthly_kwh[5]


@given(less=st.floats(0.0, 99.0), more=st.floats(0.01, 1.0))
@settings(max_examples=25, deadline=None)
def test_more_losses_never_yield_more(less: float, more: float) -> None:
    def yielded(losses_percent: float) -> float:
        return simulate(NAIROBI, [ROOF], System(pac0=3500.0, losses_percent=losses_percent)).ac_annual_kwh

    assert yielded(less + more) <= yielded(less)


def test_without_a_limit_output_grows_with_the_array_and_planes_add_up() -> None:
    double = dataclasses.replace(ROOF, pdc0=8000.0)
    once = simulate(NAIROBI, [double], System(pac0=8000.0))
    twice = simulate(NAIROBI, [ROOF, ROOF], System(pac0=8000.0))
    assert twice.p_ac == pytest.approx(once.p_ac)
    assert twice.poa_global.shape == (2, HOURS)
    assert twice.poa_annual_kwh_m2 == pytest.approx(once.poa_annual_kwh_m2)
    assert simulate(NAIROBI, [ROOF], System(pac0=4000.0)).ac_annual_kwh == pytest.approx(
        once.ac_annual_kwh / 2.0
    )


def test_planes_share_the_limit_of_their_inverter() -> None:
    east, west = Plane(45.0, 90.0, "roof", 4000.0), Plane(45.0, 270.0, "roof", 4000.0)
    together = simulate(NAIROBI, [east, west], System(pac0=4000.0))
    one_way = simulate(NAIROBI, [dataclasses.replace(east, pdc0=8000.0)], System(pac0=4000.0))
    assert together.losses["clipping"] < one_way.losses["clipping"]
    assert one_way.p_ac.max() == 4000.0


def test_a_hotter_steeper_module_and_a_rack_that_shades_itself_yield_less() -> None:
    def yielded(plane: Plane, gcr: float = 0.4) -> float:
        return simulate(NAIROBI, [plane], System(pac0=4000.0, gcr=gcr)).ac_annual_kwh

    assert yielded(dataclasses.replace(ROOF, gamma_pdc=-0.0045)) < yielded(ROOF)
    rack = dataclasses.replace(ROOF, surface_tilt=30.0, mount="rack")
    assert yielded(rack, gcr=0.7) < yielded(rack, gcr=0.3)


def test_stages_of_loss_lead_from_the_light_to_the_output() -> None:
    year = simulate(NAIROBI, [Plane(20.0, 0.0, "rack", 6000.0)], System(pac0=3000.0, losses_percent=10.0))
    assert list(year.losses) == [
        "row_shading",
        "shading",
        "soiling",
        "reflection",
        "spectrum",
        "temperature",
        "low_light",
        "system",
        "inverter",
        "clipping",
    ]
    left = year.poa_annual_kwh_m2 * 6.0
    for percent in year.losses.values():
        left *= 1.0 - percent / 100.0
    assert left == pytest.approx(year.ac_annual_kwh, rel=1e-9)
    assert year.losses["system"] == pytest.approx(10.0)
    assert year.losses["clipping"] > 0.0
    assert year.performance_ratio == pytest.approx(year.specific_yield_kwh_per_kwp / year.poa_annual_kwh_m2)


def test_months_add_up_to_the_year() -> None:
    year = simulate(NAIROBI, [ROOF], System(pac0=4000.0))
    assert year.ac_monthly_kwh.shape == (12,)
    assert year.ac_monthly_kwh.sum() == pytest.approx(year.ac_annual_kwh)
    assert year.poa_monthly_kwh_m2.sum() == pytest.approx(year.poa_annual_kwh_m2)
    assert year.ac_monthly_kwh[1] == pytest.approx(year.p_ac[31 * 24 : 59 * 24].sum() / 1000.0)
    assert year.capacity_factor == pytest.approx(year.p_ac.mean() / 4000.0)


def test_a_year_without_light_is_a_year_without_energy() -> None:
    dark = dataclasses.replace(NAIROBI, ghi=np.zeros(HOURS), dni=np.zeros(HOURS), dhi=np.zeros(HOURS))
    year = simulate(dark, [ROOF], System(pac0=4000.0))
    assert year.ac_annual_kwh == 0.0
    assert year.performance_ratio is None
    assert set(year.losses.values()) == {0.0}


def test_hours_of_a_forecast_give_what_the_same_hours_of_a_year_give() -> None:
    year = simulate(NAIROBI, [ROOF], System(pac0=4000.0))
    hours = slice(100 * 24, 103 * 24)
    middles = np.datetime64(f"{MODEL_YEAR}-01-01T00:30", "m") + np.arange(HOURS) * np.timedelta64(1, "h")
    forecast = simulate_times(
        middles[hours] - np.timedelta64(int(NAIROBI.utc_offset), "h"),
        NAIROBI.latitude,
        NAIROBI.longitude,
        NAIROBI.elevation,
        ghi=NAIROBI.ghi[hours],
        dni=NAIROBI.dni[hours],
        dhi=NAIROBI.dhi[hours],
        temp_air=NAIROBI.temp_air[hours],
        wind_speed=NAIROBI.wind_speed[hours],
        planes=[ROOF],
        system=System(pac0=4000.0),
    )
    assert not isinstance(forecast, EnergyYear)
    in_daylight = NAIROBI.ghi[hours] > 100.0
    assert forecast.p_ac[in_daylight] == pytest.approx(year.p_ac[hours][in_daylight], rel=1e-3)


def test_a_forecast_with_a_gap_is_refused() -> None:
    two = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="dhi needs one finite value for each of the 2 instants"):
        simulate_times(
            np.array(["2026-01-01T10:30", "2026-01-01T11:30"], dtype="datetime64[m]"),
            0.0,
            0.0,
            0.0,
            ghi=two,
            dni=two,
            dhi=np.array([1.0, np.nan]),
            temp_air=two,
            wind_speed=two,
            planes=[ROOF],
            system=System(pac0=1.0),
        )


@pytest.mark.parametrize(
    ("plane", "changed", "reason"),
    [
        (dataclasses.replace(ROOF, pdc0=0.0), {}, "a nameplate above zero"),
        (dataclasses.replace(ROOF, surface_tilt=200.0), {}, "tilts between 0 and 90"),
        (dataclasses.replace(ROOF, surface_azimuth=float("nan")), {}, "finite azimuths"),
        (dataclasses.replace(ROOF, gamma_pdc=-0.35), {}, "gamma_pdc between"),
        (ROOF, {"pac0": -1.0}, "pac0 above zero"),
        (ROOF, {"losses_percent": 101.0}, "losses_percent between"),
        (ROOF, {"albedo": 2.0}, "albedo between"),
        (ROOF, {"gcr": 1.0}, "gcr above 0"),
        (ROOF, {"rows": 0}, "rows above zero"),
        (ROOF, {"shading_percent": [1.0] * 11}, "twelve shares of shading"),
        (ROOF, {"soiling_percent": [0.0] * 11 + [101.0]}, "twelve shares of soiling"),
    ],
)
def test_numbers_outside_their_physical_range_are_refused(
    plane: Plane, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        simulate(NAIROBI, [plane], System(**({"pac0": 4000.0} | changed)))
    with pytest.raises(ValueError, match="at least one plane"):
        simulate(NAIROBI, [], System(pac0=4000.0))


def test_the_physics_loads_neither_pvlib_nor_pandas_nor_scipy() -> None:
    """They would cost a cold command line up to two seconds."""
    program = "import sys, core.pv.simulate;print(sorted({'pvlib', 'pandas', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_shading_and_dirt_take_their_share_of_the_light_in_their_months_only() -> None:
    clean = simulate(NAIROBI, [ROOF], System(pac0=4000.0))
    dusty = simulate(NAIROBI, [ROOF], System(pac0=4000.0, soiling_percent=[10.0] + [0.0] * 11))
    shaded = simulate(NAIROBI, [ROOF], System(pac0=4000.0, shading_percent=[0.0] * 6 + [20.0] + [0.0] * 5))
    assert dusty.ac_monthly_kwh[1:] == pytest.approx(clean.ac_monthly_kwh[1:])
    assert 0.88 < dusty.ac_monthly_kwh[0] / clean.ac_monthly_kwh[0] < 0.92
    assert 0.77 < shaded.ac_monthly_kwh[6] / clean.ac_monthly_kwh[6] < 0.82
    assert dusty.losses["soiling"] > 0.0 == dusty.losses["shading"]
    assert shaded.losses["shading"] > 0.0 == shaded.losses["soiling"]
    assert dusty.poa_annual_kwh_m2 == clean.poa_annual_kwh_m2


@given(warmer=st.floats(0.5, 30.0), diode=st.sampled_from([None, DIODE]))
@settings(max_examples=15, deadline=None)
def test_colder_air_is_more_energy(warmer: float, diode: SingleDiode | None) -> None:
    plane = dataclasses.replace(ROOF, diode=diode)
    hot = dataclasses.replace(NAIROBI, temp_air=NAIROBI.temp_air + warmer)
    system = System(pac0=8000.0)
    assert simulate(NAIROBI, [plane], system).ac_annual_kwh > simulate(hot, [plane], system).ac_annual_kwh


@pytest.mark.parametrize("eta", [0.0, 1.2, 96.0])
def test_an_efficiency_that_is_none_is_refused(eta: float) -> None:
    with pytest.raises(ValueError, match="above 0, at most 1"):
        EfficiencyCurve.pvwatts(eta)
