"""The firm's own response times and rates, from its settings to triage."""

from types import MappingProxyType

from core.config import Settings
from nodes.triage.settings import TriageSettings


def triage_settings(settings: Settings) -> TriageSettings:
    """What triage is told of the firm; all else stays as it is."""
    return TriageSettings(
        respond_within_hours=MappingProxyType(
            {
                "P1": settings.respond_within_hours_p1,
                "P2": settings.respond_within_hours_p2,
                "P3": settings.respond_within_hours_p3,
                "P4": None,
            }
        ),
        currency=settings.rates_currency,
        labour_per_hour=settings.labour_per_hour,
        transport=settings.transport_cost,
        transport_offline=settings.transport_cost_offline,
        tariff_per_kwh=settings.tariff_per_kwh,
    )
