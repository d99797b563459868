"""A fault ticket, and what triage makes of it."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from state.base import Fraction, Given, Model, NonNegative
from state.questions import Question
from state.times import GivenTime

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


Code = Annotated[str, Field(min_length=1, max_length=40)]
FaultCode = Annotated[Code, BeforeValidator(_as_code, json_schema_input_type=Code | int)]


class Measurements(Given):
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
    measured_at: GivenTime | None = None
    battery_temperature_c: Annotated[float, Field(ge=-60, le=200)] | None = None
    grid_voltage_v: NonNegative | None = None


class Ticket(Model):
    text: Annotated[str, Field(max_length=20_000)] | None = None
    vendor: Annotated[str, Field(max_length=100)] | None = None
    fault_codes: Annotated[list[FaultCode], Field(max_length=50)] = []
    measurements: Measurements = Measurements()


class ExtractedEvidence(Model):
    """What somebody else, as a language model, read out of the ticket. It may add a hazard or raise the priority."""

    quote: Annotated[str, Field(min_length=1, max_length=500)]
    says: Annotated[str, Field(min_length=1, max_length=500)]
    rule: Annotated[str, Field(min_length=1, max_length=200)]
    hazard: HazardKind | None = None
    at_least: Priority | None = None


class PastFault(Model):
    """A fault that was dealt with at the same site before."""

    job_id: str
    at: AwareDatetime
    asset: Asset
    failure_mode: str | None
    confirmed: bool = False


class OpenFault(Model):
    """A job at the same site that is not closed."""

    job_id: str
    created_at: AwareDatetime
    ticket: Ticket
    asset: Asset
    failure_mode: str | None


class SiteRecord(Model):
    """What is known of a site from its other jobs."""

    past: list[PastFault] = []
    open: list[OpenFault] = []


class Duplicate(Model):
    """An open job at the same site that seems to be about the same fault."""

    job_id: str
    likeness: Fraction
    reasons: list[str]


class Hazard(Model):
    kind: HazardKind
    evidence: str
    rule: str


class Evidence(Model):
    source: Literal["code", "measurement", "text", "history", "llm"]
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


ModelStatus = Literal[
    "off",
    "not_needed",
    "used",
    "repaired",
    "refused",
    "unusable",
    "timed_out",
    "unavailable",
    "over_budget",
]


class LanguageModelUse(Model):
    """What became of asking a language model; whatever it was, the triage stands without it."""

    status: ModelStatus = Field(
        description="off: none is configured. not_needed: nothing was asked. repaired: its second answer was used."
    )
    model: str | None = None
    prompt_version: str | None = None
    tokens: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Paid for in this run, of both answers."
    )
    detail: str | None = None


OFF = LanguageModelUse(status="off")


class PlainLanguage(Model):
    """The triage in a language model's words, which saw the findings and not the ticket. It decides nothing."""

    text: str | None
    language_model: LanguageModelUse


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
    hypotheses: list[Hypothesis] = Field(
        default=[],
        description="Every explanation, the likeliest first; `asset` is unknown where even that is thin.",
    )
    contradictions: list[str] = Field(default=[], description="Evidence that speaks against other evidence.")
    duplicates: list[Duplicate] = Field(
        default=[],
        description="Open jobs at the same site that seem to be about the same fault, the likest first.",
    )
    assumptions: list[str] = []
    warnings: list[str] = []
    language_model: LanguageModelUse = Field(
        default=OFF, description="Whether a language model read the ticket, which can only add to the triage."
    )
    plain_language: PlainLanguage | None = Field(
        default=None, description="Null where no language model is configured."
    )


class TriageAnswer(Model):
    """What triage says at once: a result, the questions it would have asked, or both."""

    triage: TriageResult | None
    questions: list[Question]
