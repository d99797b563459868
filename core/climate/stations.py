"""Published monthly climate of stations: what the screening model knows about clouds and temperature.

Every row's source was read, and the figures stand here as they stand there; `_dssat`, `_cligen` and `_statistics`
turn them into one form. A year or two of record, records without coordinates or under another station's name,
and generated climates were left out. So were the places of the typical years in pvlib's wheel: they are the test.
"""

from dataclasses import dataclass

import numpy as np

from core.pv.weather_year import FloatArray

DSSAT = "DSSAT climate file {}, github.com/DSSAT/dssat-csm-data, Weather/Climate"
CLIGEN = "CLIGEN station file {}, USDA-ARS, in github.com/rogerlew/wepppy"
STATISTICS = "EnergyPlus weather statistics {}, in github.com/{}"

_WATT_HOURS_PER_MEGAJOULE = 1e6 / 3600
_WATT_HOURS_PER_LANGLEY = 4.184e4 / 3600
"""1 langley is 1 cal/cm² with the thermochemical calorie of 4.184 J."""


@dataclass(frozen=True, slots=True, eq=False)
class Station:
    """Monthly means, January to December; a missing temperature is not a number.

    Parameters
    ----------
    latitude, longitude : float
        Degrees north and east. [°]
    elevation : float
        Above sea level. [m]
    ghi : ndarray, shape (12,)
        Mean daily global horizontal irradiation. [Wh/m²/day]
    temp_air, temp_range : ndarray, shape (12,)
        Mean of the day, and mean of the day's maximum minus its minimum. [°C]
    """

    name: str
    latitude: float
    longitude: float
    elevation: float
    ghi: FloatArray
    temp_air: FloatArray
    temp_range: FloatArray
    source: str


def _numbers(text: str) -> FloatArray:
    values = np.array(text.split(), dtype=np.float64)
    if values.shape != (12,):
        raise ValueError(f"a year has twelve months: {text}")
    return values


def _dssat(
    code: str, name: str, position: tuple[float, float, float], srad: str, tmax: str, tmin: str
) -> Station:
    """From [MJ/m²/day] and daily extremes [°C]."""
    high, low = _numbers(tmax), _numbers(tmin)
    ghi = _numbers(srad) * _WATT_HOURS_PER_MEGAJOULE
    return Station(name, *position, ghi, (high + low) / 2, high - low, DSSAT.format(code))


def _cligen(
    code: str, name: str, position: tuple[float, float, float], langleys: str, tmax: str, tmin: str
) -> Station:
    """From [ly/day], daily extremes [°F] and a height in feet."""
    latitude, longitude, feet = position
    high, low = (_numbers(tmax) - 32) / 1.8, (_numbers(tmin) - 32) / 1.8
    ghi = _numbers(langleys) * _WATT_HOURS_PER_LANGLEY
    return Station(
        name, latitude, longitude, feet * 0.3048, ghi, (high + low) / 2, high - low, CLIGEN.format(code)
    )


def _statistics(
    file: str, repository: str, position: tuple[float, float, float], ghi: str, temp: str, spread: str | None
) -> Station:
    """From [Wh/m²/day] (the sum of the average hourly statistics), mean and ASHRAE daily range [°C].

    Where the mean comes from the file's degree days, 10 °C − (HDD10 − CDD10) / days gives it exactly.
    """
    ranges = _numbers(spread) if spread else np.full(12, np.nan)
    source = STATISTICS.format(file, repository)
    return Station(file, *position, _numbers(ghi), _numbers(temp), ranges, source)


STATIONS: tuple[Station, ...] = (
    _dssat(
        "UFGA",
        "Gainesville, Florida, 49 years",
        (29.63, -82.37, 10),
        "10.9 13.5 17.3 21.3 22.2 20.7 20.5 19.0 16.4 14.3 11.7 9.6",
        "19.7 21.4 24.5 28.0 31.0 32.6 33.1 33.0 31.6 28.4 24.3 21.1",
        "6.1 7.2 10.0 13.4 17.1 20.6 21.8 21.7 20.5 16.1 11.1 7.8",
    ),
    _dssat(
        "AUCR",
        "Crossville, Alabama, 14 years",
        (34.25, -85.96, 573),
        "9.2 11.3 14.5 18.5 21.6 22.7 22.3 20.4 16.9 14.6 10.6 9.4",
        "11.1 14.1 16.9 20.9 25.0 29.2 31.3 31.1 27.8 22.0 16.8 12.3",
        "-2.0 -0.1 4.0 8.0 12.9 17.3 19.3 18.4 14.7 8.2 4.1 -1.2",
    ),
    _dssat(
        "GAGR",
        "Griffin, Georgia, 25 years",
        (33.262, -84.284, 299),
        "9.7 12.1 16.0 20.2 22.6 22.2 21.8 19.8 17.1 14.3 11.0 8.6",
        "12.6 14.9 19.0 23.1 27.1 30.4 31.8 31.4 28.4 23.4 18.1 13.8",
        "1.2 3.0 6.5 10.1 14.9 19.1 20.8 20.4 17.3 11.2 5.5 2.6",
    ),
    _dssat(
        "GABL",
        "Blairsville, Georgia, 25 years",
        (34.839, -83.928, 584),
        "8.4 10.6 14.5 18.8 21.3 22.1 21.3 20.0 16.9 13.5 9.6 7.3",
        "9.8 12.0 16.0 20.8 24.6 27.8 29.2 29.1 26.4 21.4 16.0 11.5",
        "-2.9 -1.0 2.3 6.0 10.7 15.1 17.1 16.6 13.2 6.9 1.4 -1.0",
    ),
    # The source leaves out the sign of the western longitudes of Hawaii and Goiás.
    _dssat(
        "IBEM",
        "Ewa Mill, Oahu, 14 years",
        (21.343, -158.037, 12),
        "15.5 17.3 20.6 22.1 22.9 24.4 25.2 24.6 21.1 18.3 15.6 13.9",
        "26.9 26.9 27.4 27.8 28.8 29.6 30.3 31.0 31.1 30.3 28.6 27.6",
        "17.1 15.9 17.5 18.1 18.5 19.6 20.6 20.9 20.6 20.3 19.0 17.2",
    ),
    _dssat(
        "IBL2",
        "Lihue Plantation, Kauai, 13 years",
        (21.967, -159.350, 38),
        "13.2 15.6 18.2 19.5 21.5 22.8 23.2 23.6 21.3 17.8 13.8 12.6",
        "25.2 25.3 25.4 25.7 26.8 27.5 27.9 28.4 28.5 28.1 26.8 26.0",
        "16.5 16.6 18.1 18.6 19.8 20.6 21.5 21.8 21.4 20.5 19.3 17.8",
    ),
    _dssat(
        "IBPA",
        "Paauhau, Hawaii, 17 years",
        (20.087, -155.440, 122),
        "12.1 13.6 15.9 16.6 18.2 21.4 20.3 20.7 18.7 15.4 12.6 11.6",
        "25.9 25.7 25.0 25.3 26.2 27.3 27.3 27.9 28.2 27.6 26.9 25.9",
        "17.4 17.2 17.5 18.0 18.5 19.5 20.2 20.4 20.3 19.9 19.1 18.0",
    ),
    _dssat(
        "CNPA",
        "Santo Antônio de Goiás, Brazil, 22 of 44 years",
        (-16.466, -49.283, 823),
        "18.8 19.0 18.9 19.3 18.1 17.9 18.1 19.4 19.6 19.5 18.7 17.8",
        "29.0 29.3 29.6 29.7 28.8 28.4 28.7 30.8 31.7 30.9 29.4 28.7",
        "19.3 19.2 19.0 18.1 15.8 13.9 13.8 16.0 20.2 20.0 20.0 20.0",
    ),
    _dssat(
        "CNPE",
        "Pergamino, Argentina, 37 of 40 years",
        (-33.929, -60.549, 70),
        "24.1 21.3 16.9 12.9 9.3 7.5 8.4 11.3 15.2 18.4 22.9 23.9",
        "30.2 28.6 26.7 23.1 19.4 15.6 15.6 17.6 20.2 22.9 25.9 29.2",
        "16.8 15.9 14.1 10.7 7.4 4.7 4.4 5.1 6.8 10.3 12.9 15.5",
    ),
    _dssat(
        "CCPA",
        "Palmira, Colombia, 20 years",
        (3.48, -76.35, 965),
        "17.7 17.9 18.3 17.7 16.7 16.5 17.6 17.7 18.2 17.6 17.3 17.2",
        "29.8 29.9 29.9 29.2 29.0 29.3 29.9 30.2 29.9 28.8 28.6 29.0",
        "19.2 19.4 19.6 19.6 19.5 19.2 18.7 18.8 18.9 19.0 19.0 19.1",
    ),
    _dssat(
        "CCSR",
        "Santa Rosa, Colombia, 3 years",
        (4.05, -73.48, 311),
        "19.0 17.7 15.4 13.5 12.8 13.3 13.2 15.9 17.3 15.9 15.8 17.8",
        "31.8 32.0 31.2 30.5 29.8 28.8 28.5 29.5 30.7 30.9 30.4 30.9",
        "21.0 21.8 22.2 22.0 22.0 21.5 20.9 21.0 21.1 21.3 22.0 21.4",
    ),
    _dssat(
        "RORO",
        "Rothamsted, England, 42 years",
        (52.5, -0.5, 100),
        "2.4 4.8 8.1 12.8 16.3 17.7 17.7 15.1 10.0 6.2 3.1 1.8",
        "8.6 8.9 10.1 12.3 15.8 18.7 21.9 21.6 17.8 14.0 10.1 9.0",
        "1.0 0.4 2.4 3.7 6.4 9.2 11.6 11.4 9.5 6.9 3.5 2.2",
    ),
    _dssat(
        "WABI",
        "De Bilt, Netherlands, 30 years",
        (52.1, 5.2, 37),
        "2.3 4.7 7.8 12.7 16.3 17.8 16.3 14.4 10.2 6.0 2.8 1.8",
        "7.8 8.3 9.7 12.8 17.0 20.0 21.4 21.5 18.8 14.5 9.9 8.3",
        "-0.8 -0.8 1.1 3.4 7.2 10.0 11.9 11.7 9.4 6.5 3.0 0.5",
    ),
    _dssat(
        "FIBR",
        "Brașov, Romania, 6 years",
        (45.7, 25.53, 534),
        "4.0 6.7 10.8 13.3 15.6 18.7 20.0 18.9 13.4 9.1 4.5 3.2",
        "6.8 8.8 12.3 15.7 18.7 22.6 25.8 25.9 20.8 16.0 10.9 8.9",
        "-6.6 -6.1 -1.5 2.7 6.0 10.2 12.0 11.0 7.7 2.5 -1.5 -5.3",
    ),
    # Height 0 in the source: the altitude map's stands in at the next four.
    _dssat(
        "MWCZ",
        "Central Malawi (MWCZ), 8 years",
        (-13.98, 33.63, 1118),
        "19.1 17.9 19.0 19.6 19.9 18.8 16.7 17.0 19.0 21.3 23.3 21.9",
        "27.4 26.3 26.6 27.1 26.5 25.5 22.0 22.0 23.4 26.0 29.9 29.0",
        "17.8 17.7 17.5 16.8 14.8 12.1 8.9 8.7 9.6 11.8 15.1 16.9",
    ),
    _dssat(
        "ITHY",
        "Hyderabad, India, 23 years",
        (17.53, 78.27, 586),
        "17.2 19.4 21.4 22.7 23.0 18.7 16.0 15.5 17.6 17.9 16.7 16.1",
        "28.3 31.4 35.1 37.2 37.6 34.1 30.6 29.2 30.2 30.3 28.7 27.6",
        "14.2 16.4 19.6 22.8 25.1 24.0 22.7 22.2 21.8 19.7 16.5 13.7",
    ),
    _dssat(
        "DTCM",
        "Chiang Mai, Thailand, 16 years",
        (19.0, 99.0, 474),
        "16.7 18.6 19.3 20.3 19.0 17.3 15.8 15.7 16.5 16.7 16.0 15.7",
        "28.5 31.7 34.6 35.7 33.6 32.3 31.5 30.6 31.0 30.9 29.5 28.3",
        "12.8 13.8 17.5 21.1 23.1 23.5 23.3 23.1 22.8 21.6 18.7 15.0",
    ),
    _dssat(
        "IBSI",
        "Sitiung, Indonesia, 5 years",
        (-2.0, 102.0, 166),
        "11.2 14.2 15.3 15.9 15.2 14.7 14.7 14.1 14.5 14.3 14.8 12.8",
        "29.7 30.7 31.5 31.8 31.8 31.8 31.5 31.4 31.2 31.3 31.4 30.4",
        "22.4 22.4 22.7 22.8 22.9 22.3 21.6 21.8 21.9 22.4 22.3 22.5",
    ),
    _dssat(
        "BGDP",
        "Dinajpur, Bangladesh, 12 years",
        (25.8, 88.2, 200),
        "11.5 14.8 18.2 19.7 20.1 18.5 16.5 18.5 16.1 14.9 14.6 12.2",
        "23.5 26.5 31.3 33.8 31.9 32.4 31.6 32.2 31.2 30.7 28.7 25.3",
        "10.4 12.5 16.9 21.0 23.1 25.3 25.8 26.0 25.0 22.0 16.2 11.8",
    ),
    # Radiation of the next two was interpolated by CLIGEN's authors from the stations named there.
    _cligen(
        "wa459074",
        "Wenatchee, Washington, 40 years",
        (47.42, -120.32, 630),
        "97 193 313 430 521 593 616 523 396 244 118 76",
        "35.77 43.62 54.92 64.41 72.84 80.23 88.55 87.62 78.68 63.79 46.62 35.90",
        "24.75 27.91 33.95 40.67 48.52 55.41 61.26 60.22 51.65 40.97 32.30 25.79",
    ),
    _cligen(
        "ca041484",
        "Canoga Park, California, 40 years",
        (34.18, -118.57, 790),
        "236 291 404 529 557 569 553 548 452 346 277 225",
        "68.56 69.50 72.55 76.99 81.64 88.15 95.10 96.16 92.27 84.21 75.26 68.58",
        "40.31 41.02 42.84 45.08 49.81 53.73 57.65 57.74 55.64 50.09 43.15 39.16",
    ),
    _statistics(
        "USA_AZ_Phoenix.722780_TMY2",
        "santoshphilip/pyclearsky",
        (33.417, -112.017, 339),
        "3252 4302 5500 7206 8122 8281 7825 7176 6290 4982 3661 2927",
        "12.1 12.4 18.5 21.8 25.9 32.3 33.3 32.4 29.6 22.7 17.3 11.4",
        "11.5 11.6 12.4 13.2 13.6 14.0 12.0 11.3 12.0 12.5 12.0 11.2",
    ),
    _statistics(
        "CAN_BC_Port.Hardy.711090_CWEC",
        "NREL/openstudio-standards",
        (50.667, -127.367, 22),
        "722 1291 2392 3868 4717 4902 5272 4418 3132 1758 817 613",
        "2.5 3.8 4.7 6.6 9.5 11.5 13.3 13.3 11.2 8.3 5.4 3.6",
        "4.1 5.3 6.3 7.2 7.1 6.4 6.3 6.6 6.6 5.3 4.5 4.1",
    ),
    _statistics(
        "ARE_Abu.Dhabi.412170_IWEC",
        "NREL/openstudio-standards",
        (24.417, 54.65, 27),
        "4221 5324 5544 6508 7635 7771 7403 7217 6624 5708 4558 3941",
        "18.0 19.9 22.2 26.5 30.8 32.8 34.4 34.8 32.6 28.6 24.4 20.1",
        "10.0 10.4 11.3 13.2 14.5 14.2 12.3 12.5 12.7 12.9 11.5 10.5",
    ),
    _statistics(
        "JPN_Tokyo.Hyakuri.477150_IWEC",
        "ladybug-tools/ladybug",
        (36.167, 140.417, 35),
        "2524 3149 3542 4605 4793 4141 4394 4811 3472 2930 2488 2087",
        "1.9 3.2 6.2 11.3 16.3 19.1 22.6 24.4 20.7 16.0 9.5 4.8",
        "11.9 11.7 11.1 11.1 9.6 7.6 7.2 7.7 7.5 9.2 11.1 12.3",
    ),
    # The rest was read without the head of the file: mean temperatures come from its degree days, no daily range,
    # and the position is the station's, of Prince Rupert the town's with the altitude map's height.
    _statistics(
        "CAN_BC_Prince.Rupert.718980_CWEC",
        "NREL/openstudio-standards",
        (54.315, -130.321, 54),
        "543 1118 2195 3229 4261 4364 3692 3436 2411 1375 695 406",
        "-0.2 1.4 3.2 5.7 8.6 10.6 12.9 13.3 11.0 7.9 3.3 1.3",
        None,
    ),
    _statistics(
        "USA_AK_Fairbanks.Intl.AP.702610_TMY3",
        "NREL/openstudio-standards",
        (64.81, -147.86, 132),
        "156 749 2263 4266 5327 5639 5117 3931 2210 1012 255 46",
        "-17.6 -15.4 -10.3 0.7 10.6 16.0 16.9 14.2 6.7 -3.1 -17.7 -19.3",
        None,
    ),
    _statistics(
        "USA_CO_Denver-Aurora-Buckley.AFB.724695_TMY3",
        "NREL/openstudio-standards",
        (39.72, -104.75, 1726),
        "2627 3566 4332 4661 5829 7199 6285 6241 5005 3692 2860 2249",
        "0.8 -0.2 4.8 6.1 13.7 22.2 22.7 21.7 18.5 7.1 3.1 -1.0",
        None,
    ),
)
