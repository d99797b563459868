"""What sets the size of the array."""

import math

import pytest

from tests.support.sizing import (
    DATASHEETS,
    check_of,
    sized,
    statuses,
)


@pytest.mark.parametrize("share", [0.5, 1.0, 1.5])
def test_the_array_produces_the_share_of_the_year_s_use_that_was_asked_for(share: float) -> None:
    result = sized(array={"energy_share": share}, equipment=DATASHEETS, demand={"daily_kwh": 20})
    assert result.energy is not None
    assert result.energy.ac_annual_kwh == pytest.approx(share * 20 * 365, rel=0.09)


def test_a_given_power_is_met_to_the_next_whole_string() -> None:
    result = sized(array={"pdc0_w": 5000}, equipment=DATASHEETS, demand=None)
    assert result.array is not None
    assert 4750 <= result.array.pdc0_w <= 5300


def test_without_demand_the_roof_is_filled_but_not_overfilled() -> None:
    result = sized(
        demand=None,
        equipment=DATASHEETS,
        roof=[{"name": "a", "surface_tilt": 10, "surface_azimuth": 0, "area_m2": 25}],
    )
    assert result.array is not None
    assert 10 <= result.array.modules <= 12
    assert result.energy is not None
    assert result.energy.self_consumption is None


def test_racks_may_cover_only_the_ground_cover_ratio_s_share_of_their_area() -> None:
    result = sized(
        demand=None,
        equipment=DATASHEETS,
        array={"gcr": 0.5},
        roof=[{"name": "a", "surface_tilt": 10, "surface_azimuth": 0, "area_m2": 50, "mount": "rack"}],
    )
    assert result.array is not None
    assert 10 <= result.array.modules <= 12


def test_a_roof_too_small_for_the_target_warns_and_says_what_it_holds() -> None:
    result = sized(
        demand={"daily_kwh": 40},
        equipment=DATASHEETS,
        roof=[{"name": "a", "surface_tilt": 10, "surface_azimuth": 0, "area_m2": 20}],
    )
    assert statuses(result)["roof_area"] == "warn"
    assert check_of(result, "roof_area").limit == 10
    assert statuses(result)["array_size"] == "warn"


def test_the_sunnier_plane_is_filled_first() -> None:
    result = sized(
        demand={"daily_kwh": 5},
        equipment=DATASHEETS,
        roof=[
            {"name": "steep south", "surface_tilt": 60, "surface_azimuth": 180, "area_m2": 40},
            {"name": "flat", "surface_tilt": 5, "surface_azimuth": 0, "area_m2": 40},
        ],
    )
    assert result.array is not None
    assert [plane.name for plane in result.array.planes] == ["flat"]


def test_energy_scales_with_the_array() -> None:
    small = sized(array={"pdc0_w": 2800}, equipment=DATASHEETS).energy
    large = sized(array={"pdc0_w": 5600}, equipment=DATASHEETS).energy
    assert small is not None
    assert large is not None
    assert large.ac_annual_kwh == pytest.approx(2 * small.ac_annual_kwh, rel=0.02)
    assert sum(large.ac_monthly_kwh) == pytest.approx(large.ac_annual_kwh, abs=1)
    spread = math.hypot(5.0, 3.9, 3.0, 3.0, 2.0, 5.0) / 100.0
    assert large.p50_annual_kwh == large.ac_annual_kwh
    assert large.p90_annual_kwh == pytest.approx((1 - 1.2816 * spread) * large.ac_annual_kwh, abs=0.2)
