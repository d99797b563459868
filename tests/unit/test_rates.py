"""The firm's settings reach triage."""

import pytest

from core.config import Settings, load_rates, load_settings
from graph.rates import triage_settings
from nodes.triage.engine import triage
from nodes.triage.settings import DEFAULTS
from state.job import JobInput


def test_without_settings_triage_keeps_its_defaults() -> None:
    assert triage_settings(load_settings(None)) == DEFAULTS


def test_response_times_and_rates_are_the_firms_own() -> None:
    settings = Settings(
        respond_within_hours_p1=2, rates_currency="EUR", labour_per_hour=60, transport_cost=45
    )
    job = JobInput.model_validate(
        {
            "kind": "triage",
            "site": {"latitude": 48.1, "longitude": 11.6},
            "economics": {"currency": "EUR"},
            "ticket": {"text": "smoke from the inverter"},
        }
    )

    found = triage(job, {}, production=None, settings=triage_settings(settings)).triage

    assert found is not None
    assert found.respond_within_hours == 2
    assert found.currency == "EUR"
    assert found.labour_cost == pytest.approx(found.estimated_duration_h * 60)


def test_money_is_in_the_jobs_currency_and_what_is_not_known_in_it_is_no_number() -> None:
    job = JobInput.model_validate(
        {
            "kind": "triage",
            "site": {"latitude": 48.1, "longitude": 11.6},
            "array": {"pdc0_w": 5000},
            "resource": {"peak_sun_hours": 3},
            "economics": {"currency": "EUR", "tariff_per_kwh": 0.3},
            "ticket": {"text": "inverter is dead"},
        }
    )

    found = triage(job, {}, production=None).triage

    assert found is not None
    assert found.energy_loss is not None
    assert found.currency == "EUR"
    assert found.energy_loss.cost_per_day == pytest.approx(0.3 * found.energy_loss.kwh_per_day, abs=0.01)
    assert found.energy_loss.basis.endswith("at 0.3 EUR/kWh")
    assert (found.labour_cost, found.transport_cost) == (None, None)
    assert "no cost: labour and transport are known in KES only" in found.assumptions


def test_rates_are_read_without_the_settings_of_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("TARIFF_PER_KWH", "0.25")

    assert triage_settings(load_rates(None)).tariff_per_kwh == 0.25


@pytest.mark.parametrize("value", ["-1", "inf", "nan"])
@pytest.mark.parametrize("name", ["RESPOND_WITHIN_HOURS_P1", "LABOUR_PER_HOUR", "RATES_CURRENCY"])
def test_a_rate_that_cannot_be_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(Exception, match=name):
        load_settings(None)
