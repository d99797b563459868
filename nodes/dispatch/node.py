"""Chooses a technician and a safe hour."""

import asyncio
from functools import partial
from typing import Literal

from langchain_core.messages import AIMessage
from typing_extensions import NotRequired, TypedDict

from core.clock import Clock
from core.ports import TechnicianDirectory
from nodes.dispatch.engine import choose
from nodes.dispatch.need import stands, visit_need
from nodes.dispatch.settings import DispatchSettings
from state.base import JsonObject
from state.dispatch import DispatchResult, Technician
from state.job import JobInput
from state.sizing import SizingResult
from state.triage import TriageResult
from state.weather import WeatherResult


class DispatchReads(TypedDict):
    job_id: str
    input: JsonObject
    trigger: NotRequired[Literal["start", "refresh"]]
    weather: NotRequired[JsonObject]
    sizing: NotRequired[JsonObject]
    triage: NotRequired[JsonObject]
    dispatch: NotRequired[JsonObject]


class DispatchWrites(TypedDict):
    dispatch: JsonObject
    messages: list[AIMessage]


async def dispatch(
    state: DispatchReads,
    *,
    directory: TechnicianDirectory,
    clock: Clock,
    settings: DispatchSettings | None = None,
) -> DispatchWrites:
    """Plans the visit; on a refresh only where the plan no longer stands."""
    settings = settings or DispatchSettings()
    now = clock.now()
    windows = WeatherResult.from_json(state["weather"]).windows if "weather" in state else []
    previous = DispatchResult.from_json(state["dispatch"]) if "dispatch" in state else None
    if previous and state.get("trigger") == "refresh" and stands(previous, windows, now):
        return _written(state, previous)

    job = JobInput.from_json(state["input"])
    triage = TriageResult.from_json(state["triage"]) if "triage" in state else None
    sizing = SizingResult.from_json(state["sizing"]) if "sizing" in state else None
    need = visit_need(sizing=sizing, triage=triage, previous=previous, now=now, settings=settings)
    if isinstance(need, str):
        return _written(
            state,
            DispatchResult(
                visit_needed=False,
                technician=None,
                visit=None,
                reasons=[need],
                alternatives=[],
                priority=triage.priority if triage else None,
            ),
        )

    technicians = [_without(state["job_id"], each) for each in await directory.technicians()]
    chosen = await asyncio.to_thread(
        partial(
            choose,
            technicians,
            skills=need.skills,
            site=job.site,
            windows=windows,
            respond_by=need.respond_by,
            duration_h=need.duration_h,
            schedule=job.schedule,
            now=now,
            settings=settings,
            timezone=job.site.timezone or "UTC",
        )
    )
    return _written(state, chosen.model_copy(update={"priority": need.priority}))


def _without(job_id: str, technician: Technician) -> Technician:
    """A job that is planned again may take its own visit's place."""
    others = [visit for visit in technician.planned_visits if str(visit.job_id) != job_id]
    if len(others) == len(
        technician.planned_visits
    ):  # all but one of thousands: a copy of each would take longer
        return technician
    return technician.model_copy(update={"planned_visits": others})


def _written(state: DispatchReads, result: DispatchResult) -> DispatchWrites:
    if result.technician and result.visit:
        when = f"{result.visit.start:%Y-%m-%d %H:%M}–{result.visit.end:%H:%M %Z}"
        said = f"{result.technician.name} ({result.technician.distance_km:.0f} km), {when}."
    else:
        said = f"No visit: {'; '.join(result.reasons)}."
    message = AIMessage(content=said, name="dispatch", id=f"{state['job_id']}:dispatch")
    return {"dispatch": result.to_json(), "messages": [message]}
