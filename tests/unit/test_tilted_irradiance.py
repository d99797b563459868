"""A shift of half an hour is caught: by the light on a tilted plane, and by the parts of an answer themselves."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.clients.open_meteo import read_hours
from core.errors import ProviderUnavailable
from core.pv.solar_position import Instants, solar_position
from core.pv.weather_year import FloatArray
from tests.support.provider_bodies import HOUR, NAIROBI, NOW, open_meteo
from tests.support.tilted import interval_sun, isotropic

BERLIN = (52.5, 13.4)
MINUTE = np.timedelta64(60_000_000, "us")
TILT, AZIMUTH, ALBEDO = 35.0, 180.0, 0.2


def a_day(place: tuple[float, float]) -> tuple[Instants, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Starts of the sunny hours; means of GHI, DNI and DHI over them, minute by minute, and of light on the plane."""
    starts: Instants = np.datetime64("2026-03-20T00:00", "us") + np.arange(24) * 60 * MINUTE
    minutes: Instants = (starts[:, None] + (np.arange(60) * MINUTE + MINUTE // 2)[None, :]).ravel()
    sun = solar_position(minutes, *place)
    height = np.maximum(np.cos(np.radians(sun.zenith)), 0.0)
    dni, dhi = np.full(minutes.size, 600.0) * (height > 0), np.full(minutes.size, 90.0) * (height > 0)
    ghi = dni * height + dhi
    tilted = isotropic(TILT, AZIMUTH, sun.zenith, sun.azimuth, ghi, dni, dhi, ALBEDO)
    whole = (height.reshape(-1, 60) > 0.1).all(axis=1)
    means = [values.reshape(-1, 60).mean(axis=1)[whole] for values in (ghi, dni, dhi, tilted)]
    return starts[whole], means[0], means[1], means[2], means[3]


def worst(sun_later: int) -> float:
    """Largest difference to the true light on the plane, with the sun placed so many minutes late [W/m²]."""
    starts, ghi, dni, dhi, tilted = a_day(BERLIN)
    shifted: Instants = starts + sun_later * MINUTE
    zenith, azimuth = interval_sun(shifted, *BERLIN)
    return float(np.max(np.abs(isotropic(TILT, AZIMUTH, zenith, azimuth, ghi, dni, dhi, ALBEDO) - tilted)))


def test_with_the_sun_of_the_interval_the_light_on_a_plane_is_that_of_every_minute() -> None:
    # What is left is the difference between one direction and an hour of them.
    assert worst(0) < 2.0


@pytest.mark.parametrize("minutes", [-30, 30, -60, 60])
def test_with_the_sun_half_an_hour_beside_it_is_not(minutes: int) -> None:
    assert worst(minutes) > 20.0


@pytest.mark.parametrize("shift", [-HOUR, -HOUR / 2, HOUR / 2, HOUR])
@pytest.mark.parametrize("place", [NAIROBI, BERLIN, (-33.9, 18.4), (64.1, -21.9)])
def test_an_answer_whose_hours_are_shifted_is_not_believed(
    place: tuple[float, float], shift: timedelta
) -> None:
    assert read_hours(open_meteo(place), *place, NOW)
    with pytest.raises(ProviderUnavailable, match="shifted"):
        read_hours(open_meteo(place, shift=shift), *place, NOW)


def test_an_hour_of_the_forecast_begins_where_its_mean_began() -> None:
    hours = read_hours(open_meteo(NAIROBI), *NAIROBI, NOW)
    by_start = {hour.start: hour.ghi_w_m2 for hour in hours}
    # The mean over 09:00 to 10:00 is stamped 10:00 by the provider.
    nine = datetime(2026, 6, 1, 9, tzinfo=UTC)
    document = open_meteo(NAIROBI)["hourly"]
    stamped = dict(zip(document["time"], document["shortwave_radiation"], strict=True))
    assert by_start[nine] == stamped["2026-06-01T10:00"]
