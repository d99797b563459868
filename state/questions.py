"""Questions to a person: one form, stable ids, answers checked before they count."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from state.base import JsonObject, Model, is_readable

Asker = Literal["sizing", "triage", "review"]


class Question(Model):
    """Something that only a person can say. `id` is stable, so a recorded answer answers it again."""

    id: str
    kind: Literal["number", "choice", "text", "boolean"]
    prompt: str
    why: str
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: list[str] | None = None
    role: Literal["technician", "dispatcher"] = Field(
        default="technician", description="Who may answer: a dispatcher, or any who may see the job."
    )
    default: float | str | bool | None = Field(default=None, description="A suggestion, never assumed.")

    def check(self, value: Any) -> str | None:  # noqa: ANN401  an answer is any JSON until it is checked
        """Why `value` does not answer this question, or None where it does."""
        return _CHECKS[self.kind](self, value)


def _check_number(question: Question, value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        return "must be a number"
    unit = f" {question.unit}" if question.unit else ""
    if question.minimum is not None and value < question.minimum:
        return f"must be at least {question.minimum:g}{unit}"
    if question.maximum is not None and value > question.maximum:
        return f"must be at most {question.maximum:g}{unit}"
    return None


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # JSON's whole numbers have no end, those that are reckoned with do
        return False


def _check_choice(question: Question, value: object) -> str | None:
    choices = question.choices or []
    return None if value in choices else f"must be one of: {', '.join(choices)}"


def _check_text(_: Question, value: object) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "must be a text that is not empty"
    if not is_readable(value):
        return "must hold valid Unicode characters only"
    return None if len(value) <= 10_000 else "must be at most 10000 characters"


def _check_boolean(_: Question, value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


_CHECKS = {"number": _check_number, "choice": _check_choice, "text": _check_text, "boolean": _check_boolean}


def check_answers(questions: Iterable[Question], answers: Mapping[str, Any]) -> dict[str, str]:
    """Reasons by question id for every answer that is missing, invalid or was never asked for."""
    asked = {question.id: question for question in questions}
    refused = {unknown: "is not an open question" for unknown in answers if unknown not in asked}
    for question in asked.values():
        reason = (
            question.check(answers[question.id]) if question.id in answers else "this question is open too"
        )
        if reason:
            refused[question.id] = reason
    return refused


def form(questions: Sequence[Question], refused: Mapping[str, str] | None = None) -> JsonObject:
    """What a person is shown: `questions`, and in `refused` why the last reply did not do, by question id."""
    shown: JsonObject = {"questions": [question.to_json() for question in questions]}
    return shown | {"refused": dict(refused)} if refused else shown


def ask(questions: Sequence[Question], show: Callable[[JsonObject], Any]) -> JsonObject:
    """Answers by question id that all count; `show` is called with the form until they do.

    `show` is LangGraph's `interrupt` in a node. A replayed node shows the same forms in the same order, which
    `interrupt` relies on: a form depends only on the questions and the replies before it.
    """
    refused: dict[str, str] | None = None
    while True:
        reply = show(form(questions, refused))
        if not isinstance(reply, Mapping):
            refused = {"": "answer with an object: question id to value"}
            continue
        refused = check_answers(questions, reply)
        if not refused:
            return dict(reply)
