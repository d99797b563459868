"""The temperatures that strings are designed for, and where each comes from."""

from collections.abc import Sequence

from core.climate.resource import suggested_temperatures
from core.pv.temperature import temp_cell_hot
from core.pv.weather_year import WeatherYear
from nodes.sizing.questions import DESIGN_TEMP_MIN, Form
from nodes.sizing.strings import SiteTemperatures
from state.equipment import Electrical, RoofPlane
from state.questions import Question
from state.weather import Resource


def site_temperatures(
    electrical: Electrical,
    resource: Resource,
    year: WeatherYear,
    planes: Sequence[RoofPlane],
    form: Form,
) -> tuple[SiteTemperatures, list[str]]:
    """Ambient extremes, as given with the job, else known for the place, else asked for; and the hot cell.

    The cold one is asked for, because a typical year understates it and an overlong string destroys the
    inverter. The hot one falls back on the typical year: too low a figure costs a little energy, no more.
    """
    assumptions: list[str] = []
    known = resource.design_temperatures
    temp_min, approximation = electrical.design_temp_min_c, None
    if temp_min is None and known is not None and known.min_c is not None:
        temp_min, approximation = known.min_c, known.approximation
        assumptions.append(f"Lowest expected ambient temperature {temp_min:g} °C: {known.source}.")
    if temp_min is None:
        temp_min = form.number(_question(resource, year))
    temp_max = electrical.design_temp_max_c
    if temp_max is None and known is not None and known.max_c is not None:
        temp_max = known.max_c
        assumptions.append(f"Highest ambient temperature {temp_max:g} °C: {known.source}.")
    if temp_max is None:
        temp_max = float(year.temp_air.max())
        assumptions.append(
            f"Highest ambient temperature {temp_max:.1f} °C: the hottest hour of the typical year stands in."
        )
    hot = max(temp_cell_hot(temp_max, plane.mount) for plane in planes)
    return SiteTemperatures(temp_min, temp_max, hot, approximation), assumptions


def _question(resource: Resource, year: WeatherYear) -> Question:
    """The question, with the coldest hour of a measured typical year as its suggestion; a modelled one has none."""
    if resource.quality != "tmy":
        return DESIGN_TEMP_MIN
    coldest = suggested_temperatures(year).min_c
    why = (
        f"{DESIGN_TEMP_MIN.why} The typical year's coldest hour has {coldest} °C; other years may be colder."
    )
    return DESIGN_TEMP_MIN.model_copy(update={"default": coldest, "why": why})
