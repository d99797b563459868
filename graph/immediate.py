"""Sizing and triage answered at once, outside a job: the functions that the nodes call, stored nowhere."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from core.calculations import Calculations
from core.climate.resource import design_resource
from core.ports import Climates, WeatherFiles, WeatherYears
from nodes.intake.engine import check_input, complete_site
from nodes.sizing.engine import size
from nodes.triage.engine import triage
from nodes.triage.settings import DEFAULTS as TRIAGE_DEFAULTS
from nodes.triage.settings import TriageSettings
from state.job import JobInput
from state.sizing import SizingAnswer
from state.triage import TriageAnswer

T = TypeVar("T")

AT_ONCE = 2


class Immediate:
    """Calculations run beside the event loop, which keeps answering: sizings in turn, the rest two at a time."""

    def __init__(
        self,
        files: WeatherFiles,
        years: WeatherYears,
        climates: Climates | None = None,
        *,
        calculate: Calculations,
        rates: TriageSettings = TRIAGE_DEFAULTS,
    ) -> None:
        self._calculate = calculate
        self._rates = rates
        self._files = files
        self._years = years
        self._climates = climates
        self._limiter = CapacityLimiter(AT_ONCE)

    async def sizing(self, job: JobInput) -> SizingAnswer:
        """Size the system; what a job would have asked comes back as questions."""
        job = await self._off_the_loop(_accepted, job)
        resource = await design_resource(job, self._files, self._climates)
        year = await self._years.weather_year(resource)
        return await self._calculate(size, job, year, resource, {})

    async def triage(self, job: JobInput) -> TriageAnswer:
        """Triage the ticket; what a job would have asked comes back as questions."""
        return await self._off_the_loop(_triaged, job, self._rates)

    async def _off_the_loop(self, calculation: Callable[..., T], *arguments: object) -> T:
        return await to_thread.run_sync(partial(calculation, *arguments), limiter=self._limiter)


def _accepted(job: JobInput) -> JobInput:
    check_input(job)
    return complete_site(job)


def _triaged(job: JobInput, rates: TriageSettings) -> TriageAnswer:
    return triage(_accepted(job), {}, production=None, settings=rates)
