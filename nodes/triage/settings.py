"""What an operator may tune about triage: response times, rates, and when a loss is urgent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from state.triage import Priority


def _hours() -> Mapping[Priority, float | None]:
    return MappingProxyType({"P1": 4.0, "P2": 24.0, "P3": 72.0, "P4": None})


@dataclass(frozen=True, slots=True)
class TriageSettings:
    """Defaults are those of the service this one succeeds; replace them by the firm's own figures."""

    respond_within_hours: Mapping[Priority, float | None] = field(default_factory=_hours)
    """By priority [h]; None means at the next planned visit."""
    urgent_loss_share: float = 0.30
    """Above this share of the production the loss is priority 2."""

    currency: str = "KES"
    """Of the three rates below; a job in another currency gets no cost."""
    labour_per_hour: float = 1_000.0
    transport: float = 800.0
    transport_offline: float = 1_200.0
    """Transport where the system is down: a second journey for parts is likely."""
    tariff_per_kwh: float = 20.0
    """What a lost kWh is worth where the job states no tariff."""

    visit_h: float = 4.0
    """Work on a system without a battery [h]."""
    visit_with_battery_h: float = 6.0
    offline_extra_h: float = 2.0
    lithium_factor: float = 0.9
    lead_acid_factor: float = 1.1
    remote_h: float = 0.5
    """Work without a visit [h]."""

    performance_ratio_after_losses: float = 0.96
    """Inverter efficiency applied to expected production after the array's stated losses."""
    duplicate_likeness: float = 0.7
    """From this likeness on an open job at the same site is linked as a duplicate."""
    enough_confidence: float = 0.4
    """Below this the asset is called unknown, and the one question that matters is asked. Of tickets labelled by
    people, less than half of the answers below it were right."""
    worth_mentioning: float = 0.25
    """From this on an explanation is listed, though nothing is concluded from it."""


DEFAULTS = TriageSettings()
