"""Stops for a person where work is dangerous or nobody can be sent."""

from langchain_core.messages import AIMessage
from langgraph.types import interrupt
from typing_extensions import NotRequired, TypedDict

from nodes.review.decisions import decided, questions_due, unanswered
from state.base import JsonObject
from state.dispatch import DispatchResult
from state.questions import ask
from state.triage import TriageResult


class ReviewReads(TypedDict):
    job_id: str
    answers: JsonObject
    dispatch: JsonObject
    triage: NotRequired[JsonObject]


class ReviewWrites(TypedDict, total=False):
    answers: JsonObject
    dispatch: JsonObject
    messages: list[AIMessage]


async def review(state: ReviewReads) -> ReviewWrites:
    """Asks what no recorded answer decides, and carries the decisions into the visit."""
    dispatch = DispatchResult.from_json(state["dispatch"])
    triage = TriageResult.from_json(state["triage"]) if "triage" in state else None
    due = questions_due(triage, dispatch)
    if not due:
        return {}
    missing = unanswered(due, state["answers"])
    given = ask(missing, interrupt) if missing else {}
    settled = decided(dispatch, due, {**state["answers"], **given})
    message = AIMessage(
        content=f"Decided: {settled.decision}.", name="review", id=f"{state['job_id']}:review"
    )
    return {"answers": given, "dispatch": settled.to_json(), "messages": [message]}
