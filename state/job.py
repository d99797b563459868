"""The job: what comes in, and what goes out. What travels in between is `state.workflow`."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field

from state.base import JsonObject, Model
from state.demand import Demand
from state.dispatch import DispatchResult, Schedule
from state.economics import Economics
from state.equipment import Array, Electrical, Equipment, RoofPlane, Storage
from state.questions import Question
from state.site import Customer, Site
from state.sizing import SizingResult
from state.triage import Priority, Ticket, TriageResult
from state.weather import ResourceRequest, WeatherResult

Kind = Literal["sizing", "triage", "full"]
RunKind = Literal["start", "resume", "refresh", "retry"]
Status = Literal["queued", "running", "waiting", "succeeded", "failed", "cancelled"]

FINAL: frozenset[Status] = frozenset({"succeeded", "failed", "cancelled"})


def _system_type(value: Any) -> Any:  # noqa: ANN401  anything may arrive; pydantic refuses the rest
    return "grid_tied" if value == "pure" else value


SystemType = Annotated[Literal["grid_tied", "hybrid", "off_grid"], BeforeValidator(_system_type)]


class JobInput(Model):
    """What a technician asks for. The same document for HTTP, the command line and Studio."""

    kind: Kind
    description: Annotated[str, Field(max_length=5_000)] | None = None
    system_type: SystemType = "grid_tied"
    site: Site
    customer: Customer = Customer()
    demand: Demand | None = None
    roof: Annotated[list[RoofPlane], Field(max_length=20)] = []
    array: Array = Array()
    equipment: Equipment = Equipment()
    electrical: Electrical = Electrical()
    storage: Storage = Storage()
    resource: ResourceRequest = ResourceRequest()
    economics: Economics = Economics()
    ticket: Ticket | None = None
    schedule: Schedule = Schedule()


class Report(Model):
    summary: str
    warnings: list[str]
    assumptions: list[str]


class JobResult(Model):
    job_id: UUID
    version: int
    produced_at: AwareDatetime
    questions: list[Question] = []
    weather: WeatherResult | None
    sizing: SizingResult | None
    triage: TriageResult | None
    dispatch: DispatchResult | None
    report: Report


class Progress(Model):
    """`done` of `of` steps of the workflow; `node` is the last one that finished."""

    node: str | None
    done: int
    of: int


class Links(Model):
    self: str
    events: str
    result: str


class Job(Model):
    """A job as HTTP shows it."""

    id: UUID
    kind: Kind
    status: Status
    priority: Priority | None
    created_at: AwareDatetime
    closed_at: AwareDatetime | None
    progress: Progress
    questions: list[Question]
    problem: JsonObject | None
    result_version: int | None
    links: Links
