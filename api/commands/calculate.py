"""`solarsync size` and `solarsync triage`: one answer, with no server, database or network."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from state.sizing import SizingAnswer
    from state.triage import TriageAnswer

InputFile = Annotated[str, typer.Argument(metavar="FILE", help="A JobInput as JSON; `-` is standard input.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Timings = Annotated[bool, typer.Option("--timings", help="Say on standard error where the time went.")]


def size(
    file: InputFile,
    weather: Annotated[Path | None, typer.Option(help="A typical year: TMY3, SAM, EPW or PVGIS.")] = None,
    as_json: AsJson = False,
    timings: Timings = False,
) -> None:
    """Size one system. What a job would have asked comes back as questions."""
    clock = _Stopwatch()
    with clock.measured("imports"):
        from api.commands.files import read_file, read_input
        from core.climate.resource import design_resource_now, weather_year_now
        from core.climate.weather_files import parse_weather_file
        from core.validation import parse_job_input
        from nodes.intake.engine import check_input, complete_site
        from nodes.sizing.engine import size as size_system
    with clock.measured("input"):
        job = parse_job_input(read_input(file))
        check_input(job)
        job = complete_site(job)
        brought = parse_weather_file(read_file(weather)) if weather else None
    with clock.measured("weather"):
        resource = design_resource_now(job, brought)
        year = brought or weather_year_now(resource)
    with clock.measured("calculation"):
        answer = size_system(job, year, resource, {})
    _print(answer, as_json=as_json)
    clock.report(timings)


def triage(file: InputFile, as_json: AsJson = False, timings: Timings = False) -> None:
    """Triage one ticket, at the service's rates. What a job would have asked comes back as questions."""
    clock = _Stopwatch()
    with clock.measured("imports"):
        from api.commands.files import read_input
        from core.config import load_rates
        from core.validation import parse_job_input
        from graph.rates import triage_settings
        from nodes.intake.engine import check_input
        from nodes.triage.engine import triage as triage_ticket
    with clock.measured("input"):
        job = parse_job_input(read_input(file))
        check_input(job)
        rates = triage_settings(load_rates())
    with clock.measured("calculation"):
        answer = triage_ticket(job, {}, production=None, settings=rates)
    _print(answer, as_json=as_json)
    clock.report(timings)


class _Stopwatch:
    def __init__(self) -> None:
        self._spent: dict[str, float] = {}

    @contextmanager
    def measured(self, what: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._spent[what] = time.perf_counter() - started

    def report(self, wanted: bool) -> None:
        if wanted:
            for what, seconds in self._spent.items():
                print(f"{what:<12} {seconds * 1000:8.1f} ms", file=sys.stderr)


def _print(answer: "SizingAnswer | TriageAnswer", *, as_json: bool) -> None:
    if as_json:
        from api.commands.files import print_json

        print_json(answer.to_json())
        return
    from api.pages import print_answer

    print_answer(answer)
