"""Answers to a job's questions: from the command line, and asked of a person one by one."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from core.errors import FieldError, InvalidInput, SolarSyncError
from state.questions import Question

WORDS = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}


def answers_for(
    questions: Sequence[Question], settings: Iterable[str], console: Console, *, accept_suggestions: bool
) -> dict[str, Any]:
    """An answer to every question: as set, else the suggestion if those are accepted, else a person's.

    Raises `InvalidInput` for what does not do, and for what is left open where nobody is at the terminal.
    """
    answers = parse_settings(settings, questions)
    if accept_suggestions:
        suggestions = {each.id: each.default for each in questions if each.default is not None}
        answers = suggestions | answers
    left = [question for question in questions if question.id not in answers]
    if left and not (console.is_terminal and sys.stdin.isatty()):
        raise InvalidInput(
            [FieldError(f"/answers/{each.id}", f"this is open too: {each.prompt}") for each in left]
        )
    return answers | ask_person(left, console)


def parse_settings(settings: Iterable[str], questions: Sequence[Question]) -> dict[str, Any]:
    """Answers by question id from `id=value` texts.

    Raises `InvalidInput` for each that is no such text or does not answer a question that is open.
    """
    asked = {question.id: question for question in questions}
    answers, faults = {}, []
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            faults.append(FieldError("--set", f"must be id=value, not {setting!r}"))
        elif name not in asked:
            faults.append(FieldError(f"/answers/{name}", f"is not an open question; open: {_listed(asked)}"))
        else:
            answers[name] = answer_in(asked[name], text)
            if reason := asked[name].check(answers[name]):
                faults.append(FieldError(f"/answers/{name}", reason))
    if faults:
        raise InvalidInput(faults)
    return answers


def answer_in(question: Question, text: str) -> float | str | bool:
    """What a typed text means to this question; the text itself where it means nothing."""
    text = text.strip()
    if question.kind == "boolean":
        return WORDS.get(text.lower(), text)
    if question.kind == "number":
        try:
            return float(text)
        except ValueError:
            return text
    return text


def ask_person(questions: Sequence[Question], console: Console) -> dict[str, Any]:
    """Answers that all count, asked one by one; an empty line accepts the suggestion."""
    return {
        question.id: _asked(question, console, f"{number} of {len(questions)}")
        for number, question in enumerate(questions, start=1)
    }


def expected(question: Question) -> str:
    """What an answer may be."""
    if question.kind == "number":
        limits = (
            f"{question.minimum:g} to {question.maximum:g}"
            if question.minimum is not None and question.maximum is not None
            else "a number"
        )
        return f"{limits} {question.unit or ''}".strip()
    if question.kind == "boolean":
        return "yes or no"
    return " / ".join(question.choices or ()) or "your words"


def _typed(question: Question) -> str:
    return f"1 to {len(question.choices)}" if question.choices else expected(question)


def _chosen(question: Question, text: str) -> str:
    """The choice by its number in the list; whatever else was typed, as it is."""
    choices = question.choices or []
    return choices[int(text) - 1] if text.isdecimal() and 0 < int(text) <= len(choices) else text


def _asked(question: Question, console: Console, place: str) -> float | str | bool:
    console.print(_shown(question, place))
    while True:
        text = _line(question, console)
        if not text and question.default is not None:
            return question.default
        answer = answer_in(question, text)
        if question.kind == "choice" and question.check(answer):
            answer = _chosen(question, text)
        reason = question.check(answer)
        if reason is None:
            return answer
        console.print(Text(f"  {reason}", style="yellow"))


def _shown(question: Question, place: str) -> RenderableType:
    choices = "".join(
        f"\n  {number}  {choice}" for number, choice in enumerate(question.choices or (), start=1)
    )
    return Text.assemble(
        ("\n", ""),
        (question.id, "cyan"),
        f"  ({place})\n",
        (question.prompt, "bold"),
        f"\nWhy: {question.why}{choices}",
    )


def _line(question: Question, console: Console) -> str:
    suggestion = "" if question.default is None else f" [{question.default}]"
    try:
        return console.input(Text(f"{_typed(question)}{suggestion}: ")).strip()
    except EOFError:
        raise SolarSyncError("Not answered: nothing was sent.") from None


def _listed(asked: Mapping[str, Question]) -> str:
    return ", ".join(asked) or "none"
