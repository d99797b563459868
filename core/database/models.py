"""The tables of jobs and of the people who work on them."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, ExcludeConstraint
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base, native_enum
from core.database.places import job_cell, job_place
from core.database.result_documents import put_together, taken_apart
from core.database.search import Words, job_words
from core.ids import new_id

ONE_VISIT_AT_A_TIME = "ex_jobs_one_visit_at_a_time"
_AS_ADDRESS = text(
    r"(CAST(regexp_replace(replace(CAST(technician_id AS text), '-', ''), '(.{4})(?!$)', '\1:', 'g') AS inet))"
)
"""GiST knows no uuid without an extension that not every server has; an IPv6 address is the same 128 bits."""


class Role(StrEnum):
    TECHNICIAN = "technician"
    DISPATCHER = "dispatcher"
    ADMIN = "admin"


class JobKind(StrEnum):
    SIZING = "sizing"
    TRIAGE = "triage"
    FULL = "full"


class RunKind(StrEnum):
    START = "start"
    RESUME = "resume"
    REFRESH = "refresh"
    RETRY = "retry"


class RunStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobPriority(StrEnum):
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


ROLE = native_enum(Role, "role")
JOB_KIND = native_enum(JobKind, "job_kind")
RUN_KIND = native_enum(RunKind, "run_kind")
RUN_STATUS = native_enum(RunStatus, "run_status")
JOB_PRIORITY = native_enum(JobPriority, "job_priority")


class User(Base):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[Role] = mapped_column(ROLE)
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("uq_users_username_lower", text("lower(username)"), unique=True),)


class TechnicianRow(Base):
    __tablename__ = "technicians"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), unique=True)
    name: Mapped[str]
    skills: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    base_latitude: Mapped[float]
    base_longitude: Mapped[float]
    timezone: Mapped[str]
    working_hours: Mapped[dict[str, Any]]
    contact: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LeaveRow(Base):
    __tablename__ = "leave"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    technician_id: Mapped[UUID] = mapped_column(ForeignKey("technicians.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_leave_technician_id_ends_at", "technician_id", "ends_at"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    )


def _from_input(derived: Callable[[dict[str, Any]], Any]) -> Callable[[DefaultExecutionContext], Any]:
    return lambda context: derived(context.get_current_parameters()["input"])  # type: ignore[no-untyped-call]


class JobRow(Base):
    """A job; `status` is that of its last start, resume or retry run, `words` are those it is found by.

    `weather` is what a refresh has seen since the latest result, which holds the weather that it rests on;
    `place` is the cell of its site, `asset` and `failure_mode` what triage found: what other jobs there ask for.
    `weather_cell` is where its forecast is found. From `resource_due_at` on a provider is asked for the climate that
    it was to be sized for; nobody is where that is null. `wants_visit` says that no visit could be planned yet.
    """

    __tablename__ = "jobs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[JobKind] = mapped_column(JOB_KIND)
    status: Mapped[RunStatus] = mapped_column(RUN_STATUS)
    priority: Mapped[JobPriority | None] = mapped_column(JOB_PRIORITY)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_at: Mapped[datetime | None]
    input: Mapped[dict[str, Any]]
    answers: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    questions: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    problem: Mapped[dict[str, Any] | None]
    result_version: Mapped[int | None]
    progress_node: Mapped[str | None]
    progress_done: Mapped[int] = mapped_column(server_default=text("0"))
    technician_id: Mapped[UUID | None] = mapped_column(ForeignKey("technicians.id", ondelete="SET NULL"))
    visit_start: Mapped[datetime | None]
    visit_end: Mapped[datetime | None]
    wants_visit: Mapped[bool] = mapped_column(server_default=text("false"))
    fence: Mapped[int] = mapped_column(server_default=text("0"))
    weather: Mapped[dict[str, Any] | None]
    place: Mapped[str | None] = mapped_column(default=_from_input(job_place))
    weather_cell: Mapped[str | None] = mapped_column(default=_from_input(job_cell))
    resource_due_at: Mapped[datetime | None]
    asset: Mapped[str | None]
    failure_mode: Mapped[str | None]
    words: Mapped[list[str]] = mapped_column(
        Words,
        default=_from_input(job_words),
        server_default=text("''"),
        deferred=True,
        deferred_raiseload=True,
    )

    __table_args__ = (
        # A page is the newest of what one may see and asks for: each filter alone reads no row beyond it.
        Index("ix_jobs_created_by_id", "created_by", "id"),
        Index("ix_jobs_created_by_status_id", "created_by", "status", "id"),
        Index("ix_jobs_technician_id_id", "technician_id", "id"),
        Index("ix_jobs_technician_id_status_id", "technician_id", "status", "id"),
        Index("ix_jobs_status_id", "status", "id"),
        Index("ix_jobs_kind_id", "kind", "id"),
        Index("ix_jobs_priority_id", "priority", "id"),
        # Without the list of pending entries, which every search would have to read.
        Index("ix_jobs_words", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        Index("ix_jobs_place_id", "place", "id", postgresql_where=text("asset IS NOT NULL")),
        Index("ix_jobs_weather_cell", "weather_cell", postgresql_where=text("closed_at IS NULL")),
        Index(
            "ix_jobs_resource_due_at", "resource_due_at", postgresql_where=text("resource_due_at IS NOT NULL")
        ),
        Index("ix_jobs_open", "id", postgresql_where=text("closed_at IS NULL")),
        Index("ix_jobs_closed", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
        Index(
            "ix_jobs_technician_visit",
            "technician_id",
            "visit_start",
            postgresql_where=text("technician_id IS NOT NULL AND closed_at IS NULL"),
        ),
        CheckConstraint("(visit_start IS NULL) = (visit_end IS NULL)", name="visit_whole"),
        ExcludeConstraint(
            (_AS_ADDRESS, "="),
            (text("tstzrange(visit_start, visit_end)"), "&&"),
            name=ONE_VISIT_AT_A_TIME,
            where=text("technician_id IS NOT NULL AND visit_start IS NOT NULL AND closed_at IS NULL"),
        ),
    )


class RunRow(Base):
    """One execution on a job.

    `attempt` counts how often a worker claimed it, `failures` how often it was put off for a reason of its own and not
    because a server or another job was in the way. `fence` is the job's claim counter at the last claim: it
    only ever grows within a job, across runs, so a worker that holds an older one has lost the run.
    """

    __tablename__ = "runs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    kind: Mapped[RunKind] = mapped_column(RUN_KIND)
    status: Mapped[RunStatus] = mapped_column(RUN_STATUS)
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    fence: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    problem: Mapped[dict[str, Any] | None]

    __table_args__ = (
        Index("ix_runs_job_id_id", "job_id", "id"),
        Index(
            "uq_runs_one_active",
            "job_id",
            unique=True,
            postgresql_where=text("status IN ('queued', 'running')"),
        ),
        Index("ix_runs_failed", "id", postgresql_where=text("status = 'failed'")),
    )


class ResultRow(Base):
    """A version of the result; without a run where a person made it by overriding the one before.

    `stored` is the document without the hours of its forecast, which are `forecast_hours`.
    """

    __tablename__ = "results"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    produced_at: Mapped[datetime] = mapped_column(server_default=func.now())
    stored: Mapped[dict[str, Any]] = mapped_column("document")
    forecast_hours: Mapped[bytes | None] = mapped_column(LargeBinary)

    @property
    def document(self) -> dict[str, Any]:
        """The result, whole."""
        return put_together(self.stored, self.forecast_hours)

    @document.setter
    def document(self, document: dict[str, Any]) -> None:
        self.stored, self.forecast_hours = taken_apart(document)


class CompletionRow(Base):
    """How a job ended, beside what triage had said of it in `result_version`."""

    __tablename__ = "completions"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    completed_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    completed_at: Mapped[datetime]
    outcome: Mapped[str]
    feedback: Mapped[str | None]
    actual_start: Mapped[datetime | None]
    actual_end: Mapped[datetime | None]
    parts: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    confirmed_asset: Mapped[str | None]
    confirmed_cause: Mapped[str | None]
    result_version: Mapped[int | None]
    said_asset: Mapped[str | None]
    said_failure_mode: Mapped[str | None]
    said_cause: Mapped[str | None]
    said_confidence: Mapped[float | None]

    __table_args__ = (CheckConstraint("actual_end >= actual_start", name="ends_after_start"),)


class JobEventRow(Base):
    """The audit trail: every change of a job is a row here, written with the change."""

    __tablename__ = "job_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    type: Mapped[str]
    actor: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))

    __table_args__ = (
        Index("ix_job_events_job_id_id", "job_id", "id"),
        # Next to nothing to maintain: events are appended, so a range of pages is a range of time.
        Index("ix_job_events_at", "at", postgresql_using="brin"),
    )
