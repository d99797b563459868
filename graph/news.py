"""What a run changed that people want to hear of: who goes, when, and that it is urgent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.database.events import Event, JobEvents, append_events
from core.database.models import JobRow
from state.base import JsonObject


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who is to go to a job, and when."""

    technician_id: UUID | None = None
    start: datetime | None = None
    end: datetime | None = None
    technician: str | None = None

    def told(self) -> JsonObject:
        """As events tell it; a name that is not known is left out."""
        name = {"technician": self.technician} if self.technician else {}
        return {"technician_id": str(self.technician_id), **name, **self.span()}

    def span(self) -> JsonObject:
        return {
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
        }


NOBODY_SENT = Assignment()


def held_by(job: JobRow) -> Assignment:
    """What the job's row says."""
    if job.technician_id is None or job.visit_start is None:
        return NOBODY_SENT
    return Assignment(job.technician_id, job.visit_start, job.visit_end)


def planned(state: JsonObject) -> Assignment:
    """What the state of the graph says."""
    dispatch = state.get("dispatch") or {}
    technician, visit = dispatch.get("technician"), dispatch.get("visit")
    if not (technician and visit):
        return NOBODY_SENT
    start, end = (datetime.fromisoformat(visit[key]) for key in ("start", "end"))
    return Assignment(UUID(technician["id"]), start, end, technician["name"])


async def tell_decided(
    session: AsyncSession, job_id: UUID, held: Assignment, document: JsonObject, *, actor: str
) -> None:
    """What a person's change of a result means to those who go, or went, and whether it became urgent by it."""
    urgent = await urgency_untold(session, job_id, document)
    news = [*urgent, *assignment_news(held, planned(document))]
    await append_events(session, job_id, news, actor=actor)


def assignment_news(before: Assignment, now: Assignment) -> list[Event]:
    """Of two assignments one after the other: who has the job, whose visit moved, and who does not go any more."""
    news = []
    if before.technician_id and before.technician_id != now.technician_id:
        news.append(Event("visit.changed", {**before.told(), "now": None}))
    if now.technician_id and now.technician_id != before.technician_id:
        news.append(Event("job.assigned", now.told()))
    elif now.technician_id and (now.start, now.end) != (before.start, before.end):
        name = {"technician": now.technician} if now.technician else {}
        news.append(Event("visit.changed", {**before.told(), **name, "now": now.span()}))
    return news


def urgency_news(state: JsonObject) -> list[Event]:
    """One event where triage stops the work or calls for priority 1, in words of the knowledge base only."""
    triage = state.get("triage")
    if not triage or not (triage["stop_work"] or triage["priority"] == "P1"):
        return []
    told = {key: triage[key] for key in ("priority", "stop_work", "diagnosis")}
    hazards = sorted({hazard["kind"] for hazard in triage["hazards"]})
    return [Event("job.urgent", {**told, "hazards": hazards})]


async def urgency_untold(session: AsyncSession, job_id: UUID, state: JsonObject) -> list[Event]:
    """`urgency_news`, once in a job's life: it may stop at a safety question first, and store its result later."""
    news = urgency_news(state)
    told = bool(news) and await JobEvents(session).told(job_id, "job.urgent")
    return [] if told else news
