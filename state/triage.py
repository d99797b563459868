"""A fault ticket, and what triage makes of it."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from state.base import Fraction, Model, NonNegative
from state.questions import Question

Asset = Literal[
    "module",
    "string",
    "combiner",
    "inverter",
    "transformer",
    "switchgear",
    "substation",
    "tracker",
    "battery",
    "meter",
    "met_station",
    "communications",
    "monitoring",
    "grid",
    "racking",
    "wiring",
    "facility",
    "other",
    "unknown",
]
HazardKind = Literal["ground_fault", "arc_fault", "fire", "shock", "fall", "battery", "weather"]
Priority = Literal["P1", "P2", "P3", "P4"]


def _as_code(value: Any) -> Any:  # noqa: ANN401  anything may arrive; pydantic refuses the rest
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


FaultCode = Annotated[str, BeforeValidator(_as_code), Field(min_length=1, max_length=40)]


class Measurements(Model):
    """What was measured on site or read from the monitoring."""

    insulation_resistance_mohm: NonNegative | None = None
    system_voltage_v: NonNegative | None = None
    ac_power_w: NonNegative | None = None
    expected_power_w: NonNegative | None = None
    v_oc_v: NonNegative | None = None
    expected_v_oc_v: NonNegative | None = None
    i_sc_a: NonNegative | None = None
    expected_i_sc_a: NonNegative | None = None
    string_currents_a: Annotated[list[NonNegative], Field(max_length=1000)] | None = None
    hot_spot_delta_k: NonNegative | None = None
    poa_global_w_m2: NonNegative | None = None
    battery_temperature_c: Annotated[float, Field(ge=-60, le=200)] | None = None
    grid_voltage_v: NonNegative | None = None


class Ticket(Model):
    text: Annotated[str, Field(max_length=20_000)] | None = None
    vendor: Annotated[str, Field(max_length=100)] | None = None
    fault_codes: Annotated[list[FaultCode], Field(max_length=50)] = []
    measurements: Measurements = Measurements()


class Hazard(Model):
    kind: HazardKind
    evidence: str
    rule: str


class Evidence(Model):
    source: Literal["code", "measurement", "text", "llm"]
    quote: str
    says: str
    rule: str


class EnergyLoss(Model):
    kwh_per_day: NonNegative
    cost_per_day: NonNegative | None
    basis: str


class Hypothesis(Model):
    """One explanation of the evidence, and how sure it makes it."""

    asset: Asset
    failure_mode: str | None
    diagnosis: str
    confidence: Fraction


class TriageResult(Model):
    asset: Asset
    component: str | None
    failure_mode: str | None
    cause: str | None
    diagnosis: str
    priority: Priority
    respond_within_hours: float | None = Field(description="Null: at the next planned visit.")
    hazards: list[Hazard]
    stop_work: bool
    truck_roll: bool
    actions: list[str]
    parts: list[str]
    skills: list[str]
    estimated_duration_h: NonNegative
    labour_cost: NonNegative | None
    transport_cost: NonNegative | None
    currency: str
    energy_loss: EnergyLoss | None
    confidence: Fraction
    evidence: list[Evidence]
    hypotheses: list[Hypothesis] = Field(default=[], description="Every explanation, the likeliest first.")
    contradictions: list[str] = Field(default=[], description="Evidence that speaks against other evidence.")
    assumptions: list[str] = []
    warnings: list[str] = []


class TriageAnswer(Model):
    """What triage says at once: a result, the questions it would have asked, or both."""

    triage: TriageResult | None
    questions: list[Question]
