"""The design resource: which knowledge counts, how it is named, and that the name gives the year back."""

import asyncio
from typing import Any

import numpy as np
import pytest

from core.climate.resource import (
    ClimateYears,
    design_resource,
    design_resource_now,
    suggested_temperatures,
    weather_year_now,
)
from core.climate.uncertainty import uncertainty_percent
from core.climate.weather_files import parse_weather_file
from core.errors import InvalidInput, NotFound
from core.pv.weather_year import WeatherYear
from state.job import JobInput
from tests.support import weather_files as made


class OneFile:
    """Holds one typical year under the name `known`."""

    def __init__(self) -> None:
        self.year = parse_weather_file(made.tmy3(made.climate()).encode())

    async def weather_year(self, weather_file_id: str) -> WeatherYear:
        if weather_file_id != "known":
            raise NotFound("no such file")
        return self.year


FILES = OneFile()


def job(latitude: float = 36.1, longitude: float = -79.95, **resource: Any) -> JobInput:
    return JobInput.model_validate(
        {
            "kind": "sizing",
            "site": {"latitude": latitude, "longitude": longitude, "elevation_m": 273.0},
            "resource": resource,
        }
    )


def test_with_nothing_known_the_resource_is_screening_and_a_fallback() -> None:
    resource = asyncio.run(design_resource(job(), FILES))
    assert (resource.quality, resource.fallback) == ("screening", True)
    assert resource.ref == "screening:36.1,-79.95,273.0"
    assert resource.uncertainty_percent == uncertainty_percent(36.1, -79.95, 273.0)
    assert "km away (Richmond, Virginia)" in resource.notes[0]
    assert resource.design_temperatures is None


def test_known_peak_sun_hours_scale_the_model_and_are_no_fallback() -> None:
    resource = asyncio.run(design_resource(job(peak_sun_hours=5.2), FILES))
    assert (resource.quality, resource.fallback) == ("user", False)
    assert resource.ref == "screening:36.1,-79.95,273.0,psh=5.2"
    assert resource.peak_sun_hours.annual_mean == pytest.approx(5.2, abs=0.01)


def test_a_weather_file_counts_before_peak_sun_hours() -> None:
    resource = asyncio.run(design_resource(job(weather_file_id="known", peak_sun_hours=3.0), FILES))
    assert (resource.ref, resource.quality, resource.fallback) == ("file:known", "tmy", False)
    assert any("peak sun hours" in note for note in resource.notes)


def test_extremes_of_one_typical_year_are_a_suggestion_that_no_resource_carries() -> None:
    temperatures = suggested_temperatures(FILES.year)
    assert (temperatures.min_c, temperatures.max_c) == (FILES.year.temp_air.min(), FILES.year.temp_air.max())
    assert temperatures.approximation is not None
    assert "understates" in temperatures.approximation
    assert asyncio.run(design_resource(job(weather_file_id="known"), FILES)).design_temperatures is None


def test_a_file_from_elsewhere_is_said_to_be() -> None:
    near = asyncio.run(design_resource(job(weather_file_id="known"), FILES))
    far = asyncio.run(design_resource(job(-1.27, 36.84, weather_file_id="known"), FILES))
    assert near.notes == []
    assert far.notes[0].endswith("km from the site.")


def test_a_year_summed_up_agrees_with_its_hours() -> None:
    resource = design_resource_now(job(), FILES.year)
    assert resource.ref == "file:given"
    assert resource.annual_ghi_kwh_m2 == pytest.approx(FILES.year.ghi.sum() / 1000, abs=0.1)
    assert resource.peak_sun_hours.worst_month == min(resource.peak_sun_hours.monthly)
    assert resource.monthly_temp_air_c[0] == pytest.approx(FILES.year.temp_air[:744].mean(), abs=0.01)


@pytest.mark.parametrize("known", [{}, {"peak_sun_hours": 5.25}])
def test_the_name_gives_the_year_back(known: dict[str, float]) -> None:
    resource = design_resource_now(job(-1.27, 36.84, **known))
    year = weather_year_now(resource)
    assert resource.annual_ghi_kwh_m2 == pytest.approx(year.ghi.sum() / 1000, abs=0.1)
    again = asyncio.run(ClimateYears(FILES).weather_year(resource))
    np.testing.assert_array_equal(year.ghi, again.ghi)


def test_a_file_year_is_read_by_its_name() -> None:
    resource = asyncio.run(design_resource(job(weather_file_id="known"), FILES))
    assert asyncio.run(ClimateYears(FILES).weather_year(resource)) is FILES.year


@pytest.mark.parametrize("ref", ["screening:", "screening:1,2", "screening:a,b,c", "elsewhere", "file:known"])
def test_a_name_that_means_nothing_is_refused(ref: str) -> None:
    resource = design_resource_now(job()).model_copy(update={"ref": ref})
    with pytest.raises(InvalidInput):
        weather_year_now(resource)


def test_without_stored_files_a_file_name_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        design_resource_now(job(weather_file_id="known"))
    assert caught.value.errors[0].pointer == "/resource/weather_file_id"
