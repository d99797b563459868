"""The triage in plain words of a language model, which is shown the findings and never the ticket."""

import json
import re
from typing import Annotated, Final

from pydantic import Field

from core.ports import LanguageModel
from nodes.triage.asking import Question, ask, schema_text
from prompts.render import render
from state.base import JsonObject, Model
from state.triage import LanguageModelUse, PlainLanguage, TriageResult

SURE: Final = ((0.75, "fairly sure"), (0.5, "likely"), (0.0, "not sure"))
REASSURING: Final = re.compile(
    r"\bsafe(ly)?\b|\bharmless|\bno (danger|hazard|risk)|\bnot (dangerous|hazardous)|\bde-?energi[sz]ed"
    r"|\bwithout power|\b(continue|resume|keep) work",
    re.IGNORECASE,
)
"""What nobody says of a system that he has not measured."""
STOPS: Final = re.compile(r"\bstop|\bdo not\b|\bdon't\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
AWAY: Final = frozenset({"timed_out", "unavailable", "over_budget"})


class Explanation(Model):
    text: Annotated[str, Field(min_length=20, max_length=1_200)]


async def explained(
    model: LanguageModel | None, found: TriageResult, *, open_questions: bool, account: str
) -> PlainLanguage | None:
    """The finding in plain language; without a text where the model gave none that can be used."""
    if model is None:
        return None
    if found.language_model.status in AWAY:
        return PlainLanguage(text=None, language_model=found.language_model.model_copy(update={"tokens": 0}))
    if open_questions:
        waits = LanguageModelUse(status="not_needed", detail="questions are open")
        return PlainLanguage(text=None, language_model=waits)
    facts = findings(found)
    prompt = render(
        "triage_explanation",
        {"schema": schema_text(Explanation), "findings": json.dumps(facts, ensure_ascii=False, indent=1)},
    )
    answer, use = await ask(
        model, Question(prompt, Explanation, lambda given: _objections(given.text, facts)), account=account
    )
    usable = answer is not None and use.status in ("used", "repaired")
    return PlainLanguage(text=answer.text if answer and usable else None, language_model=use)


def findings(found: TriageResult) -> JsonObject:
    """What the model is told: words of the knowledge base and of the engine, none of the ticket's."""
    return {
        "diagnosis": found.diagnosis,
        "how_sure": next(word for at_least, word in SURE if found.confidence >= at_least),
        "other_explanations": [h.diagnosis for h in found.hypotheses if h.diagnosis != found.diagnosis][:2],
        "priority": found.priority,
        "respond_within_hours": found.respond_within_hours,
        "stop_work": found.stop_work,
        "hazards": sorted({hazard.kind.replace("_", " ") for hazard in found.hazards}),
        "actions": found.actions,
        "parts": found.parts,
    }


def _objections(text: str, facts: JsonObject) -> list[str]:
    known = set(_NUMBER.findall(json.dumps(facts)))
    reasons = []
    if invented := [number for number in _NUMBER.findall(text) if number not in known]:
        reasons.append(f"/text: {', '.join(invented)} is not in the findings")
    if reassuring := REASSURING.search(text):
        reasons.append(f"/text: reassures ({reassuring.group()!r})")
    if facts["stop_work"] and not STOPS.search(re.split(r"[.!\n]", text.strip(), maxsplit=1)[0]):
        reasons.append("/text: the first sentence does not say that work stops")
    return reasons
