"""What several branches miss, as one form: a question that two of them ask is asked once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from state.base import JsonObject
from state.questions import Asker, Question


def merge_questions(open_questions: Mapping[str, Sequence[JsonObject]]) -> list[Question]:
    """The questions of all branches in the order of `Asker`, then of each branch; one per id.

    Raises
    ------
    ValueError
        Two branches give one id different meanings. Only a mistake in the code does that.
    """
    merged: dict[str, Question] = {}
    for asker in _in_order(open_questions):
        for document in open_questions[asker]:
            question = Question.model_validate(document)
            known = merged.get(question.id)
            merged[question.id] = question if known is None else _both(known, question)
    return list(merged.values())


def _in_order(askers: Iterable[str]) -> list[str]:
    """Parallel branches finish in any order; the form must not depend on it."""
    known: tuple[str, ...] = get_args(Asker)
    return sorted(askers, key=lambda asker: (known.index(asker) if asker in known else len(known), asker))


def _both(first: Question, second: Question) -> Question:
    """One question whose answer serves both askers: the narrower limits, the choices that both take."""
    if first == second:
        return first
    if (first.kind, first.unit) != (second.kind, second.unit):
        raise ValueError(
            f"question {first.id!r} is asked as {first.kind} [{first.unit}] and as {second.kind}"
        )
    changes: dict[str, Any] = {
        "minimum": max(_stated(first.minimum, second.minimum), default=None),
        "maximum": min(_stated(first.maximum, second.maximum), default=None),
        "choices": _shared(first.choices, second.choices),
        "why": first.why if second.why == first.why else f"{first.why} {second.why}",
        "default": second.default if first.default is None else first.default,
    }
    return first.model_copy(update=changes)


def _stated(*limits: float | None) -> list[float]:
    return [limit for limit in limits if limit is not None]


def _shared(first: list[str] | None, second: list[str] | None) -> list[str] | None:
    if first is None or second is None:
        return first if second is None else second
    return [choice for choice in first if choice in second]
