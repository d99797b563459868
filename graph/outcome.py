"""What comes out of the graph's stream, gathered as it comes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from core.database.events import Event
from graph.news import NOBODY_SENT, Assignment
from graph.steps import STEPS, steps_done
from state.base import JsonObject, Model
from state.dispatch import DispatchResult
from state.job import Report
from state.sizing import SizingResult
from state.triage import TriageResult
from state.weather import WeatherResult

PARTS: dict[str, type[Model]] = {
    "weather": WeatherResult,
    "sizing": SizingResult,
    "triage": TriageResult,
    "dispatch": DispatchResult,
    "report": Report,
}
"""What a result is made of, by the state's keys."""


@dataclass(slots=True)
class Outcome:
    """What the graph has done so far: its last state, the nodes that ran, the questions it stopped at."""

    kind: str | None = None
    """The kind of job whose progress this is; none in a refresh."""
    done: int = 0
    state: JsonObject = field(default_factory=dict)
    nodes: list[str] = field(default_factory=list)
    questions: list[JsonObject] | None = None
    under_way: set[str] = field(default_factory=set)
    untold: list[Event] = field(default_factory=list)
    held: Assignment = NOBODY_SENT
    """Who was to go, and when, as the run began."""

    async def taking(self, stream: AsyncIterator[Any]) -> AsyncIterator[str]:
        """The modes of the stream's chunks, each of which is taken in as soon as it comes."""
        async for mode, chunk in stream:
            self.take(mode, chunk)
            yield mode

    def take(self, mode: str, chunk: JsonObject) -> None:
        """Take in a chunk of the stream modes `tasks`, `updates` and `values`."""
        if mode == "values":
            self.state = chunk
        elif mode == "tasks":
            if "triggers" in chunk:  # a start; ends come as updates
                self.started(chunk["name"])
        else:
            for node, update in chunk.items():
                if node == "__interrupt__":
                    self.questions = [q for interrupt in update for q in interrupt.value["questions"]]
                elif node != "__metadata__":  # which marks a node that an earlier attempt had finished
                    self.finished(node)

    def started(self, node: str) -> None:
        self.under_way.add(node)
        self.untold.append(Event("node.started", {"node": node}))

    def finished(self, node: str) -> None:
        self.under_way.discard(node)
        self.nodes.append(node)
        progress: JsonObject = {}
        if self.kind is not None:
            self.done = max(self.done, steps_done(self.kind, node))
            progress = {"done": self.done, "of": len(STEPS[self.kind])}
        self.untold.append(Event("node.finished", {"node": node, **progress}))

    def visit(self) -> JsonObject:
        """Who is to go, and when; empty where nobody is sent."""
        dispatch = self.state.get("dispatch") or {}
        technician, visit = dispatch.get("technician"), dispatch.get("visit")
        return {"technician": technician["name"], **visit} if technician and visit else {}

    def visit_begins_before(self, moment: datetime) -> bool:
        """Whether the run ended with a visit that was to begin before `moment`."""
        visit = self.visit()
        return self.questions is None and bool(visit) and datetime.fromisoformat(visit["start"]) < moment

    def progress(self) -> JsonObject:
        """What the job's row shows of it."""
        if self.kind is None or not self.nodes:
            return {}
        return {"progress_node": self.nodes[-1], "progress_done": self.done}


def result_document(job_id: UUID, produced_at: datetime, state: JsonObject) -> JsonObject:
    """The state as a result to be stored, each part checked; `version` is numbered where it is stored."""
    for key, part in PARTS.items():
        if state.get(key) is not None:
            part.from_json(state[key])
    return {
        "job_id": str(job_id),
        "version": 0,
        "produced_at": produced_at.isoformat(),
        "questions": [],
        **{key: state.get(key) for key in PARTS},
        "report": state["report"],  # without one the workflow has not come to its end
    }


def same_decisions(document: JsonObject, latest: JsonObject) -> bool:
    """Whether two results differ in nothing but the weather and when they were made."""
    return all(document.get(key) == latest.get(key) for key in PARTS if key != "weather")
