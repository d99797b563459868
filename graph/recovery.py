"""Whether a run may go on from the checkpoint that it finds, or starts over from what PostgreSQL holds."""

from langgraph.types import StateSnapshot

from core.database.models import JobRow
from core.errors import CheckpointUnreadable
from graph.entry import asked_in


def refuse_outdated(job: JobRow, snapshot: StateSnapshot) -> None:
    """A Redis that lost its last writes shows an earlier checkpoint: one that lacks answers which are recorded.

    Raises
    ------
    CheckpointUnreadable
        There are answers that neither the state holds, nor what its tasks have written, nor its open form asks for.
    """
    states = [snapshot.values, *(task.result or {} for task in snapshot.tasks)]
    held = [given for state in states for given in state.get("answers", {}).items()]
    asked = asked_in(snapshot)
    if any(answer not in held for answer in job.answers.items() if answer[0] not in asked):
        raise CheckpointUnreadable("The checkpoint is older than answers that are recorded.")
