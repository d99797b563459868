"""The mistakes of the service this one succeeds, each with the test that keeps it away."""

import json
from typing import Any

import numpy as np
import pytest

from nodes.sizing.economics import Bill, value
from nodes.sizing.year_flows import without_battery
from nodes.sizing.yields import unit_year
from state.economics import Economics
from state.equipment import ModuleDatasheet, RoofPlane
from state.sizing import SizingResult
from tests.support.sizing import (
    HOME,
    HYBRID_INVERTER,
    LEAD_ACID,
    MODULE,
    STRING_INVERTER,
    job_of,
    nairobi_year,
    resource_of,
    sized,
    statuses,
)

FIXED = {"module": MODULE, "inverter": HYBRID_INVERTER, "battery": LEAD_ACID}


def hybrid(**changes: Any) -> SizingResult:
    given: dict[str, Any] = {"system_type": "hybrid", "demand": {"appliances": HOME}, "equipment": FIXED}
    return sized(**(given | changes))


def test_lead_acid_ampere_hours_are_divided_among_parallel_strings_not_by_the_series_count() -> None:
    storage = hybrid(storage={"system_voltage_v": 48}).storage
    assert storage is not None
    assert storage.units_in_series == 4
    assert storage.strings_in_parallel * 200 >= storage.required_ah
    assert storage.units == storage.units_in_series * storage.strings_in_parallel
    assert storage.autonomy_days >= 1


def test_the_yield_carries_the_same_losses_that_the_array_was_sized_with() -> None:
    """Its sizing had a factor of 1.73 for losses, its yield none: the two disagreed by that factor."""
    for losses in (5.0, 25.0):
        result = sized(
            demand={"daily_kwh": 30},
            array={"losses_percent": losses},
            equipment={"module": MODULE, "inverter": STRING_INVERTER},
        )
        assert result.energy is not None
        assert result.energy.ac_annual_kwh == pytest.approx(30 * 365, rel=0.09)


def test_more_losses_mean_less_energy_from_the_same_array() -> None:
    def energy(losses: float) -> float:
        result = sized(
            array={"pdc0_w": 4000, "losses_percent": losses},
            equipment={"module": MODULE, "inverter": STRING_INVERTER},
        )
        assert result.energy is not None
        return result.energy.ac_annual_kwh

    assert energy(24.0) / energy(5.0) == pytest.approx(76 / 95, rel=0.01)


def test_the_stated_efficiency_of_an_inverter_changes_bank_and_yield() -> None:
    good = hybrid()
    poor = hybrid(
        equipment=FIXED | {"inverter": HYBRID_INVERTER | {"efficiency_pct": 80}}, array={"pdc0_w": 2800}
    )
    assert good.storage is not None
    assert poor.storage is not None
    # A little more than in proportion: what the inverter loses also drains lead-acid faster.
    assert 97 / 80 <= poor.storage.required_ah / good.storage.required_ah <= 1.03 * 97 / 80
    assert good.energy is not None
    assert poor.energy is not None
    assert poor.energy.specific_yield_kwh_per_kwp < 0.9 * good.energy.specific_yield_kwh_per_kwp


def test_payback_comes_from_what_is_served_too_and_is_finite_for_a_well_sized_system() -> None:
    result = hybrid()
    assert result.economics is not None
    assert result.economics.simple_payback_years is not None
    assert result.economics.simple_payback_years < 30
    assert result.economics.annual_savings_self_use is not None
    assert result.economics.annual_savings_self_use > 0


def test_a_payback_that_does_not_exist_is_null_and_the_document_is_json() -> None:
    result = value(Bill(3.0, 3.0, 0.0, None, 0.0, 0.0), Economics()).result
    assert result is not None
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["simple_payback_years"] is None


def test_an_inverter_that_could_not_start_the_motors_is_refused() -> None:
    """It compared running power only."""
    weak = HYBRID_INVERTER | {"pac_w": 2000, "surge_w": 2500}
    result = hybrid(equipment=FIXED | {"inverter": weak}, array={"pdc0_w": 1600})
    assert result.demand is not None
    assert result.inverter is not None
    assert result.demand.surge_power_w == pytest.approx(1220 + 2 * 750)
    assert result.inverter.count * 2500 >= 2720
    alone = sized(
        system_type="hybrid",
        demand={
            "appliances": [{"name": "Compressor", "power_w": 1900, "hours_per_day": 1, "surge_factor": 7}]
        },
        equipment=FIXED | {"inverter": weak},
    )
    assert statuses(alone)["inverter_power"] == "pass"
    assert statuses(alone)["inverter_surge"] == "fail"
    assert (alone.status, alone.binding_check) == ("infeasible", "inverter_surge")


def test_one_cloudy_instant_does_not_move_the_size() -> None:
    """It took the sun hours of a place from the cloud cover of the moment."""
    year = nairobi_year()
    module = ModuleDatasheet.model_validate(MODULE)
    plane = RoofPlane(name="roof", surface_tilt=10, surface_azimuth=0)
    clouded = np.where(np.arange(8760) == 12, 0.0, year.ghi)
    darkened = type(year)(
        **{
            name: getattr(year, name)
            for name in ("latitude", "longitude", "elevation", "utc_offset", "source")
        },
        ghi=clouded,
        dni=np.where(np.arange(8760) == 12, 0.0, year.dni),
        dhi=np.where(np.arange(8760) == 12, 0.0, year.dhi),
        temp_air=year.temp_air,
        wind_speed=year.wind_speed,
    )
    sums = [
        unit_year(each, job_of().array, [(plane, 1.0)], module, dc_ac_ratio=1.2, eta_inv_nom=0.96).p_ac.sum()
        for each in (year, darkened)
    ]
    assert resource_of(year).annual_ghi_kwh_m2 > 1000
    assert 0 < 1 - sums[1] / sums[0] < 0.001


def test_pure_means_grid_tied_without_a_battery() -> None:
    assert job_of(system_type="pure").system_type == "grid_tied"
    assert sized(system_type="pure").storage is None


def test_energy_that_leaves_is_not_counted_as_used() -> None:
    flows = without_battery(np.full(8760, 1000.0), np.full(8760, 400.0))
    assert (flows.self_consumption, flows.self_sufficiency) == (0.4, 1.0)
