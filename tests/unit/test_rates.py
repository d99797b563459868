"""The firm's settings reach triage."""

import pytest

from core.config import Settings, load_settings
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


@pytest.mark.parametrize("name", ["RESPOND_WITHIN_HOURS_P1", "LABOUR_PER_HOUR", "RATES_CURRENCY"])
def test_a_rate_that_cannot_be_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "-1")

    with pytest.raises(Exception, match=name):
        load_settings(None)
