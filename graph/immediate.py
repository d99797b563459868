"""Sizing and triage answered at once, outside a job: the functions that the nodes call, stored nowhere."""

from functools import partial

from anyio import CapacityLimiter, to_thread

from core.climate.resource import design_resource
from core.ports import WeatherFiles, WeatherYears
from nodes.intake.engine import check_input, complete_site
from nodes.sizing.engine import size
from nodes.triage.engine import triage
from state.job import JobInput
from state.sizing import SizingAnswer
from state.triage import TriageAnswer


class Immediate:
    """Calculations run in threads, at most `at_once` of them, so that the event loop keeps answering."""

    def __init__(self, files: WeatherFiles, years: WeatherYears, *, at_once: int = 2) -> None:
        self._files = files
        self._years = years
        self._limiter = CapacityLimiter(at_once)

    async def sizing(self, job: JobInput) -> SizingAnswer:
        """Size the system; what a job would have asked comes back as questions."""
        check_input(job)
        job = complete_site(job)
        resource = await design_resource(job, self._files)
        year = await self._years.weather_year(resource)
        return await to_thread.run_sync(partial(size, job, year, resource, {}), limiter=self._limiter)

    async def triage(self, job: JobInput) -> TriageAnswer:
        """Triage the ticket; what a job would have asked comes back as questions."""
        check_input(job)
        return await to_thread.run_sync(
            partial(triage, complete_site(job), {}, production=None), limiter=self._limiter
        )
