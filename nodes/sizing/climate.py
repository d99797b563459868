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

COLDEST_BELOW_MEAN_NIGHT = 13.0
"""From the mean night of the coldest month down to the year's coldest hour. [K]

In typical years that were read whole it is 12.4 (Greensboro), 8.3 (Sand Point) and 5.2 (Phoenix):
the largest, rounded up.
"""


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
    """The question, with a suggestion and what it stands on.

    Of a typical year that is the coldest hour. A modelled year has no cold days, only mean nights: its suggestion lies
    as far below the coldest month's as the coldest hour does at the most in the years that were measured.
    """
    coldest = suggested_temperatures(year).min_c or 0.0
    if resource.quality == "tmy":
        suggestion = coldest
        told = f"The typical year's coldest hour has {coldest} °C; other years may be colder."
    else:
        suggestion = float(round(coldest - COLDEST_BELOW_MEAN_NIGHT))
        told = (
            f"Suggested is {suggestion:g} °C: an estimate, {COLDEST_BELOW_MEAN_NIGHT:g} °C below the mean night of the "
            f"coldest month ({coldest} °C by {resource.source}). Ask somebody who knows the place."
        )
    suggestion = min(
        max(suggestion, DESIGN_TEMP_MIN.minimum or suggestion), DESIGN_TEMP_MIN.maximum or suggestion
    )
    return DESIGN_TEMP_MIN.model_copy(update={"default": suggestion, "why": f"{DESIGN_TEMP_MIN.why} {told}"})
