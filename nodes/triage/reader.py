"""What a language model reads out of a ticket: dangers and urgency, in the ticket's own words.

The answer has room for nothing else, and no word of the model's own gets any further: whoever gives it orders in a
ticket gains a hazard, a higher priority, or nothing.
"""

import json
from typing import Annotated, Literal, get_args

from pydantic import Field

from core.ports import LanguageModel
from nodes.triage.asking import Question, ask, schema_text
from prompts.render import render
from state.base import Model
from state.triage import OFF, ExtractedEvidence, HazardKind, LanguageModelUse

Urgency = Literal["P1", "P2", "P3"]
LONGEST_TEXT = 8_000
"""Characters of a ticket that are sent."""
SHORTEST_QUOTE = 3
"""Letters and digits."""


class ReadSign(Model):
    """A sign of danger, a reason to hurry, or both, with the words of the ticket that say so."""

    quote: Annotated[str, Field(min_length=SHORTEST_QUOTE, max_length=300)]
    hazard: HazardKind | None = None
    at_least: Urgency | None = None


class ReadSigns(Model):
    evidence: Annotated[list[ReadSign], Field(max_length=10)]


async def read_with(
    model: LanguageModel | None, text: str, *, account: str
) -> tuple[list[ExtractedEvidence], LanguageModelUse]:
    """What the model finds in the text, and what became of asking it."""
    if model is None:
        return [], OFF
    if not text.strip():
        return [], LanguageModelUse(status="not_needed", detail="the ticket has no text")
    text = text[:LONGEST_TEXT]
    prompt = render(
        "triage_evidence",
        {
            "hazards": ", ".join(get_args(HazardKind)),
            "schema": schema_text(ReadSigns),
            "ticket": json.dumps(text, ensure_ascii=False),
        },
    )
    said = _plain(text)
    answer, use = await ask(
        model, Question(prompt, ReadSigns, lambda signs: _objections(signs, said)), account=account
    )
    signs = answer.evidence if answer else []
    held = [sign for sign in signs if _objection(sign, said) is None]
    return [_evidence(sign, use) for sign in held], use


def _objections(signs: ReadSigns, said: str) -> list[str]:
    found = [(place, _objection(sign, said)) for place, sign in enumerate(signs.evidence)]
    return [f"/evidence/{place}: {objection}" for place, objection in found if objection]


def _objection(sign: ReadSign, said: str) -> str | None:
    quote = _plain(sign.quote)
    if quote not in said or sum(map(str.isalnum, quote)) < SHORTEST_QUOTE:
        return "the quote does not occur in the ticket"
    if sign.hazard is None and sign.at_least is None:
        return "names neither a hazard nor an urgency"
    return None


def _plain(text: str) -> str:
    """Without case and without differences of white space."""
    return " ".join(text.casefold().split())


def _evidence(sign: ReadSign, use: LanguageModelUse) -> ExtractedEvidence:
    says = [
        *([f"a hazard: {sign.hazard.replace('_', ' ')}"] if sign.hazard else []),
        *([f"{sign.at_least} at least"] if sign.at_least else []),
    ]
    return ExtractedEvidence(
        quote=sign.quote,
        says=", ".join(says),
        rule=f"read by a language model ({use.prompt_version})",
        hazard=sign.hazard,
        at_least=sign.at_least,
    )
