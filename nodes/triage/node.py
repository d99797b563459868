"""Triages the job's ticket."""

import asyncio
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage
from typing_extensions import NotRequired, TypedDict

from core.ports import LanguageModel, SiteRecords
from nodes.triage.engine import triage as triage_ticket
from nodes.triage.engine import words_of
from nodes.triage.explanation import explained
from nodes.triage.production import expected_production, power_expected
from nodes.triage.reader import read_with
from nodes.triage.settings import DEFAULTS, TriageSettings
from state.base import JsonObject
from state.job import JobInput
from state.triage import ExtractedEvidence, SiteRecord, TriageAnswer
from state.weather import WeatherResult

READ_AT_ONCE = 200
"""Characters that are read in a millisecond or two, which is what it costs to have another thread read them."""


class TriageReads(TypedDict):
    job_id: str
    input: JsonObject
    answers: JsonObject
    weather: NotRequired[JsonObject]


class TriageWrites(TypedDict, total=False):
    triage: JsonObject
    open_questions: dict[str, list[JsonObject]]
    messages: list[AIMessage]


async def triage(
    state: TriageReads,
    *,
    sites: SiteRecords | None = None,
    model: LanguageModel | None = None,
    settings: TriageSettings = DEFAULTS,
    read_at_once: int = READ_AT_ONCE,
) -> TriageWrites:
    """Writes the result so far and, beside it, what triage would like to know."""
    place = state["input"]["site"]
    site = (
        await sites.record(place["latitude"], place["longitude"], besides=state["job_id"])
        if sites
        else SiteRecord()
    )
    answer = await _helped(state, site, model, settings, read_at_once)
    written: TriageWrites = {
        "open_questions": {"triage": [question.to_json() for question in answer.questions]},
        "messages": [
            AIMessage(
                content=_account(answer), name="triage", id=f"{state['job_id']}:triage:{_asked(answer)}"
            )
        ],
    }
    if answer.triage is not None:
        written["triage"] = answer.triage.to_json()
    return written


async def _helped(
    state: TriageReads,
    site: SiteRecord,
    model: LanguageModel | None,
    settings: TriageSettings,
    read_at_once: int,
) -> TriageAnswer:
    """What triage says, with what a language model adds to it."""
    words = words_of(JobInput.from_json(state["input"]), state["answers"])
    extracted, use = await read_with(model, words, account=state["job_id"])
    if len(words) <= read_at_once:
        answer = _answer(state, site, extracted, settings)
    else:
        answer = await asyncio.to_thread(_answer, state, site, extracted, settings)
    if answer.triage is None:
        return answer
    found = answer.triage.model_copy(update={"language_model": use})
    plain = await explained(model, found, open_questions=bool(answer.questions), account=state["job_id"])
    return answer.model_copy(update={"triage": found.model_copy(update={"plain_language": plain})})


def _answer(
    state: TriageReads, site: SiteRecord, extracted: Sequence[ExtractedEvidence], settings: TriageSettings
) -> TriageAnswer:
    job = JobInput.from_json(state["input"])
    answers: dict[str, Any] = state["answers"]
    weather = WeatherResult.from_json(state["weather"]) if "weather" in state else None
    return triage_ticket(
        job,
        answers,
        production=expected_production(job, weather, settings),
        expected_power=power_expected(job, weather.forecast if weather else None, settings),
        site=site,
        extracted_evidence=extracted,
        settings=settings,
    )


def _asked(answer: TriageAnswer) -> str:
    return "+".join(question.id for question in answer.questions) or "answered"


def _account(answer: TriageAnswer) -> str:
    found = answer.triage
    parts = []
    if found is not None:
        stop = " Stop work." if found.stop_work else ""
        parts.append(f"{found.priority}: {found.diagnosis}{stop}")
    parts += [f"Open: {question.prompt}" for question in answer.questions]
    return " ".join(parts)
