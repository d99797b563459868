"""Asks a person, once, for everything the branches miss."""

from langchain_core.messages import AIMessage
from langgraph.types import interrupt
from typing_extensions import TypedDict

from nodes.clarify.merge import merge_questions
from state.base import JsonObject
from state.questions import Question, ask


class ClarifyReads(TypedDict):
    job_id: str
    open_questions: dict[str, list[JsonObject]]


class ClarifyWrites(TypedDict, total=False):
    answers: JsonObject
    messages: list[AIMessage]


async def clarify(state: ClarifyReads) -> ClarifyWrites:
    """Writes the answers. `open_questions` stay as they are: they tell the router which branch asked."""
    questions = merge_questions(state["open_questions"])
    if not questions:
        return {}
    answers = ask(questions, interrupt)
    ids = "+".join(question.id for question in questions)
    message = AIMessage(
        content=_account(questions, answers), name="clarify", id=f"{state['job_id']}:clarify:{ids}"
    )
    return {"answers": answers, "messages": [message]}


def _account(questions: list[Question], answers: JsonObject) -> str:
    def said(question: Question) -> str:
        unit = f" {question.unit}" if question.unit else ""
        return f"{question.prompt} — {answers[question.id]}{unit}"

    return "\n".join(map(said, questions))
