"""Jobs and what happens to them as a person reads it in a terminal."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from api.pages import facts_table, moment, rows_table
from state.job import Job
from state.timeline import TimelineEvent

STATUS_STYLE = {
    "queued": "dim",
    "running": "cyan",
    "waiting": "yellow",
    "succeeded": "green",
    "failed": "bold red",
    "cancelled": "dim",
}
Data = Mapping[str, Any]
SENTENCES: dict[str, Callable[[Data], str]] = {
    "job.created": lambda _: "accepted",
    "node.started": lambda data: f"{data['node']} …",
    "node.finished": lambda data: f"{data['node']} done{_steps(data)}",
    "questions.opened": lambda data: f"asks: {', '.join(data['questions'])}",
    "questions.answered": lambda data: f"answered: {_pairs(data['answers'])}",
    "result.stored": lambda data: f"result version {data['version']}",
    "run.succeeded": lambda data: f"{data['kind']} succeeded",
    "run.failed": lambda data: f"failed: {data['problem']['detail']}",
    "run.postponed": lambda data: f"will be tried again: {data['reason']}",
    "run.taken_over": lambda data: f"a worker was lost; another goes on (attempt {data['attempt']})",
    "run.rebuilt": lambda data: f"started over from input and answers: {data['reason']}",
    "visit.taken": lambda _: "another job was faster: the visit is planned again",
    "job.cancelled": lambda _: "cancelled",
    "job.retried": lambda _: "tried again",
    "job.completed": lambda data: f"completed: {data['outcome']}",
    "job.overridden": lambda data: f"overruled {', '.join(data['changes'])}: {data['reason']}",
    "job.urgent": lambda data: (
        f"{'STOP WORK' if data['stop_work'] else 'urgent'} · {data['priority']}: {data['diagnosis']}"
    ),
    "job.assigned": lambda data: f"{_name(data)} goes {_span(data)}",
    "visit.changed": lambda data: (
        f"{_name(data)} goes {_span(data['now'])}, not {_span(data)}"
        if data["now"]
        else f"{_name(data)} does not go {_span(data)}"
    ),
    "notification.failed": lambda data: f"no {data['audience']} could be told of {data['event']}",
    "alert.opened": lambda data: f"weather, {data['severity']}: {_alert(data)}",
    "alert.updated": lambda data: f"weather now, {data['severity']}: {_alert(data)}",
    "alert.closed": lambda data: (
        f"weather alert {data['reason']}: {data['event'] or data['kind']} {_span(data)}"
    ),
}
"""By type, all that a timeline may hold."""


def event_line(event: TimelineEvent) -> Text:
    """One line: when, what, and who where it was a person."""
    at = event.at.astimezone()
    who = "" if event.actor == "service" else f"  ({event.actor})"
    return Text.assemble((f"{at:%H:%M:%S}  ", "dim"), sentence(event), (who, "dim"))


def sentence(event: TimelineEvent) -> str:
    """What happened; an event of a newer server, or one that lacks what it should hold, as it came."""
    try:
        return SENTENCES[event.type](event.data)
    except (KeyError, TypeError, ValueError):
        return f"{event.type} {_pairs(event.data)}".rstrip()


def jobs_page(jobs: Iterable[Job]) -> Table:
    """Jobs, one a line of 80 characters: an id is for copying, and never cut."""
    page = rows_table("Jobs", "id", "kind", "status", "prio", "started")
    page.pad_edge = False
    for column in page.columns:
        column.no_wrap = True
    for job in jobs:
        status = Text(job.status, style=STATUS_STYLE[job.status])
        started = f"{job.created_at.astimezone():%d %b %H:%M}"
        page.add_row(str(job.id), job.kind, status, job.priority or "–", started)
    return page


def job_page(job: Job) -> Table:
    """One job's standing."""
    facts = facts_table(f"Job {job.id}")
    facts.add_row("kind", job.kind)
    facts.add_row("status", Text(job.status, style=STATUS_STYLE[job.status]))
    facts.add_row("priority", job.priority or "–")
    facts.add_row("started", moment(job.created_at.astimezone()))
    if job.closed_at:
        facts.add_row("closed", moment(job.closed_at.astimezone()))
    progress = job.progress
    facts.add_row("step", f"{progress.done} of {progress.of} {progress.node or ''}".rstrip())
    if job.problem:
        facts.add_row("problem", Text(str(job.problem.get("detail", job.problem)), style="red"))
    return facts


def _name(data: Data) -> str:
    return str(data.get("technician", "the technician"))


def _span(data: Data) -> str:
    if data["start"] is None or data["end"] is None:
        return "at a time not yet known"
    start, end = (datetime.fromisoformat(data[key]) for key in ("start", "end"))
    until = f"{end:%H:%M}" if end.date() == start.date() else moment(end)
    return f"{moment(start)} to {until}"


def _alert(data: Data) -> str:
    return f"{data['event'] or data['kind']} {_span(data)}, {data['detail']}"


def _steps(data: Data) -> str:
    return f" ({data['done']} of {data['of']})" if "of" in data else ""


def _pairs(data: Data) -> str:
    return ", ".join(f"{name} = {value}" for name, value in data.items())
