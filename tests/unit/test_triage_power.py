"""Power held against what the array should deliver at that moment."""

from datetime import timedelta
from typing import Any

from nodes.triage.engine import triage
from nodes.triage.production import power_expected
from nodes.triage.settings import DEFAULTS
from state.job import JobInput
from state.triage import TriageResult
from tests.support.forecasts import MIDNIGHT, forecast

NOON = MIDNIGHT + timedelta(hours=9, minutes=20)


def power_of(measurements: dict[str, Any], forecast_ghi: float | None = None) -> TriageResult:
    job = JobInput.model_validate(
        {
            "kind": "triage",
            "site": {"latitude": -1.27, "longitude": 36.84},
            "array": {"pdc0_w": 10_000, "losses_percent": 10},
            "ticket": {"measurements": {"ac_power_w": 2_000, **measurements}},
        }
    )
    expected = None
    if forecast_ghi is not None:
        expected = power_expected(job, forecast(ghi_w_m2=forecast_ghi), DEFAULTS)
    found = triage(job, {}, production=None, expected_power=expected).triage
    assert found is not None
    return found


def test_power_is_held_against_the_measured_irradiance_where_no_expectation_is_stated() -> None:
    found = power_of({"poa_global_w_m2": 800})

    # 0.8 × 10 kWp × 0.9 × 0.96
    assert "expected 6912 W (29%), by 800 W/m² measured" in found.evidence[0].quote
    assert found.failure_mode == "underperformance"
    assert found.priority == "P2"


def test_power_is_held_against_the_forecast_of_its_hour() -> None:
    found = power_of({"measured_at": NOON.isoformat()}, forecast_ghi=800)

    assert "by 800 W/m² in the forecast of made up" in found.evidence[0].quote
    assert found.failure_mode == "underperformance"


def test_a_forecast_that_may_err_by_so_much_blames_nothing() -> None:
    assert (
        power_of({"ac_power_w": 4_600, "measured_at": NOON.isoformat()}, forecast_ghi=800).failure_mode
        is None
    )


def test_power_in_the_dark_tells_nothing() -> None:
    found = power_of({"ac_power_w": 0, "poa_global_w_m2": 10})

    assert found.failure_mode is None
    assert any("no expected power" in warning for warning in found.warnings)


def test_an_array_that_loses_everything_is_expected_nothing_of() -> None:
    job = JobInput.model_validate(
        {
            "kind": "triage",
            "site": {"latitude": -1.27, "longitude": 36.84},
            "array": {"pdc0_w": 10_000, "losses_percent": 100},
            "ticket": {"measurements": {"ac_power_w": 0, "poa_global_w_m2": 800}},
        }
    )

    assert power_expected(job, None, DEFAULTS) is None
