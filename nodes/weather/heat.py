"""How hot work feels: the National Weather Service's heat index."""

import math

FULL_SUN_F = 15.0
"""What full sunshine can add to the index, which is for the shade (NWS, "Heat Index"). [°F]"""

FULL_SUN_W_M2 = 1000.0


def heat_index_f(temp_f: float, relative_humidity: float) -> float:
    """Give the heat index in the shade [°F].

    Parameters
    ----------
    temp_f : float
        Air temperature. [°F]
    relative_humidity : float
        [%]

    Notes
    -----
    Below 80 °F the mean of temperature and Steadman's simple form; above, Rothfusz' regression with the
    Weather Prediction Center's two adjustments, for dry air and for very humid air [1]_. Made for 80 to
    112 °F.

    References
    ----------
    .. [1] L. P. Rothfusz, "The heat index equation," NWS Southern Region Technical Attachment SR 90-23, 1990;
       adjustments at wpc.ncep.noaa.gov/html/heatindex_equation.shtml.
    """
    t, rh = temp_f, relative_humidity
    simple = 0.5 * (t + 61.0 + (t - 68.0) * 1.2 + rh * 0.094)
    if (simple + t) / 2.0 < 80.0:
        return (simple + t) / 2.0
    index = (
        -42.379
        + 2.04901523 * t
        + 10.14333127 * rh
        - 0.22475541 * t * rh
        - 6.83783e-3 * t**2
        - 5.481717e-2 * rh**2
        + 1.22874e-3 * t**2 * rh
        + 8.5282e-4 * t * rh**2
        - 1.99e-6 * t**2 * rh**2
    )
    if rh < 13.0 and 80.0 < t < 112.0:
        return index - (13.0 - rh) / 4.0 * math.sqrt((17.0 - abs(t - 95.0)) / 17.0)
    if rh > 85.0 and 80.0 < t < 87.0:
        return index + (rh - 85.0) / 10.0 * (87.0 - t) / 5.0
    return index


def felt_f(temp_c: float, relative_humidity: float, ghi: float) -> float:
    """Heat index on a roof in the sun [°F]; sunshine counts in proportion to its irradiance [W/m²]."""
    sun = FULL_SUN_F * min(max(ghi, 0.0) / FULL_SUN_W_M2, 1.0)
    return heat_index_f(temp_c * 1.8 + 32.0, relative_humidity) + sun
