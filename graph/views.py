"""Rows as HTTP shows them."""

from core.database.models import JobRow
from graph.steps import STEPS
from state.job import Job, Links, Progress
from state.questions import Question


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
