"""The firm's own response times and rates, from its settings to triage."""

from types import MappingProxyType

from core.config import Rates
from nodes.triage.settings import TriageSettings


def triage_settings(rates: Rates) -> TriageSettings:
    """What triage is told of the firm; all else stays as it is."""
    return TriageSettings(
        respond_within_hours=MappingProxyType(
            {
                "P1": rates.respond_within_hours_p1,
                "P2": rates.respond_within_hours_p2,
                "P3": rates.respond_within_hours_p3,
                "P4": None,
            }
        ),
        currency=rates.rates_currency,
        labour_per_hour=rates.labour_per_hour,
        transport=rates.transport_cost,
        transport_offline=rates.transport_cost_offline,
        tariff_per_kwh=rates.tariff_per_kwh,
    )
