"""`solarsync jobs`: a technician's work with a server, from a terminal."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from api.commands.connected import ApiKey, AsJson, Server

if TYPE_CHECKING:
    from api.client import SolarSync
    from state.job import Job

app = typer.Typer(help="Jobs on a server: start, list, show, watch, answer, complete.", no_args_is_help=True)

JobId = Annotated[UUID, typer.Argument(metavar="ID", help="The job's id.")]
Watch = Annotated[bool, typer.Option("--watch", help="Then follow it, as `watch` does.")]


@app.command()
def start(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A JobInput as JSON; `-` is standard input.")],
    watch: Watch = False,
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            help="Your own name for this start: under it, a second one starts nothing for 24 hours."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the job's id and nothing else.")] = False,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Start a job."""
    from api.commands.connected import connected, console
    from api.commands.files import read_input
    from api.commands.following import follow_job

    with connected(server, api_key) as solarsync:
        job = solarsync.start(read_input(file), key=idempotency_key)
        if quiet and not as_json:
            typer.echo(job.id)
        out = console(as_json=as_json or quiet)
        out.print(f"Job {job.id} accepted.", soft_wrap=True)
        if watch:
            job = follow_job(solarsync, job.id, out)
        elif not quiet:
            out.print(f"Follow it: solarsync jobs watch {job.id}", soft_wrap=True)
        _finish(solarsync, job, as_json=as_json, followed=watch and not quiet)


@app.command("list")
def list_jobs(
    status: Annotated[
        str | None, typer.Option(help="queued, running, waiting, succeeded, failed, cancelled.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="sizing, triage or full.")] = None,
    priority: Annotated[str | None, typer.Option(help="P1, P2, P3 or P4.")] = None,
    technician: Annotated[UUID | None, typer.Option(help="Assigned to this technician's id.")] = None,
    search: Annotated[
        str | None, typer.Option("--search", "-q", help="Words of the job, or their beginnings.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Go on after a page: its `next_cursor`.")] = None,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """List the jobs you may see, newest first."""
    from api.commands.connected import connected, console
    from api.commands.files import print_json
    from api.job_pages import jobs_page

    wanted = {
        "status": status,
        "kind": kind,
        "priority": priority,
        "q": search,
        "limit": limit,
        "cursor": cursor,
    }
    with connected(server, api_key) as solarsync:
        page = solarsync.jobs(**wanted, technician_id=None if technician is None else str(technician))
    if as_json:
        print_json({"items": [job.to_json() for job in page.items], "next_cursor": page.next_cursor})
        return
    console().print(jobs_page(page.items) if page.items else "No job.")
    if page.next_cursor:
        console().print(f"More: --cursor {page.next_cursor}", soft_wrap=True)


@app.command()
def show(
    job_id: JobId,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="Also everything that happened to it.")
    ] = False,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Show a job: where it stands, what it asks, its latest result."""
    from api.commands.connected import connected, console
    from api.commands.files import print_json
    from api.job_pages import event_line, job_page

    with connected(server, api_key) as solarsync:
        job = solarsync.job(job_id)
        events = solarsync.timeline(job_id) if timeline else None
        if not as_json:
            console().print(job_page(job), *map(event_line, events or ()), sep="\n")
            _print_standing(solarsync, job)
            return
        result = solarsync.result(job_id) if job.result_version else None
        document: dict[str, Any] = {"job": job.to_json(), "result": result.to_json() if result else None}
        if events is not None:
            document["timeline"] = [event.to_json() for event in events]
    print_json(document)


@app.command()
def watch(
    job_id: JobId,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Follow a job live until it asks or has ended; in a terminal, answer what it asks at once."""
    from api.commands.connected import connected, console
    from api.commands.following import follow_job

    with connected(server, api_key) as solarsync:
        job = follow_job(solarsync, job_id, console(as_json=as_json))
        _finish(solarsync, job, as_json=as_json, followed=True)


@app.command()
def answer(
    job_id: JobId,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="ID=VALUE", help="An answer; repeat it for each question."),
    ] = None,
    accept_suggestions: Annotated[
        bool, typer.Option("--accept-suggestions", help="Answer what is left with the form's suggestions.")
    ] = False,
    watch: Watch = False,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Answer what a job asks: with --set, or asked one by one in a terminal."""
    from api.commands.answers import answers_for
    from api.commands.connected import connected, console
    from api.commands.following import follow_job
    from core.errors import Conflict

    with connected(server, api_key) as solarsync:
        job = solarsync.job(job_id)
        if job.status != "waiting":
            raise Conflict(f"No question is open: the job is {job.status}.")
        out = console(as_json=as_json)
        answers = answers_for(job.questions, settings or [], out, accept_suggestions=accept_suggestions)
        job = solarsync.answer(job_id, answers)
        out.print("Answered.")
        if watch:
            job = follow_job(solarsync, job_id, out)
        _finish(solarsync, job, as_json=as_json, followed=watch)


@app.command()
def complete(
    job_id: JobId,
    outcome: Annotated[
        str, typer.Option(help="resolved, partly_resolved, not_resolved, no_fault_found, or own words.")
    ],
    feedback: Annotated[str | None, typer.Option(help="Anything worth keeping.")] = None,
    started: Annotated[
        str | None, typer.Option(help="When work began, as 2026-05-04T09:30:00+03:00.")
    ] = None,
    ended: Annotated[str | None, typer.Option(help="When it ended.")] = None,
    asset: Annotated[str | None, typer.Option(help="What was at fault: inverter, string, battery, …")] = None,
    cause: Annotated[str | None, typer.Option(help="Why, in a few words.")] = None,
    parts: Annotated[list[str] | None, typer.Option("--part", help="A part used; repeat it.")] = None,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Close a job: how it ended and what was found on site."""
    from api.commands.connected import connected, console

    completion: dict[str, Any] = {"outcome": outcome, "confirmed": _given(asset=asset, cause=cause)}
    completion |= _given(feedback=feedback, actual_start=started, actual_end=ended, parts=parts)
    with connected(server, api_key) as solarsync:
        job = solarsync.complete(job_id, completion)
        console(as_json=as_json).print(f"Job {job.id} is closed: {outcome}.", markup=False, soft_wrap=True)
        _finish(solarsync, job, as_json=as_json, followed=False)


def _given(**values: Any) -> dict[str, Any]:  # noqa: ANN401  options of any kind
    return {name: value for name, value in values.items() if value}


def _finish(solarsync: "SolarSync", job: "Job", *, as_json: bool, followed: bool) -> None:
    """Print the job; where it was followed, what came of it, with exit 1 if it failed or was cancelled."""
    from api.commands.files import print_json

    if as_json:
        print_json(job.to_json())
    elif followed:
        _print_standing(solarsync, job)
    if followed and job.status in {"failed", "cancelled"}:
        raise typer.Exit(1)


def _print_standing(solarsync: "SolarSync", job: "Job") -> None:
    """What the job asks, or its result, or why there is none."""
    from api.commands.connected import console
    from api.pages import print_result, questions_page

    out = console()
    if job.problem:
        out.print(f"{job.status}: {job.problem.get('detail')}", style="red", markup=False)
    if job.result_version:
        print_result(solarsync.result(job.id), out)
    if job.questions:
        out.print(questions_page(job.questions))
        out.print(f"Answer with: solarsync jobs answer {job.id}", soft_wrap=True)
