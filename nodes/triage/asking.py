"""Asking a language model for one answer that can be checked, and once more where it cannot be used."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from core.errors import ModelUnavailable
from core.ports import Completion, LanguageModel
from prompts.render import Prompt, render
from state.base import Model
from state.triage import LanguageModelUse, ModelStatus

Given = TypeVar("Given", bound=Model)

LONGEST_ANSWER = 4_000
"""Characters of a refused answer that are shown to the model again."""
REASONS = 5


@dataclass(frozen=True, slots=True)
class Question(Generic[Given]):
    """What is asked, the form of the answer, and what else there is to object to."""

    prompt: Prompt
    form: type[Given]
    objections: Callable[[Given], list[str]]


async def ask(
    model: LanguageModel, question: Question[Given], *, account: str
) -> tuple[Given | None, LanguageModelUse]:
    """The answer, and what became of asking.

    An answer to which there are objections even after the repair comes back as it is, `unusable`: what of it holds
    by itself is the caller's to say. Never raises for what a model does.
    """
    prompt, version = question.prompt, question.prompt.version
    latest: Given | None = None
    name: str | None = None
    tokens = 0

    def became(status: ModelStatus, detail: str | None = None) -> LanguageModelUse:
        return LanguageModelUse(
            status=status, model=name, prompt_version=version, tokens=tokens, detail=detail
        )

    reasons: list[str] = []
    attempts: tuple[ModelStatus, ...] = ("used", "repaired")
    for status in attempts:
        try:
            completion = await model.complete(
                prompt.system, prompt.user, question.form.model_json_schema(), account=account
            )
        except ModelUnavailable as error:
            return latest, became(error.outcome, error.reason)
        name, tokens = completion.model, tokens + completion.tokens
        if completion.refusal is not None:
            return latest, became("refused", "it refused to answer")
        answer, reasons = _judged(question, completion)
        latest = answer or latest
        if not reasons:
            return answer, became(status)
        prompt = _repaired(question.prompt, completion.content, reasons)
    # The reasons would quote the model, and the model the ticket.
    return latest, became("unusable", f"{len(reasons)} objections to its second answer")


def schema_text(form: type[Model]) -> str:
    """The form of an answer, as prompts show it."""
    return json.dumps(form.model_json_schema(), separators=(",", ":"))


def _judged(question: Question[Given], completion: Completion) -> tuple[Given | None, list[str]]:
    content = completion.content
    if completion.cut_off:
        return None, ["it was cut off: it is too long"]
    start, end = content.find("{"), content.rfind("}")
    if start < 0 or end < start:
        return None, ["it holds no JSON object"]
    try:
        answer = question.form.model_validate_json(content[start : end + 1])
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)[:REASONS]
        return None, [f"/{'/'.join(map(str, fault['loc']))}: {fault['msg']}"[:200] for fault in faults]
    return answer, question.objections(answer)[:REASONS]


def _repaired(prompt: Prompt, answer: str, reasons: list[str]) -> Prompt:
    return render(
        "repair",
        {
            "system": prompt.system,
            "user": prompt.user,
            "answer": json.dumps(answer[:LONGEST_ANSWER]),
            "reasons": "\n".join(f"- {reason}" for reason in reasons),
        },
    )
