"""Off-grid banks against a simulation that shares no line with the product: `make bench ONLY=off_grid` does 200."""

import pytest

from tests.support.off_grid_homes import Home, fails_within_the_autonomy, homes, unserved_kwh

SHORT = 16
ROUNDING_KWH = 0.25
"""The document states a tenth of a kWh unserved and a watt-hour usable, which counts once a day."""


@pytest.fixture(scope="module")
def some_homes() -> list[Home]:
    return list(homes(SHORT))


def test_the_full_bank_carries_the_stated_load_for_the_stated_autonomy_without_sun(
    some_homes: list[Home],
) -> None:
    able = [home for home in some_homes if home.carries_its_peak]
    assert len(able) >= SHORT // 2
    for home in able:
        assert home.result.storage is not None
        assert fails_within_the_autonomy(home) <= 1.0, home.number
        assert home.result.storage.autonomy_days >= home.job.storage.autonomy_days, home.number


def test_the_stated_unserved_energy_is_that_of_the_hours_gone_through_one_by_one(
    some_homes: list[Home],
) -> None:
    for home in some_homes:
        assert home.result.energy is not None
        assert home.result.energy.unserved_kwh == pytest.approx(unserved_kwh(home), abs=ROUNDING_KWH), (
            home.number
        )


def test_some_homes_go_short_so_that_the_comparison_means_something(some_homes: list[Home]) -> None:
    stated = [home.result.energy.unserved_kwh or 0.0 for home in some_homes if home.result.energy]
    assert any(kwh > 1.0 for kwh in stated)
    assert any(kwh == 0.0 for kwh in stated)
