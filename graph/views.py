"""Rows as HTTP shows them."""

from core.database.models import JobRow
from state.job import Job, Kind, Links, Progress
from state.questions import Question

STEPS: dict[str, tuple[str, ...]] = {
    "sizing": ("intake", "weather", "sizing", "clarify", "dispatch", "review", "report"),
    "triage": ("intake", "weather", "triage", "clarify", "dispatch", "review", "report"),
    "full": ("intake", "weather", "sizing", "triage", "clarify", "dispatch", "review", "report"),
}
"""The nodes of each kind of job, in the order of the story."""


def steps_done(kind: Kind | str, node: str) -> int:
    """How far the workflow has come when `node` has finished."""
    return STEPS[kind].index(node) + 1


def job_view(row: JobRow) -> Job:
    """The job of the contract from its row."""
    path = f"/api/v1/jobs/{row.id}"
    return Job(
        id=row.id,
        kind=row.kind.value,
        status=row.status.value,
        priority=row.priority.value if row.priority else None,
        created_at=row.created_at,
        closed_at=row.closed_at,
        progress=Progress(node=row.progress_node, done=row.progress_done, of=len(STEPS[row.kind])),
        questions=[Question.model_validate(question) for question in row.questions],
        problem=row.problem,
        result_version=row.result_version,
        links=Links(self=path, events=f"{path}/events", result=f"{path}/result"),
    )
