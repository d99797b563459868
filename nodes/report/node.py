"""Says what came out, in words a technician can act on."""

from langchain_core.messages import AIMessage
from typing_extensions import NotRequired, TypedDict

from nodes.report.findings import assumptions_of, warnings_of
from nodes.report.results import Results
from nodes.report.summary import summarise
from state.base import JsonObject
from state.dispatch import DispatchResult
from state.job import JobInput, Report
from state.sizing import SizingResult
from state.triage import TriageResult
from state.weather import WeatherResult


class ReportReads(TypedDict):
    job_id: str
    input: JsonObject
    answers: JsonObject
    weather: NotRequired[JsonObject]
    sizing: NotRequired[JsonObject]
    triage: NotRequired[JsonObject]
    dispatch: NotRequired[JsonObject]


class ReportWrites(TypedDict):
    report: JsonObject
    messages: list[AIMessage]


async def report(state: ReportReads) -> ReportWrites:
    made = compose(
        Results(
            job=JobInput.from_json(state["input"]),
            weather=WeatherResult.from_json(state["weather"]) if "weather" in state else None,
            sizing=SizingResult.from_json(state["sizing"]) if "sizing" in state else None,
            triage=TriageResult.from_json(state["triage"]) if "triage" in state else None,
            dispatch=DispatchResult.from_json(state["dispatch"]) if "dispatch" in state else None,
            answers=state["answers"],
        )
    )
    message = AIMessage(content=made.summary, name="report", id=f"{state['job_id']}:report")
    return {"report": made.to_json(), "messages": [message]}


def compose(results: Results) -> Report:
    """The same results always make the same report."""
    return Report(
        summary=summarise(results), warnings=warnings_of(results), assumptions=assumptions_of(results)
    )
