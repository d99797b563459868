"""How a job ended, and how often triage was right."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, ValidationInfo

from state.base import Fraction, Model
from state.times import GivenTime
from state.triage import Asset

Part = Annotated[str, Field(min_length=1, max_length=200)]


def _not_before_the_start(end: datetime | None, given: ValidationInfo) -> datetime | None:
    start = given.data.get("actual_start")
    if start and end and end < start:
        raise ValueError("must not be before actual_start")
    return end


class Confirmed(Model):
    """What turned out to be wrong, as found on site."""

    asset: Asset | None = None
    cause: Annotated[str, Field(min_length=1, max_length=500)] | None = Field(
        default=None, description="A failure mode by its name, such as `insulation_fault`, or own words."
    )


class Completion(Model):
    """What closes a job."""

    outcome: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="In a word or two: `resolved`, `partly_resolved`, `not_resolved`, `no_fault_found`, …"
    )
    feedback: Annotated[str, Field(max_length=5_000)] | None = None
    actual_start: GivenTime | None = None
    actual_end: Annotated[GivenTime | None, AfterValidator(_not_before_the_start)] = None
    confirmed: Confirmed = Confirmed()
    parts: Annotated[list[Part], Field(max_length=100)] = Field(default=[], description="Parts used.")


class Finding(Model):
    """What triage had said of the fault."""

    asset: Asset
    failure_mode: str | None
    cause: str | None
    confidence: Fraction


class CompletedJob(Completion):
    """A completion as it is kept, beside what triage had said in `result_version`."""

    job_id: UUID
    completed_at: AwareDatetime
    result_version: int | None
    said: Finding | None


class Hits(Model):
    """How many of so many confirmed findings triage had named. Where it abstained it named nothing."""

    confirmed: int
    abstained: int
    right: int
    hit_rate: Fraction | None = Field(description="Of those it did not abstain from; null without any.")


class HitRate(Model):
    """How often triage was right, over all completed jobs that confirmed something."""

    completed: int = Field(description="Completed jobs with a triage, confirmed or not.")
    asset: Hits
    cause: Hits = Field(description="A confirmed cause counts where it names the failure mode or the cause.")
    by_asset: dict[Asset, Hits] = Field(description="By the asset that was confirmed.")
