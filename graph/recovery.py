"""Whether a run may go on from the checkpoint that it finds, or starts over from what PostgreSQL holds."""

from itertools import chain

from langgraph.types import StateSnapshot
from pydantic import ValidationError

from core.database.models import JobRow
from core.errors import CheckpointUnreadable
from graph.entry import asked_in
from graph.outcome import PARTS
from state.base import JsonObject, Model
from state.job import JobInput
from state.questions import Question
from state.weather import WeatherResult

READ: dict[str, type[Model]] = {**PARTS, "input": JobInput, "previous_weather": WeatherResult}
"""What nodes read of a state, by its keys."""


def refuse_unusable(job: JobRow, snapshot: StateSnapshot) -> None:
    """Before it is gone on from: what a node cannot read later is then a fault of the node.

    Raises
    ------
    CheckpointUnreadable
        It is older than the job, or its state is not of this release.
    """
    states = [snapshot.values, *(task.result or {} for task in snapshot.tasks)]
    _refuse_outdated(job, states, asked_in(snapshot))
    for state in states:
        _refuse_unreadable(state)


def _refuse_outdated(job: JobRow, states: list[JsonObject], asked: set[str]) -> None:
    """A Redis that lost its last writes shows an earlier checkpoint: one that lacks answers which are recorded."""
    held = [given for state in states for given in state.get("answers", {}).items()]
    if any(answer not in held for answer in job.answers.items() if answer[0] not in asked):
        raise CheckpointUnreadable("The checkpoint is older than answers that are recorded.")


def _refuse_unreadable(state: JsonObject) -> None:
    try:
        for key, part in READ.items():
            if state.get(key):
                part.from_json(state[key])
        for question in chain.from_iterable(state.get("open_questions", {}).values()):
            Question.from_json(question)
    except ValidationError as error:
        raise CheckpointUnreadable(
            f"The checkpoint holds a {error.title} that this release does not read."
        ) from error
