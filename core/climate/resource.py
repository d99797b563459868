"""The climate a system is sized for: what is known best about the sun at the site, and the year behind it.

A resource is named by its `ref`: `screening:<lat>,<lon>,<elevation>[,psh=<h/day>]`, `file:<id>`, or a provider's
`pvgis:<lat>,<lon>`. The same name always gives the same year, so only the name travels.
"""

import asyncio
import math
import re
from functools import lru_cache

import numpy as np

from core.climate.interpolation import EARTH_RADIUS
from core.climate.screening import SOURCE, screening_year
from core.climate.terrain import lookup_elevation
from core.climate.uncertainty import month_uncertainty_percent, nearest_station, uncertainty_percent
from core.errors import FieldError, InvalidInput
from core.ports import Climates, KnownYear, WeatherFiles
from core.pv.weather_year import DAYS_IN_MONTH, WeatherYear, monthly_sums
from state.job import JobInput
from state.site import Site
from state.weather import DesignTemperatures, PeakSunHours, Quality, Resource

FILE_UNCERTAINTY_PERCENT = 9.0
"""Of a file's annual sum. [%]

What most sunlit hours of NREL's typical year for Greensboro (in pvlib's wheel) state for their own
irradiance, column "GHI uncert"; other formats state none.
"""

FAR_KM = 50.0
"""Beyond this a weather file is said to be from elsewhere. [km]"""

GIVEN = "file:given"
"""The name of a year that came with the question and is kept nowhere."""

_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
_SCREENING = re.compile(rf"screening:({_NUMBER}),({_NUMBER}),({_NUMBER})(?:,psh=({_NUMBER}))?")


async def design_resource(job: JobInput, files: WeatherFiles, climates: Climates | None = None) -> Resource:
    """Take the technician's weather file, else their peak sun hours, else a provider's year, else the model.

    A job that sizes nothing asks no provider. Design temperatures are looked up where the job gives none.
    """
    if climates is None or job.kind == "triage":
        return await _resource(job, files, None)
    if job.electrical.design_temp_min_c is not None:
        return await _resource(job, files, climates)
    resource, (temperatures, problems) = await asyncio.gather(
        _resource(job, files, climates), climates.design_temperatures(*_position(job.site))
    )
    return resource.model_copy(
        update={"design_temperatures": temperatures, "warnings": [*resource.warnings, *problems]}
    )


async def _resource(job: JobInput, files: WeatherFiles, climates: Climates | None) -> Resource:
    weather_file_id = job.resource.weather_file_id
    if weather_file_id is not None:
        year = await files.weather_year(weather_file_id)
        return _file_resource(job, f"file:{weather_file_id}", year)
    problems: list[str] = []
    if climates is not None and job.resource.peak_sun_hours is None:
        provided, problems = await provided_resource(job.site, climates)
        if provided is not None:
            return provided
    modelled = _modelled_resource(job)
    return modelled.model_copy(update={"warnings": problems}) if problems else modelled


async def provided_resource(site: Site, climates: Climates) -> tuple[Resource | None, list[str]]:
    """What the providers know of a site, None where they fail, and what was wrong with those that did."""
    known, problems = await climates.known_year(*_position(site))
    return (None if known is None else _provided_resource(known, problems)), problems


def _position(site: Site) -> tuple[float, float, float]:
    elevation = site.elevation_m
    if elevation is None:
        elevation = lookup_elevation(site.latitude, site.longitude)
    return site.latitude, site.longitude, elevation


def _provided_resource(known: KnownYear, problems: list[str]) -> Resource:
    provided = known.provided
    resource = summarise(
        provided.year,
        ref=known.ref,
        quality=provided.quality,
        uncertainty=provided.uncertainty_percent,
        notes=provided.notes,
    )
    return resource.model_copy(
        update={
            "attribution": provided.attribution,
            "issued_at": provided.issued_at,
            "warnings": problems,
        }
    )


def design_resource_now(job: JobInput, brought: WeatherYear | None = None) -> Resource:
    """`design_resource` without stored files; `brought` is a year that came with the question."""
    if brought is not None:
        return _file_resource(job, GIVEN, brought)
    if job.resource.weather_file_id is not None:
        raise InvalidInput(
            [
                FieldError(
                    "/resource/weather_file_id",
                    "there are no stored weather files here; give the file",
                )
            ]
        )
    return _modelled_resource(job)


def weather_year_now(resource: Resource) -> WeatherYear:
    """The year behind a modelled resource; raises `InvalidInput` where the name means nothing."""
    match = _SCREENING.fullmatch(resource.ref)
    if match is None:
        raise InvalidInput([FieldError("/weather/resource/ref", f"{resource.ref!r} names no modelled year")])
    latitude, longitude, elevation, peak_sun_hours = match.groups()
    return screening_year(
        float(latitude),
        float(longitude),
        float(elevation),
        float(peak_sun_hours) if peak_sun_hours is not None else None,
    )


class ClimateYears:
    """`core.ports.WeatherYears`: modelled years are computed, the others are read."""

    def __init__(self, files: WeatherFiles, climates: Climates | None = None) -> None:
        self._files = files
        self._climates = climates

    async def weather_year(self, resource: Resource) -> WeatherYear:
        if resource.ref.startswith("file:"):
            return await self._files.weather_year(resource.ref.removeprefix("file:"))
        if self._climates is not None and not resource.ref.startswith("screening:"):
            year = await self._climates.weather_year(resource.ref)
            if year is not None:
                return year
        return await asyncio.to_thread(weather_year_now, resource)


def summarise(
    year: WeatherYear,
    *,
    ref: str,
    quality: Quality,
    uncertainty: float,
    fallback: bool = False,
    notes: list[str] | None = None,
) -> Resource:
    """Sum an hourly year up. `uncertainty` is that of the annual sum [%]."""
    monthly = monthly_sums(year.ghi) / DAYS_IN_MONTH / 1000.0
    return Resource(
        ref=ref,
        source=year.source,
        quality=quality,
        annual_ghi_kwh_m2=round(float(year.ghi.sum()) / 1000.0, 1),
        peak_sun_hours=PeakSunHours(
            annual_mean=round(float(year.ghi.sum()) / 365_000.0, 3),
            worst_month=round(float(monthly.min()), 3),
            monthly=[round(float(value), 3) for value in monthly],
        ),
        monthly_temp_air_c=[
            round(float(value), 2) for value in monthly_sums(year.temp_air) / (DAYS_IN_MONTH * 24.0)
        ],
        uncertainty_percent=uncertainty,
        fallback=fallback,
        notes=notes or [],
    )


def suggested_temperatures(year: WeatherYear) -> DesignTemperatures:
    """Extremes of one year, as the suggestion in a question. A resource never carries them: they design nothing."""
    return DesignTemperatures(
        min_c=round(float(np.min(year.temp_air)), 1),
        max_c=round(float(np.max(year.temp_air)), 1),
        source=year.source,
        approximation="Extremes of one typical year, which understates them: a suggestion only.",
    )


def screening_ref(site: Site, peak_sun_hours: float | None) -> str:
    """Name the modelled year of a site."""
    latitude, longitude, elevation = _position(site)
    known = "" if peak_sun_hours is None else f",psh={peak_sun_hours!r}"
    return f"screening:{latitude!r},{longitude!r},{elevation!r}{known}"


def _modelled_resource(job: JobInput) -> Resource:
    peak_sun_hours = job.resource.peak_sun_hours
    return _screening_resource(screening_ref(job.site, peak_sun_hours), peak_sun_hours)


@lru_cache(maxsize=512)
def _screening_resource(ref: str, peak_sun_hours: float | None) -> Resource:
    latitude, longitude, elevation = (float(part) for part in ref.removeprefix("screening:").split(",")[:3])
    year = screening_year(latitude, longitude, elevation, peak_sun_hours)
    uncertainty = uncertainty_percent(latitude, longitude, elevation)
    if peak_sun_hours is None:
        station, nearest = nearest_station(latitude, longitude, elevation)
        months = month_uncertainty_percent(latitude, longitude, elevation)
        return summarise(
            year,
            ref=ref,
            quality="screening",
            uncertainty=uncertainty,
            fallback=True,
            notes=[
                (
                    f"{SOURCE}: interpolated between stations, the nearest {nearest:.0f} km away ({station.name}). The "
                    f"annual sum is good to about ±{uncertainty:.0f} %, single months to ±{months:.0f} % of the mean "
                    "month (twice the error that stations show when they and all as near are left out). "
                    "A weather file or measured peak sun hours make it better."
                )
            ],
        )
    return summarise(
        year,
        ref=ref,
        quality="user",
        uncertainty=uncertainty,
        notes=[
            (
                f"Scaled to the {peak_sun_hours:g} peak sun hours a day that were given; the seasons are the "
                "screening model's. How sure the figure is was not said, so the model's uncertainty stands."
            )
        ],
    )


def _file_resource(job: JobInput, ref: str, year: WeatherYear) -> Resource:
    notes = []
    apart = _distance_km(job.site.latitude, job.site.longitude, year.latitude, year.longitude)
    if apart > FAR_KM:
        notes.append(f"The weather file is for a place {apart:.0f} km from the site.")
    if job.resource.peak_sun_hours is not None:
        notes.append("The weather file counts; the peak sun hours that were given too do not.")
    return summarise(
        year,
        ref=ref,
        quality="tmy",
        uncertainty=FILE_UNCERTAINTY_PERCENT,
        notes=notes,
    )


def _distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Along the surface of the sphere."""
    phi, other_phi = math.radians(latitude), math.radians(other_latitude)
    across = math.radians(other_longitude - longitude)
    haversine = (
        math.sin((other_phi - phi) / 2) ** 2 + math.cos(phi) * math.cos(other_phi) * math.sin(across / 2) ** 2
    )
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(min(1.0, haversine)))
