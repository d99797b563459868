"""What travels through the graph. Apart from `state.job`: only this file needs LangGraph, 0.6 s to import."""

from typing import Annotated, Literal

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import NotRequired, TypedDict

from state.base import JsonObject
from state.job import JobInput


def merge(old: JsonObject, new: JsonObject) -> JsonObject:
    """Reducer: later keys win, others stay. Parallel branches write different keys."""
    return {**old, **new}


class JobState(TypedDict):
    """What travels through the graph. Every value is in JSON form, except the messages."""

    job_id: str
    """The job, which is also the checkpoint thread."""
    trigger: Literal["start", "refresh"]
    """Whether this run carries the job out or only looks at the weather again."""
    input: JsonObject
    """The `JobInput` as given; intake adds what it looked up (elevation, time zone)."""
    answers: Annotated[JsonObject, merge]
    """Every answer of a person so far, by question id. A node looks here before it asks."""
    open_questions: Annotated[dict[str, list[JsonObject]], merge]
    """Questions by the node that asks them; an empty list where nothing is missing."""
    weather: NotRequired[JsonObject]
    """`WeatherResult`."""
    previous_weather: NotRequired[JsonObject]
    """The `WeatherResult` a refresh compares the new one with."""
    weather_change: NotRequired[JsonObject]
    """What a refresh found: `resource_moved` and `visit_unsafe`, each true or false."""
    sizing: NotRequired[JsonObject]
    """`SizingResult`."""
    triage: NotRequired[JsonObject]
    """`TriageResult`."""
    dispatch: NotRequired[JsonObject]
    """`DispatchResult`."""
    report: NotRequired[JsonObject]
    """`Report`."""
    messages: Annotated[list[AnyMessage], add_messages]
    """The readable account of what happened; Studio's chat view shows it. Starts empty."""


class _AsJobInput:
    """Has the generated schema describe a JSON object as a `JobInput`; it checks nothing, intake does."""

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(JobInput.__pydantic_core_schema__)


class JobRequest(TypedDict):
    """What one hands to the graph: the input schema that Studio, and a tool's caller, are shown."""

    input: Annotated[JsonObject, _AsJobInput()]
    """A `JobInput`."""
    job_id: NotRequired[str]
    answers: NotRequired[JsonObject]
    trigger: NotRequired[Literal["start", "refresh"]]
    previous_weather: NotRequired[JsonObject]
    weather: NotRequired[JsonObject]
    sizing: NotRequired[JsonObject]
    triage: NotRequired[JsonObject]
    dispatch: NotRequired[JsonObject]
    report: NotRequired[JsonObject]
