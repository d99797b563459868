"""Following a job live in a terminal."""

import sys
from contextlib import closing
from uuid import UUID

from rich.console import Console

from api.client import SolarSync
from api.commands.answers import ask_person
from api.job_pages import event_line, sentence
from state.job import Job


def follow_job(solarsync: SolarSync, job_id: UUID, out: Console) -> Job:
    """Tell what happens to the job until it has ended, or asks and nobody is at the terminal to answer."""
    last = None
    while True:
        job, last = _until_it_asks(solarsync, job_id, out, last)
        if job.status != "waiting" or not (out.is_terminal and sys.stdin.isatty()):
            return job
        solarsync.answer(job_id, ask_person(job.questions, out))


def _until_it_asks(
    solarsync: SolarSync, job_id: UUID, out: Console, last: int | None
) -> tuple[Job, int | None]:
    """The job when it waits for somebody or is final, and the last event told."""
    with out.status("connecting") as line, closing(solarsync.follow(job_id, last)) as events:
        for event in events:
            last = event.id
            line.update(sentence(event))
            if event.type != "node.started":
                out.print(event_line(event))
            # One of the past may have been answered since.
            if event.type == "questions.opened" and (job := solarsync.job(job_id)).status == "waiting":
                return job, last
    return solarsync.job(job_id), last
