"""Where the workflow goes next: pure functions of typed fields, never of message text."""

from collections.abc import Sequence
from typing import Literal

from typing_extensions import TypedDict

from nodes.review.decisions import questions_due
from state.base import JsonObject
from state.dispatch import DispatchResult
from state.triage import TriageResult


class WaySigns(TypedDict, total=False):
    """What routers read of the state: LangGraph would merge the messages anew for each that asks for all of it."""

    trigger: Literal["start", "refresh"]
    input: JsonObject
    open_questions: dict[str, list[JsonObject]]
    weather_change: JsonObject
    triage: JsonObject
    dispatch: JsonObject


Branch = Literal["sizing", "triage"]
BRANCHES: dict[str, tuple[Branch, ...]] = {
    "sizing": ("sizing",),
    "triage": ("triage",),
    "full": ("sizing", "triage"),
}


def route_start(state: WaySigns) -> Literal["intake", "weather"]:
    """A refresh looks at the weather again; everything else starts at the front door."""
    return "weather" if state.get("trigger") == "refresh" else "intake"


def route_after_weather(
    state: WaySigns,
) -> Sequence[Literal["sizing", "triage"]] | Literal["dispatch", "__end__"]:
    """Into the branches of the job's kind; a refresh only where the weather changed what was decided."""
    branches = BRANCHES[state["input"]["kind"]]
    if state.get("trigger") != "refresh":
        return branches
    change = state.get("weather_change", {})
    if change.get("resource_moved") and "sizing" in branches:
        return ("sizing",)
    planned = DispatchResult.from_json(state["dispatch"]) if state.get("dispatch") else None
    if change.get("visit_unsafe") or (planned is not None and planned.wants_visit):
        return "dispatch"
    return "__end__"


def route_after_branch(state: WaySigns) -> Literal["clarify", "dispatch"]:
    """Where one branch alone asks nothing there is nothing to clarify; two meet there in any case."""
    alone = len(BRANCHES[state["input"]["kind"]]) == 1
    return "dispatch" if alone and not any(state["open_questions"].values()) else "clarify"


def route_after_clarify(
    state: WaySigns,
) -> Sequence[Literal["sizing", "triage"]] | Literal["dispatch"]:
    """Back to the branches that asked, now that there are answers; on where nobody asked."""
    asked = tuple(branch for branch in BRANCHES["full"] if state["open_questions"].get(branch))
    return asked or "dispatch"


def route_after_dispatch(state: WaySigns) -> Literal["review", "report"]:
    """A step that stops for nobody would cost a checkpoint, and decide nothing."""
    triage = TriageResult.from_json(state["triage"]) if "triage" in state else None
    return "review" if questions_due(triage, DispatchResult.from_json(state["dispatch"])) else "report"
