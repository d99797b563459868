"""Climates that stood in while a provider failed, asked for again: which designs they move."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from core.climate.resource import provided_resource
from core.database.resources import SizedJob
from core.ports import Climates
from nodes.intake.engine import complete_site
from nodes.weather.change import resource_moved
from state.job import JobInput
from state.weather import Resource

PLACES = 20
"""Asked about in one look, so that it ends soon after a long failure too."""

AGAIN = timedelta(hours=6)
"""A provider that failed is asked about the same place no sooner."""

AT_ONCE = 4


@dataclass(slots=True)
class Revisited:
    """`moved` have to be sized anew, `same` need not; of the others nothing better is known yet."""

    moved: list[UUID] = field(default_factory=list)
    same: list[UUID] = field(default_factory=list)


async def revisited(jobs: Sequence[SizedJob], climates: Climates) -> Revisited:
    """Ask for the climate of each job's site and compare it with the one that the job was sized for."""
    turns, found = asyncio.Semaphore(AT_ONCE), Revisited()

    async def revisit(job: SizedJob) -> None:
        async with turns:
            site = complete_site(JobInput.model_validate(job.input)).site
            now, problems = await provided_resource(site, climates)
        if now is None:
            return
        if job.resource is not None and resource_moved(Resource.from_json(job.resource), now):
            found.moved.append(job.id)
        elif not problems:
            found.same.append(job.id)

    await asyncio.gather(*map(revisit, jobs))
    return found
