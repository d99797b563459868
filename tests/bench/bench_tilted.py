"""Hourly means belong to the middle of their interval: a provider's own tilted irradiance, reproduced from its parts.

Needs a recorded answer of Open-Meteo with `global_tilted_irradiance`, named by TILTED_IRRADIANCE; where there is none a
skip is printed. The rival of the same run is the same calculation with the sun half an hour beside.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from core.pv.plane import Daylight, plane_conditions
from core.pv.simulate import Plane, System
from core.pv.solar_position import Instants, SolarPosition, solar_position
from core.pv.weather_year import FloatArray
from tests.support.tilted import interval_sun, isotropic

RECORDED = Path(
    os.environ.get(
        "TILTED_IRRADIANCE", "../shared/reference/weather/openmeteo/forecast_multi_location_3_de.json"
    )
)
TILT, AZIMUTH, ALBEDO = 35.0, 180.0, 0.2
"""What the recorded question asked for; the albedo is the service's own."""

BAR = 0.5
LOWEST = 5.0
"""Below this height of the sun the service bounds its beam, so that its parts no longer make up its whole. [°]"""

MINUTE = np.timedelta64(60_000_000, "us")


def main() -> None:
    if not RECORDED.exists():
        print(f"skip: no recorded answer at {RECORDED}; name one in TILTED_IRRADIANCE")
        return
    worst = 0.0
    for place in json.loads(RECORDED.read_text(encoding="utf-8")):
        worst = max(worst, _report(place))
    print(f"worst {worst:.2f} W/m², bar {BAR} W/m²: {'kept' if worst <= BAR else 'MISSED'}")


def _report(place: dict[str, Any]) -> float:
    hourly = place["hourly"]
    latitude, longitude = place["latitude"], place["longitude"]
    stamps: Instants = np.array(hourly["time"], dtype="datetime64[us]")
    ghi, dni, dhi, tilted = (
        np.array(hourly[name], dtype=np.float64)
        for name in (
            "shortwave_radiation",
            "direct_normal_irradiance",
            "diffuse_radiation",
            "global_tilted_irradiance",
        )
    )
    starts: Instants = stamps - 60 * MINUTE
    edges = [90.0 - solar_position(at, latitude, longitude).zenith for at in (starts, stamps)]
    judged = (np.minimum(*edges) > LOWEST) & np.isfinite(tilted)

    def off(zenith: FloatArray, azimuth: FloatArray) -> float:
        ours = isotropic(TILT, AZIMUTH, zenith, azimuth, ghi, dni, dhi, ALBEDO)
        return float(np.max(np.abs(ours - tilted)[judged]))

    zenith, azimuth = interval_sun(starts, latitude, longitude)
    half: Instants = starts + 30 * MINUTE
    middle = solar_position(half, latitude, longitude)
    start, end = solar_position(starts, latitude, longitude), solar_position(stamps, latitude, longitude)
    ours = off(zenith, azimuth)
    print(
        f"{latitude:.2f}, {longitude:.2f}: {judged.sum()} hours with the sun above {LOWEST:g}°; largest difference"
        f" with the interval's sun {ours:.2f} W/m², its middle alone {off(middle.zenith, middle.azimuth):.2f},"
        f" its start {off(start.zenith, start.azimuth):.1f}, its end {off(end.zenith, end.azimuth):.1f};"
        f" Perez instead of isotropic {_perez(middle, ghi, dni, dhi, tilted, judged)}"
    )
    return ours


def _perez(
    sun: SolarPosition, ghi: FloatArray, dni: FloatArray, dhi: FloatArray, tilted: FloatArray, judged: Any
) -> str:
    """How far the product's own model lies from the service's, by sum and at most."""
    still = np.zeros_like(ghi)
    month = np.zeros(len(ghi), dtype=np.int64)
    parts = [np.nan_to_num(values) for values in (ghi, dni, dhi)]
    daylight = Daylight.select(
        sun,
        elevation=0.0,
        ghi=parts[0],
        dni=parts[1],
        dhi=parts[2],
        temp_air=still,
        wind_speed=still,
        month=month,
    )
    plane, system = Plane(TILT, AZIMUTH, "roof", 1000.0), System(1000.0, albedo=ALBEDO)
    ours = np.zeros_like(ghi)
    passing = np.ones(len(daylight.lit))
    ours[daylight.lit] = plane_conditions(daylight, plane, system, passing=passing).poa_global
    share = float(ours[judged].sum() / tilted[judged].sum() - 1.0)
    return f"{share:+.1%} in sum, {float(np.max(np.abs(ours - tilted)[judged])):.1f} W/m² at most"
