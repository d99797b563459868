"""Sizes the system, or asks for what it cannot size without."""

from collections.abc import Sequence

from langchain_core.messages import AIMessage
from typing_extensions import NotRequired, TypedDict

from core.calculations import Calculations
from core.ports import WeatherYears
from nodes.sizing.engine import size
from state.base import JsonObject
from state.job import JobInput
from state.questions import Question
from state.sizing import SizingAnswer, SizingResult
from state.weather import WeatherResult


class SizingReads(TypedDict):
    job_id: str
    input: JsonObject
    answers: JsonObject
    weather: JsonObject


class SizingWrites(TypedDict):
    open_questions: dict[str, list[JsonObject]]
    messages: list[AIMessage]
    sizing: NotRequired[JsonObject]


async def sizing(state: SizingReads, *, years: WeatherYears, calculate: Calculations) -> SizingWrites:
    """The calculation takes its turn beside the loop, which keeps answering."""
    job = JobInput.from_json(state["input"])
    resource = WeatherResult.from_json(state["weather"]).resource
    year = await years.weather_year(resource)
    answer = await calculate(size, job, year, resource, state["answers"])
    # One line for the design and one for what was asked: a replay replaces both, an answer only the first.
    message = AIMessage(
        content=_account(answer), name="sizing", id=f"{state['job_id']}:sizing:{_stage(answer)}"
    )
    writes: SizingWrites = {
        "open_questions": {"sizing": [question.to_json() for question in answer.questions]},
        "messages": [message],
    }
    if answer.sizing is not None:
        writes["sizing"] = answer.sizing.to_json()
    return writes


def _stage(answer: SizingAnswer) -> str:
    asked = "+".join(question.id for question in answer.questions)
    return asked or "result"


def _account(answer: SizingAnswer) -> str:
    parts = []
    if answer.sizing is not None:
        parts.append(_design(answer.sizing))
    if answer.questions:
        parts.append(_asks(answer.questions))
    return " ".join(parts)


def _asks(questions: Sequence[Question]) -> str:
    return "Asks: " + " ".join(question.prompt for question in questions)


def _design(result: SizingResult) -> str:
    words = [f"{result.status.capitalize()}"]
    if result.binding_check is not None:
        words.append(f"because of {result.binding_check}")
    parts = []
    if result.array is not None:
        module = result.array.module
        parts.append(
            f"{result.array.modules} × {module.manufacturer} {module.model}, {result.array.pdc0_w / 1000:.2f} kW"
        )
    if result.inverter is not None:
        inverter = result.inverter
        parts.append(f"{inverter.count} × {inverter.manufacturer} {inverter.model}")
    if result.storage is not None:
        battery = result.storage.battery
        parts.append(f"{result.storage.units} × {battery.manufacturer} {battery.model}")
    if result.energy is not None:
        parts.append(f"{result.energy.ac_annual_kwh:.0f} kWh a year")
    return " ".join(words) + (": " + ", ".join(parts) if parts else "") + "."
